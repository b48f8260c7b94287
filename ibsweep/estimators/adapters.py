"""A layer estimator made of one for pairs of vectors and one for a vector and a class."""

from collections.abc import Callable
from functools import partial

import numpy as np
from torch import Tensor

from ibsweep.estimators.shared.details import layer_estimates
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.types import Estimate, Information


def layer_information(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    pair: Callable[..., Estimate],
    labelled: Callable[..., Estimate],
    targets: np.ndarray | None = None,
) -> Information:
    """Estimate I(X;T) and I(T;Y) of a layer T of a stochastic network.

    In a deterministic network I(X;T) of a continuous X is infinite or constant: then the estimate
    says how far the samples and neighbours reach, and nothing about the network.

    Args:
        activity: Activity with the network's noise, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Patterns X, or what a compressor makes of them, shape `(samples, features)`.
        pair: Gives I(X;T), in bits, of `inputs` and a layer's activity.
        labelled: Gives I(T;Y), in bits, of a layer's activity and the classes.
        targets: Y, if it is continuous, shape `(samples, k)`: then `pair` gives I(T;Y), too.

    Returns:
        Information in bits, of shape `(…)`; errors and diagnostics, as `details.layer_estimates`
        names them.

    Raises:
        ValueError: If an argument is malformed.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024, §3. https://arxiv.org/abs/2305.08013

    Example:
        >>> import torch
        >>> from ibsweep.estimators import gaussian
        >>> x = np.random.default_rng(0).normal(size=(999, 2))
        >>> options = {"pair": gaussian.mutual_information, "labelled": gaussian.label_information}
        >>> layer_information(torch.zeros(999, 2), np.arange(999) % 2, inputs=x, **options)[:2]
        (0.0, 0.0)
    """
    def of_labels(rows: np.ndarray, classes: Classes) -> Estimate:
        return labelled(rows, classes.of) if targets is None else pair(rows, targets)

    measure = partial(_measure, inputs=inputs, pair=pair, of_labels=of_labels)
    return measure_layers(measure, activity, labels)


def _measure(
    layer: Tensor,
    classes: Classes,
    *,
    inputs: np.ndarray,
    pair: Callable[..., Estimate],
    of_labels: Callable[[np.ndarray, Classes], Estimate],
) -> Information:
    rows = layer.cpu().numpy()
    return layer_estimates(pair(inputs, rows), of_labels(rows, classes))
