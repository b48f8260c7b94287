"""What all estimators share: checked activity and labels, measured one layer at a time."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ibsweep import checks
from ibsweep.types import Information


class Classes(NamedTuple):
    """The label of every sample, as consecutive numbers.

    Attributes:
        of: Class of each sample, 0 … `total` − 1, each of which occurs; shape `(samples,)`, int64.
        total: Number of classes that occur.
    """

    of: np.ndarray
    total: int


Estimate = Callable[..., Information | tuple[float, float]]


def measure_layers(
    estimate: Estimate, activity: ArrayLike | Tensor, labels: ArrayLike | Tensor, *values: Tensor
) -> Information:
    """Estimate the information in each of many layers.

    Args:
        estimate: Called with one layer's activity, shape `(samples, units)`, the `Classes` and one
            float from each of `values`; returns I(X;T) and I(T;Y) in bits, and details, if any.
        activity: Shape `(…, samples, units)`, floating point; half precision is widened.
        labels: Class of each sample, shape `(samples,)`, integer.
        values: Further arguments of each layer, of a shape that broadcasts to `(…)`.

    Returns:
        Information in bits, of shape `(…)`; floats if there are no leading axes. A detail that
        some of the layers have is NaN for the others.

    Raises:
        ValueError: If shape, type or a value of `activity` or `labels` is not as above.
    """
    stack = _activity(activity)
    leading = stack.shape[:-2]
    classes = _classes(labels, samples=stack.shape[-2])
    layers = stack.reshape(-1, *stack.shape[-2:])
    further = zip(*(_spread(value, leading) for value in values), strict=True)
    rows = further if values else [()] * len(layers)
    estimates = [
        Information(*estimate(layer, classes, *row))
        for layer, row in zip(layers, rows, strict=True)
    ]
    return _stacked(estimates, leading) if leading else _plain(estimates[0])


def patterns_of(inputs: ArrayLike, activity: ArrayLike | Tensor) -> np.ndarray:
    """Return patterns as an array, if there is one for each sample.

    Args:
        inputs: Shape `(samples, features)`.
        activity: Shape `(…, samples, units)`.

    Raises:
        ValueError: If they are not of that shape, or there are none.
    """
    patterns, shape = np.asarray(inputs), np.shape(activity)
    if patterns.ndim != 2 or not patterns.size:
        raise ValueError(f"inputs must be of shape (samples, features), got {patterns.shape}")
    if len(shape) > 1 and shape[-2] != len(patterns):
        raise ValueError(f"inputs must have {shape[-2]} rows, got {len(patterns)}")
    return patterns


def evenly_spaced(samples: int, largest: int) -> np.ndarray:
    """Return the rows of at most `largest` samples, evenly spaced, first and last included.

    Raises:
        ValueError: If `largest` is less than 2.
    """
    checks.integer("largest", largest, minimum=2)
    return np.linspace(0, samples - 1, min(largest, samples)).astype(int)


def columns(layer: Tensor) -> np.ndarray:
    """Return one layer's activity as a contiguous array, shape `(units, samples)`."""
    return np.ascontiguousarray(layer.cpu().numpy().T)


def _plain(estimate: Information) -> Information:
    details = {name: float(value) for name, value in estimate.details.items()}
    return Information(float(estimate.i_xt), float(estimate.i_ty), details)


def _stacked(estimates: Sequence[Information], leading: torch.Size) -> Information:
    pairs = torch.tensor([one[:2] for one in estimates], dtype=torch.float64)
    names = dict.fromkeys(name for one in estimates for name in one.details)
    details = {
        name: torch.tensor(
            [one.details.get(name, math.nan) for one in estimates], dtype=torch.float64
        )
        for name in names
    }
    i_xt, i_ty = pairs.reshape(*leading, 2).unbind(-1)
    return Information(
        i_xt, i_ty, {name: values.reshape(leading) for name, values in details.items()}
    )


def _activity(activity: ArrayLike | Tensor) -> Tensor:
    if not isinstance(activity, Tensor):
        activity = torch.from_numpy(np.require(activity, requirements="W"))
    activity = activity.detach()
    if not activity.is_floating_point():
        raise ValueError(f"activity must be floating point, got {activity.dtype}")
    if activity.ndim < 2 or 0 in activity.shape[-2:]:
        shape = tuple(activity.shape)
        raise ValueError(f"activity must be of shape (…, samples ≥ 1, units ≥ 1), got {shape}")
    if activity.numel() and not torch.isfinite(torch.stack(activity.aminmax())).all():
        offending = activity[~activity.isfinite()][0].item()
        raise ValueError(f"activity must be finite, got {offending}")
    return activity.float() if activity.element_size() < 4 else activity


def _classes(labels: ArrayLike | Tensor, *, samples: int) -> Classes:
    array = labels.detach().cpu().numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    if array.shape != (samples,):
        raise ValueError(f"labels must be of shape ({samples},), got {array.shape}")
    if array.dtype.kind not in "iub":
        raise ValueError(f"labels must be integer, got {array.dtype}")
    distinct, numbers = np.unique(array, return_inverse=True)
    return Classes(numbers.astype(np.int64), len(distinct))


def _spread(value: Tensor, leading: torch.Size) -> list[float]:
    return value.double().broadcast_to(leading).flatten().tolist()
