"""Samples as estimators want them: checked, finite, float64, on their support."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

ROUNDINGS = 1e3  # a direction narrower than so many rounding units of the data is none


class Pair(NamedTuple):
    """Samples of two vectors, each on its own support.

    Attributes:
        x: Shape `(n, rank of x)`, float64.
        y: Shape `(n, rank of y)`, float64.
        diagnostics: `rank_x`, `rank_y`, `atom_share_x` and `atom_share_y`, see `described`; and
            `ties`, the samples of which a value occurs twice.
    """

    x: np.ndarray
    y: np.ndarray
    diagnostics: dict[str, float]


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
    array = array.astype(np.float64, order="C").reshape(len(array), -1)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return array


def pairs(x: ArrayLike, y: ArrayLike, *, dither: bool = True, unit: bool = True) -> Pair:
    """Return two vectors' samples, each on its own support.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        dither: Whether to spread equal values, see `dithered`.
        unit: Whether principal components have unit variance, see `on_support`.

    Raises:
        ValueError: If one is malformed, or they do not have equally many rows.
    """
    first, second = on_support("x", x, unit=unit), on_support("y", y, unit=unit)
    if len(first) != len(second):
        raise ValueError(f"y must have {len(first)} rows as x, got {len(second)}")
    spread = dithered(first, seed=0), dithered(second, seed=1)
    moved = (spread[0] != first).any(axis=1) | (spread[1] != second).any(axis=1)
    diagnostics = {
        **described("x", x, first),
        **described("y", y, second),
        "ties": float(moved.sum()),
    }
    return Pair(*spread, diagnostics) if dither else Pair(first, second, diagnostics)


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


def on_support(name: str, x: ArrayLike, *, unit: bool = True) -> np.ndarray:
    """Drop the directions in which samples do not vary: constant and linearly dependent ones.

    Information is the same without them; a density does not exist with them. Units are first
    brought to one scale, so that a unit is not dropped because others are larger.

    Args:
        name: What an error calls the samples.
        x: Shape `(n, d)`; a direction narrower than 1000 rounding units of its type is dropped.
        unit: Whether principal components have unit variance, or their own: of scaled columns.

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
    scale = np.sqrt(len(points)) if unit else singular[kept]
    return left[:, kept][first_equal(points)] * scale


def described(name: str, x: ArrayLike, points: np.ndarray) -> dict[str, float]:
    """Return what is said of a vector's samples, whatever is estimated of them.

    Args:
        name: Ends the names.
        x: Shape `(n, d)`.
        points: What `on_support` makes of them.

    Returns:
        `rank_<name>`, the directions in which samples vary, and `atom_share_<name>`.
    """
    share = atom_share(vectors(name, x))
    return {f"rank_{name}": float(points.shape[1]), f"atom_share_{name}": share}


def atom_share(points: np.ndarray) -> float:
    """Return the share of samples on atoms beside a density: of equal values, e.g. exact zeros.

    Estimators of continuous vectors take samples from a density. Where a column holds both values
    that occur once and values that occur again, there is none, and they may be far off.

    Args:
        points: Shape `(n, d)`.

    Returns:
        Of the column in which that is most, the share of samples whose value occurs again; a
        column of which every value does is discrete or constant, and does not count.

    Example:
        >>> atom_share(np.array([[0.0, 1.0], [0.0, 1.0], [0.3, 1.0], [0.7, 2.0]]))
        0.75
        >>> atom_share(np.array([[0.0, 1.0], [0.0, 1.0], [0.3, 2.0], [0.7, 2.0]]))
        0.5
    """
    equal = np.diff(np.sort(points, axis=0), axis=0) == 0
    end = np.zeros((1, points.shape[1]), dtype=bool)
    shares = (np.vstack([end, equal]) | np.vstack([equal, end])).mean(axis=0)
    return float(shares[shares < 1].max(initial=0.0))


def dithered(points: np.ndarray, *, seed: int) -> np.ndarray:
    """Spread values that occur more than once, without losing any information.

    Uniform noise as wide as the least gap between unlike values of a column is added to the
    column's repeated values: each can be told from the others still, so that information is the
    same, and now there is a density. Values that occur once stay as they are.

    Args:
        points: Shape `(n, d)`.
        seed: Of the noise.

    Returns:
        Shape `(n, d)`; `points` itself where nothing repeats.

    Example:
        >>> dithered(np.array([[0.0], [1.0], [5.0]]), seed=0).ravel().tolist()
        [0.0, 1.0, 5.0]
        >>> dithered(np.array([[0.0], [0.0], [5.0], [9.0]]), seed=0).ravel().round().tolist()
        [1.0, -1.0, 5.0, 9.0]
    """
    generator = np.random.default_rng(seed)
    spread = points
    for column in range(points.shape[1]):
        values, of, copies = np.unique(points[:, column], return_inverse=True, return_counts=True)
        if 1 < len(values) < len(points):
            repeated = copies[of] > 1
            spread = points.copy() if spread is points else spread
            noise = generator.uniform(-0.5, 0.5, size=repeated.sum())
            spread[repeated, column] += noise * np.diff(values).min()
    return spread


def first_equal(points: np.ndarray) -> np.ndarray:
    """Return for each row the number of the first row that equals it, shape `(n,)`."""
    n = len(points)
    if len(np.unique(points[:, 0])) == n:
        return np.arange(n)
    _, first, of = np.unique(points, axis=0, return_index=True, return_inverse=True)
    return first[of]


def _resolution(x: ArrayLike) -> float:
    kind = np.asarray(x).dtype
    narrow = kind if kind.kind == "f" else np.dtype(np.float64)
    return ROUNDINGS * float(np.finfo(narrow).eps)
