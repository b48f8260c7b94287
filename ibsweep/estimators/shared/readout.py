"""How the last hidden layer and the output layer that reads it agree: neural collapse 3 and 4."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ibsweep.names import OUTPUT
from ibsweep.types import Readout

NAMES = ("nc3", "nc4")


def readout_collapse(
    activity: ArrayLike | Tensor, labels: ArrayLike | Tensor, readout: Readout | None
) -> dict[str, Tensor | float]:
    """Compare class means with what reads them.

    With the output weights W and the class means less their mean, M, both one row a class:

    * `nc3` = ‖W/‖W‖ − M/‖M‖‖², Frobenius norms: 0 if they are proportional, at most 4.
    * `nc4`: share of samples whose nearest class mean is not the network's answer.

    Args:
        activity: Of the last hidden layer, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        readout: What reads the layer; None where nothing does.

    Returns:
        Both, of shape `(…)`; NaN where nothing reads the layer, a class has no sample, or W or M
        vanishes.

    References:
        Papyan, Han & Donoho, Prevalence of neural collapse during the terminal phase of deep
        learning training, 2020, https://arxiv.org/abs/2008.08186
    """
    h = torch.as_tensor(activity).double().cpu()
    leading = h.shape[:-2]
    nothing = dict.fromkeys(NAMES, torch.full(leading, torch.nan, dtype=torch.float64))
    of = torch.as_tensor(np.asarray(labels)).long()
    if readout is None or len(of.unique()) < readout.weights.shape[-2]:
        return _plain(nothing)
    weights, answers = readout.weights.double().cpu(), readout.answers.cpu()
    mean_of = torch.nn.functional.one_hot(of, weights.shape[-2]).double()
    mean_of = (mean_of / mean_of.sum(dim=0)).T  # (classes, samples)
    means = mean_of @ h
    centred = means - means.mean(dim=-2, keepdim=True)
    difference = _unit(weights) - _unit(centred)
    nearest = torch.cdist(h, means).argmin(dim=-1)
    return _plain(
        {
            "nc3": difference.square().sum(dim=(-2, -1)).expand(leading),
            "nc4": (nearest != answers).double().mean(dim=-1).expand(leading),
        }
    )


def readout(
    activity: Mapping[str, Tensor | np.ndarray],
    layer: str,
    rows: np.ndarray,
    output_weights: Tensor | None,
) -> Readout | None:
    """Return what reads a layer; None if that is not the output layer, or is not known.

    Args:
        activity: Of each layer, the output's last, shape `(snapshots, samples, units)`.
        layer: One of them.
        rows: Samples that are measured.
        output_weights: Shape `(snapshots, classes, units)`.
    """
    names = list(activity)
    if output_weights is None or names[-2:] != [layer, OUTPUT]:
        return None
    if output_weights.shape[-1] != activity[layer].shape[-1]:
        return None  # something, as pooling, comes between
    return Readout(output_weights, torch.as_tensor(activity[OUTPUT][:, rows]).argmax(dim=-1))


def at_snapshots(value: object, snapshots: np.ndarray) -> object:
    """Return what an estimator is given for some snapshots: of a readout those, else the same."""
    if not isinstance(value, Readout):
        return value
    return Readout(*(one[torch.from_numpy(snapshots)] for one in value))


def _unit(matrices: Tensor) -> Tensor:
    """Return matrices of Frobenius norm 1; NaN where all is 0."""
    return matrices / torch.linalg.matrix_norm(matrices)[..., None, None]


def _plain(values: dict[str, Tensor]) -> dict[str, Tensor | float]:
    """Return floats where there are no leading axes, as for all other details."""
    return {name: one if one.ndim else one.item() for name, one in values.items()}
