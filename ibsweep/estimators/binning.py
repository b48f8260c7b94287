"""Binning by a fixed width, or by a fixed number of equal bins between two activities."""

import math
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.discrete import count_edges, counted_information
from ibsweep.estimators.shared.layers import Classes, columns, measure_layers
from ibsweep.types import Information

Range = tuple[float | Tensor, float | Tensor]


def width_bins_information(
    activity: Tensor, labels: Tensor, *, bin_width: float, population: bool | None = None
) -> Information:
    r"""Information in a layer whose activity h is rounded to ⌊h / bin_width⌋.

    T is the vector of a sample's bins; H(T|X) = 0, so I(X;T) = H(T) and I(T;Y) = H(T) − Σ_y p(y)
    H(T|y).

    Args:
        activity: Activity h, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        bin_width: Width of a bin, in units of `activity`, > 0.
        population: Whether the samples are all that there are, not drawn from more; None: not
            known. `ibsweep.information.measure` says so.

    Returns:
        Information in bits, of shape `(…)`. Detail, where `population` is false: `undersampled`,
        see `discrete.counted_information`.

    Raises:
        ValueError: If `bin_width` is not positive, or so small that h / bin_width overflows, or
            `activity` or `labels` is malformed.

    References:
        Saxe et al., On the information bottleneck theory of deep learning, 2018.
        https://openreview.net/forum?id=ry_WPG-A-

    Example:
        >>> from torch import tensor
        >>> layer = tensor([[0.01], [0.02], [0.08], [-0.01]])
        >>> width_bins_information(layer, tensor([0, 0, 1, 1]), bin_width=0.07)
        Information(i_xt=1.5, i_ty=1.0)
    """
    checks.real("bin_width", bin_width, above=0)
    measure = partial(_by_width, bin_width=bin_width, population=population)
    return measure_layers(measure, activity, labels)


def equal_bins_information(
    activity: Tensor,
    labels: Tensor,
    *,
    bins: int,
    activity_range: Range,
    range_over: Literal["network", "layer"] = "network",
    population: bool | None = None,
) -> Information:
    r"""Information in a layer whose activity falls into equal bins of a given range.

    T is the vector of a sample's bins; H(T|X) = 0, so I(X;T) = H(T) and I(T;Y) = H(T) − Σ_y p(y)
    H(T|y). A bin contains its lower edge; values outside the range fall into the outer bins.

    Args:
        activity: Activity, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        bins: Number of bins, ≥ 2.
        activity_range: Lowest and highest activity, in units of `activity`; floats or tensors that
            broadcast to `(…)`.
        range_over: What `ibsweep.information.measure` takes `activity_range` over: all hidden
            layers and snapshots of the `network` (for the output layer, 0 and 1), or the `layer`
            at all snapshots.
        population: Whether the samples are all that there are, not drawn from more; None: not
            known. `ibsweep.information.measure` says so.

    Returns:
        Information in bits, of shape `(…)`. Detail, where `population` is false: `undersampled`,
        see `discrete.counted_information`.

    Raises:
        ValueError: If `bins` or the range is invalid, or `activity` or `labels` is malformed.

    References:
        Chelombiev, Houghton & O'Donnell, Adaptive estimators show information compression in deep
        neural networks, 2019, §2.1 (the non-adaptive baseline). https://arxiv.org/abs/1902.09037

    Example:
        >>> from torch import tensor
        >>> layer, labels = tensor([[0.1], [-5.0], [0.5], [0.9]]), tensor([0, 0, 1, 1])
        >>> equal_bins_information(layer, labels, bins=2, activity_range=(0.0, 1.0))
        Information(i_xt=1.0, i_ty=1.0)
    """
    checks.integer("bins", bins, minimum=2)
    checks.choice("range_over", range_over, ("network", "layer"))
    low, high = (torch.as_tensor(end, dtype=torch.float64, device="cpu") for end in activity_range)
    measure = partial(_by_range, bins=bins, population=population)
    return measure_layers(measure, activity, labels, low, high)


def epoch_bins_information(
    activity: Tensor, labels: Tensor, *, bins: int, population: bool | None = None
) -> Information:
    r"""Information in a layer whose activity falls into equal bins of its own range.

    As `equal_bins_information`, between the smallest and the largest activity of the samples
    given, of each layer of the leading axes (so, of each epoch) by itself.

    Args:
        activity: Activity, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        bins: Number of bins, ≥ 2.
        population: Whether the samples are all that there are, not drawn from more; None: not
            known. `ibsweep.information.measure` says so.

    Returns:
        Information in bits, of shape `(…)`. Detail, where `population` is false: `undersampled`,
        see `discrete.counted_information`.

    Raises:
        ValueError: If `bins` is invalid, or `activity` or `labels` is malformed.

    References:
        Chelombiev, Houghton & O'Donnell, Adaptive estimators show information compression in deep
        neural networks, 2019, §2.1. https://arxiv.org/abs/1902.09037

    Example:
        >>> from torch import tensor
        >>> layer = tensor([[0.0], [60.0], [10.0], [99.0]])
        >>> epoch_bins_information(layer, tensor([0, 0, 1, 1]), bins=2)
        Information(i_xt=1.0, i_ty=0.0)
    """
    checks.integer("bins", bins, minimum=2)
    measure = partial(_by_own_range, bins=bins, population=population)
    return measure_layers(measure, activity, labels)


def distinct_information(
    layer: Tensor, classes: Classes, *, population: bool | None
) -> Information:
    """Information in one layer whose values are what they are: equal ones alone are equal.

    Args:
        layer: Activity, shape `(samples, units)`.
        classes: Label of each sample.
        population: As for `width_bins_information`.
    """
    return _by_value(columns(layer), classes, population)


def _by_width(
    layer: Tensor, classes: Classes, *, bin_width: float, population: bool | None
) -> Information:
    with np.errstate(over="ignore"):
        floors = np.floor(columns(layer).astype(float) / bin_width)
    lowest, highest = floors.min(), floors.max()
    if not math.isfinite(highest - lowest):
        raise ValueError(f"bin_width must not make activity / bin_width overflow, got {bin_width}")
    if highest - lowest >= 2**31:
        return _by_value(floors, classes, population)
    bins, radix = floors - lowest, int(highest - lowest) + 1
    return counted_information(bins, radix, classes, population=population)


def _by_range(
    layer: Tensor,
    classes: Classes,
    low: float,
    high: float,
    *,
    bins: int,
    population: bool | None,
) -> Information:
    if not (math.isfinite(high - low) and low <= high):
        raise ValueError(f"activity_range must be finite and ascending, got {(low, high)}")
    edges = low + (high - low) * (np.arange(1, bins) / bins)
    numbers = count_edges(columns(layer), edges)
    return counted_information(numbers, bins, classes, population=population)


def _by_own_range(
    layer: Tensor, classes: Classes, *, bins: int, population: bool | None
) -> Information:
    low, high = (end.item() for end in layer.aminmax())
    return _by_range(layer, classes, low, high, bins=bins, population=population)


def _by_value(values: np.ndarray, classes: Classes, population: bool | None) -> Information:
    """Number the distinct values, shape `(units, samples)`, and count."""
    distinct, bins = np.unique(values, return_inverse=True)
    numbers = bins.reshape(values.shape)
    return counted_information(numbers, len(distinct), classes, population=population)
