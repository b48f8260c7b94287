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
        targets: Y, if it is continuous, shape `(samples, k)`: then `pair` gives I(T;Y), too, and
            I(T;label), if there are labels beside, is the detail `i_t_label`.

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
    measure = partial(_measure, inputs=inputs, pair=pair, labelled=labelled, targets=targets)
    return measure_layers(measure, activity, labels)


def _measure(
    layer: Tensor,
    classes: Classes,
    *,
    inputs: np.ndarray,
    pair: Callable[..., Estimate],
    labelled: Callable[..., Estimate],
    targets: np.ndarray | None,
) -> Information:
    rows = layer.cpu().numpy()
    of_inputs = pair(inputs, rows)
    if targets is None:
        return layer_estimates(of_inputs, labelled(rows, classes.of))
    of_label = {}
    if classes.total > 1:
        of_label["i_t_label"] = labelled(rows, classes.of).value
    return layer_estimates(of_inputs, pair(rows, targets), of_label)
