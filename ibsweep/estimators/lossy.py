"""Information between compressed inputs and compressed layers, of networks of any size."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.compressors.base import Compressor
from ibsweep.compressors.encoding import Encoded, Fit, encoded, fit, fit_once
from ibsweep.estimators.shared.details import layer_estimates
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.types import Estimate, Information

Pair = Callable[..., Estimate]

SUM_TOLERANCE = 1e-3  # by which probabilities of little precision may not add up to 1


class _Method(NamedTuple):
    """How a layer is measured.

    Attributes:
        inputs: What a compressor makes of the inputs.
        compress: Fits the compressor of a layer.
        of_inputs: Gives I(X;T).
        of_labels: Gives I(T;Y).
        dimensions: Of a layer's codes, for I(X;T).
        label_dimensions: The same for I(T;Y); None for the larger of that and classes − 1.
    """

    inputs: Encoded
    compress: Fit
    of_inputs: Pair
    of_labels: Pair
    dimensions: int
    label_dimensions: int | None


def lossy_information(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    task_inputs: Mapping[str, np.ndarray],
    input_compressor: Fit,
    layer_compressor: Fit,
    of_inputs: Pair,
    of_labels: Pair,
    dimensions: int = 4,
    label_dimensions: int | None = None,
    input_part: str = "all",
) -> Information:
    r"""Estimate I(E_X(X); E_L(T)) and I(E_L(T); Y) of a layer T of a stochastic network.

    E_X compresses the clean inputs; it is fitted once in a process for patterns and options. E_L
    compresses the layer; it is fitted to each snapshot's own activity. For independent compressors
    what is estimated is a lower bound of I(X;T) and I(T;Y), by the data processing inequality,
    with equality where they are injective; the estimates err to both sides of it.

    Probabilities (rows ≥ 0 that add up to 1, as after a softmax) are first replaced by their
    logarithms less the mean of those, which are the logits but for a constant.

    Args:
        activity: Activity with the network's noise, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Clean patterns X, shape `(samples, features)`.
        task_inputs: Patterns of the task's parts, each of shape `(patterns, features)`.
        input_compressor: Fits E_X, as the functions of `ibsweep.compressors` do.
        layer_compressor: Fits E_L.
        of_inputs: Estimates the information of two vectors.
        of_labels: Estimates the information of a vector and a class.
        dimensions: Of the codes of inputs and layers, ≥ 1, if the compressor takes a number.
        label_dimensions: Of the codes of layers for I(T;Y), ≥ 1; None: classes − 1 if that is
            more than `dimensions`, since fewer cannot hold what a layer knows of so many classes.
        input_part: Part of the task that E_X is fitted to: `all`, `train` or `test`.

    Returns:
        Information in bits, of shape `(…)`. Details: errors and diagnostics, as
        `details.layer_estimates` names them; and for the codes of X, of T for I(X;T) and of T for
        I(T;Y), `<name>_x`, `<name>_t` and `label_<name>_t`: `explained_variance`, the share of the
        variance that the codes keep (NaN for a constant layer); `reconstruction_error`, the mean
        over samples of the squared error summed over features or units, in squared units of those
        (of log-ratios for probabilities); `rank`, the directions in which the codes vary. All are
        of the samples measured: those that E_L was fitted to, but for a frozen one.

    Raises:
        ValueError: If an argument is malformed, or an option is out of range.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024. https://arxiv.org/abs/2305.08013

    Example:
        >>> from ibsweep.compressors import pca
        >>> from ibsweep.estimators import gaussian
        >>> x, noise = torch.randn(2, 999, 8, generator=torch.Generator().manual_seed(0))
        >>> x = x * torch.tensor([1, 1, 0, 0, 0, 0, 0, 0]) + 1e-3 * noise
        >>> pair, label = gaussian.mutual_information, gaussian.label_information
        >>> estimate = lossy_information(
        ...     x, torch.arange(999) % 2, inputs=x.numpy(), task_inputs={"all": x.numpy()},
        ...     input_compressor=pca.fit, layer_compressor=pca.fit, dimensions=1,
        ...     of_inputs=pair, of_labels=label)
        >>> bool(estimate.i_ty < 0.01)
        True
    """
    checks.integer("dimensions", dimensions, minimum=1)
    if label_dimensions is not None:
        checks.integer("label_dimensions", label_dimensions, minimum=1)
    patterns = task_inputs[checks.choice("input_part", input_part, task_inputs)]
    method = _Method(
        inputs=encoded(fit_once(input_compressor, patterns, dimensions), inputs),
        compress=layer_compressor,
        of_inputs=of_inputs,
        of_labels=of_labels,
        dimensions=dimensions,
        label_dimensions=label_dimensions,
    )
    return measure_layers(partial(_measure, method=method), activity, labels)


def frozen_lossy_information(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    task_inputs: Mapping[str, np.ndarray],
    final_activity: Tensor | np.ndarray,
    layer_compressor: Fit,
    **options: Any,  # noqa: ANN401
) -> Information:
    """As `lossy_information`, with E_L fitted to the trained layer, for all snapshots.

    A control: a compressor that is fitted to each snapshot follows the layer, which can look like
    a phase; this one cannot.

    Args:
        activity: Activity with the network's noise, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Clean patterns X, shape `(samples, features)`.
        task_inputs: Patterns of the task's parts, each of shape `(patterns, features)`.
        final_activity: Activity at the last snapshot, shape `(samples, units)`.
        layer_compressor: Fits E_L.
        options: As for `lossy_information`.

    Returns:
        Information in bits, of shape `(…)`; details as of `lossy_information`.

    Raises:
        ValueError: If an argument is malformed, or an option is out of range.

    References:
        As for `lossy_information`.
    """

    @cache
    def fit_to_last(dimensions: int) -> Compressor:
        final = _points(torch.as_tensor(final_activity))
        return fit(layer_compressor, final, dimensions)

    return lossy_information(
        activity,
        labels,
        inputs=inputs,
        task_inputs=task_inputs,
        layer_compressor=lambda _, *, dimensions: fit_to_last(dimensions),
        **options,
    )


def _measure(layer: Tensor, classes: Classes, *, method: _Method) -> Information:
    points = _points(layer)
    most = method.label_dimensions or max(method.dimensions, classes.total - 1)
    sizes = dict.fromkeys((method.dimensions, most))
    codes = {size: encoded(fit(method.compress, points, size), points) for size in sizes}
    of_inputs, of_labels = codes[method.dimensions], codes[most]
    return layer_estimates(
        method.of_inputs(method.inputs.codes, of_inputs.codes),
        method.of_labels(of_labels.codes, classes.of),
        {
            **method.inputs.details("{}_x"),
            **of_inputs.details("{}_t"),
            **of_labels.details("label_{}_t"),
        },
    )


def _points(layer: Tensor) -> np.ndarray:
    """Return a layer's activity, shape `(samples, units)`; of probabilities the log-ratios."""
    points = layer.detach().cpu() + 0.0  # −0 becomes 0
    least, units = float(points.min()), points.shape[1]
    if units > 1 and least >= 0 and (points.sum(dim=1) - 1).abs().max() < SUM_TOLERANCE:
        tiny = torch.finfo(points.dtype).tiny  # for what was rounded to 0
        logs = points.clamp_min(tiny).log()
        points = logs - logs.mean(dim=1, keepdim=True)
    return points.numpy()
