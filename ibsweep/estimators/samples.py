"""Samples as estimators want them: checked, finite, float64, on their support."""

import numpy as np
from numpy.typing import ArrayLike

ROUNDINGS = 1e3  # a direction narrower than so many rounding units of the data is none


def vectors(name: str, x: ArrayLike) -> np.ndarray:
    """Return samples as a float64 matrix, a vector of numbers as one column.

    Args:
        name: What an error calls them.
        x: Shape `(n, d)` or `(n,)`, real numbers.

    Returns:
        Shape `(n, d)`, float64.

    Raises:
        ValueError: If `x` has another shape, no row or no column, or a value is not finite.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(f"{name} must be of shape (n ≥ 1, d ≥ 1), got {array.shape}")
    array = array.astype(np.float64).reshape(len(array), -1)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return array


def pairs(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return two vectors' samples, each on its own support, shapes `(n, rank)`.

    Raises:
        ValueError: If one is malformed, or they do not have equally many rows.
    """
    first, second = on_support("x", x), on_support("y", y)
    if len(first) != len(second):
        raise ValueError(f"y must have {len(first)} rows as x, got {len(second)}")
    return first, second


def classes(labels: ArrayLike, *, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each sample's class, 0 …, shape `(samples,)`, and how many each has.

    Raises:
        ValueError: If `labels` is not of shape `(samples,)`, integer.
    """
    array = np.asarray(labels)
    if array.shape != (samples,):
        raise ValueError(f"labels must be of shape ({samples},), got {array.shape}")
    if array.dtype.kind not in "iub":
        raise ValueError(f"labels must be integer, got {array.dtype}")
    _, numbers, sizes = np.unique(array, return_inverse=True, return_counts=True)
    return numbers, sizes


def on_support(name: str, x: ArrayLike) -> np.ndarray:
    """Drop the directions in which samples do not vary: constant and linearly dependent ones.

    Information is the same without them; a density does not exist with them. Units are first
    brought to one scale, so that a unit is not dropped because others are larger.

    Args:
        name: What an error calls the samples.
        x: Shape `(n, d)`; a direction narrower than 1000 rounding units of its type is dropped.

    Returns:
        Shape `(n, rank)`, float64: `x` itself, centred, each column with variance 1, if it has
        full rank, else its principal components; no column at all if all rows are equal.

    Raises:
        ValueError: If `x` is malformed.
    """
    points = vectors(name, x)
    resolution = _resolution(x)
    size = np.abs(points).max(axis=0)
    centred = points - points.mean(axis=0)
    spread = centred.std(axis=0)
    varying = spread > resolution * size
    if not varying.any():
        return np.empty((len(points), 0))
    scaled = centred[:, varying] / spread[varying]
    left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    kept = singular > resolution * singular[0]
    if kept.all() and len(points) > scaled.shape[1]:
        return scaled
    return left[:, kept] * np.sqrt(len(points))


def _resolution(x: ArrayLike) -> float:
    kind = np.asarray(x).dtype
    narrow = kind if kind.kind == "f" else np.dtype(np.float64)
    return ROUNDINGS * float(np.finfo(narrow).eps)
