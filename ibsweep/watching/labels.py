"""What the labels that a user gives mean."""

import numpy as np
import torch
from torch import Tensor

from ibsweep.watching.targets import Classes, Nothing, Real, Targets

_KINDS = "integers (classes), real numbers (a regression's targets) or None"


def targets(labels: object, *, samples: int, ends_in_sigmoid: bool) -> Targets:
    """Return what labels mean.

    Args:
        labels: Integers or truth values, shape `(samples,)`: classes. Real numbers that are all 0
            or 1: those of a single logit; others, also of shape `(samples, numbers)`: of a
            regression. None: nothing.
        samples: Number of samples.
        ends_in_sigmoid: Whether a sigmoid computes the model's output.

    Raises:
        ValueError: If they are something else.
    """
    if labels is None:
        return Nothing(samples)
    if isinstance(labels, Tensor):
        labels = labels.detach().cpu()
        labels = (labels.float() if labels.dtype is torch.bfloat16 else labels).numpy()
    array = np.array(labels)  # a copy: the user's may change
    array = array.reshape(-1) if array.shape == (samples, 1) else array
    got = f"{array.shape} of {array.dtype}"
    if array.dtype.kind not in "biuf":
        some = array.reshape(-1)[:1].tolist()
        raise ValueError(f"labels must be {_KINDS}, got {got}, e.g. {some}")
    if array.shape != (samples,) and (array.dtype.kind != "f" or array.shape[:1] != (samples,)):
        hint = "; of one-hot rows take the argmax" if array.ndim > 1 else ""
        raise ValueError(f"labels must be ({samples},) integers, got {got}{hint}")
    if array.dtype.kind != "f":
        classes = array.astype(np.int64)
        return Classes(classes, array.dtype, ends_in_sigmoid=ends_in_sigmoid)
    if not np.isfinite(array).all():
        raise ValueError(f"labels must be finite, got {array[~np.isfinite(array)][0]}")
    return _real(array, got, ends_in_sigmoid=ends_in_sigmoid)


def _real(array: np.ndarray, got: str, *, ends_in_sigmoid: bool) -> Targets:
    """Return what finite real numbers mean."""
    flat = array.reshape(len(array), -1)
    if not np.isin(flat, (0, 1)).all():
        return Real(flat.astype(np.float64))
    if flat.shape[1] > 1:
        rule = f"must be ({len(array)},) integers for classes (of one-hot rows the argmax)"
        raise ValueError(f"labels {rule}, got 0 and 1 {got}")
    return Classes(flat[:, 0].astype(np.int64), array.dtype, ends_in_sigmoid=ends_in_sigmoid)
