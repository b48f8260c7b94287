"""Fits compressors and encodes with them, so that estimators see no rounding; and what is lost."""

import inspect
from collections.abc import Callable, Hashable
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

import joblib
import numpy as np

from ibsweep import samples
from ibsweep.compressors.base import Compressor
from ibsweep.promises import kind, shown

Fit = Callable[..., Compressor]
FitBoth = Callable[..., tuple[Compressor, Compressor]]


class Quality(NamedTuple):
    """What a compressor keeps of some samples.

    Attributes:
        squared_error: Mean squared error of reconstruction, summed over dimensions, in squared
            units of the samples.
        explained_variance: 1 − squared_error / total variance; NaN for constant samples.
        rank: Directions in which the codes vary.
    """

    squared_error: float
    explained_variance: float
    rank: int


def quality(compressor: Compressor, x: np.ndarray) -> Quality:
    """Measure a compressor on samples, best others than it was fitted to.

    Args:
        compressor: Fitted.
        x: Shape `(n, d)`.

    Returns:
        Reconstruction error, explained variance and rank.
    """
    codes = compressor.encode(x)
    return _quality(x, compressor.decode(codes), codes)


def _quality(x: np.ndarray, restored: np.ndarray, codes: np.ndarray) -> Quality:
    error = float(((restored - x) ** 2).sum(axis=1).mean())
    variance = float(x.var(axis=0).sum())
    explained = 1 - error / variance if variance > 0 else np.nan
    rank = int(np.linalg.matrix_rank(codes - codes.mean(axis=0)))
    return Quality(error, explained, rank)


class Encoded(NamedTuple):
    """Samples as codes.

    Attributes:
        codes: Shape `(n, dimensions that vary)`.
        quality: What they keep of the samples, with the rank of these codes.
    """

    codes: np.ndarray
    quality: Quality

    def details(self, pattern: str) -> dict[str, float]:
        """Return the quality by name.

        Args:
            pattern: Makes the names, e.g. `{}_x`.
        """
        error, explained, rank = self.quality
        return {
            pattern.format("explained_variance"): explained,
            pattern.format("reconstruction_error"): error,
            pattern.format("rank"): float(rank),
        }


def fit(make: Fit, points: np.ndarray, dimensions: int | None = None) -> Compressor:
    """Fit a compressor of so many dimensions, if it takes a number of them.

    Args:
        make: A function such as those of `ibsweep.compressors`.
        points: Shape `(n, d)`.
        dimensions: At most of the codes; None for what `make` says.

    Raises:
        ValueError: If `make` learns from pairs of vectors.
    """
    if takes_pairs(make):
        rule = "a compressor must learn from one vector here"
        raise ValueError(f"{rule}, got {shown(make)}, which learns from pairs")
    if dimensions is None or "dimensions" not in inspect.signature(make).parameters:
        return make(points)
    return make(points, dimensions=dimensions)


def takes_pairs(make: Fit | FitBoth) -> bool:
    """Say whether a function fits compressors of two vectors together: it takes `other`."""
    return "other" in inspect.signature(make).parameters


def fit_once(make: Fit, points: np.ndarray, dimensions: int | None = None) -> Compressor:
    """Fit a compressor as `fit` does, unless this process did so lately for equal arguments.

    Args:
        make: As for `fit`; its result must depend on nothing but its arguments.
        points: Shape `(n, d)`.
        dimensions: As for `fit`.
    """
    place = _place(_name(make, (points, dimensions)))
    if not place:
        place.append(fit(make, points, dimensions))
    return place[0]


def fit_both(make: Fit | FitBoth, x: np.ndarray, y: np.ndarray) -> tuple[Compressor, Compressor]:
    """Fit compressors of two vectors as `fit_once` does: each by itself, or together.

    Args:
        make: As for `fit_once`, or a function of x and `other` that returns two compressors.
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.

    Raises:
        ValueError: If `make` returns something else.
    """
    if not takes_pairs(make):  # X is often the same at every truth
        alone = cast("Fit", make)
        return kind(fit_once(alone, x), Compressor), kind(fit_once(alone, y), Compressor)
    place = _place(_name(make, (x, y)))
    if not place:
        fitted = make(x, other=y)
        if not isinstance(fitted, tuple) or len(fitted) != 2:  # noqa: PLR2004
            raise ValueError(f"_target_ must make two Compressors, got {type(fitted).__name__}")
        place.extend(kind(one, Compressor) for one in fitted)
    return place[0], place[1]


def _name(make: Fit | FitBoth, arguments: tuple[object, ...]) -> Hashable:
    """Return what stands for a function and its arguments."""
    function: object = make
    options: dict[Any, Any] = {}
    if isinstance(make, partial):
        function, options = make.func, {**dict(enumerate(make.args)), **make.keywords}
    functions = frozenset((key, value) for key, value in options.items() if callable(value))
    plain = {key: value for key, value in options.items() if not callable(value)}
    return function, functions, joblib.hash((plain, *arguments))


@lru_cache(maxsize=64)
def _place(name: Hashable) -> list[Compressor]:
    """Return the list that is for what is fitted at once, empty until that is.

    A cache of `fit` itself would keep its points, too.
    """
    return []


def encoded(compressor: Compressor, points: np.ndarray) -> Encoded:
    """Encode samples without what is rounding alone, and measure what that keeps of them.

    A product of matrices may tell equal rows apart by their places, and principal components
    beyond the rank are rounding. Estimators that look at nearest neighbours would take both for
    structure.

    Args:
        compressor: Fitted.
        points: Shape `(n, d)`, floating point.

    Returns:
        Codes, equal for equal rows; without those that vary by less than 1000 rounding units of
        the largest value of `points`; one constant if none varies more.
    """
    every = _equal_for_equal(compressor, points)
    codes = _varying(every, points)
    return Encoded(codes, _quality(points, compressor.decode(every), codes))


def _equal_for_equal(compressor: Compressor, points: np.ndarray) -> np.ndarray:
    """Return all codes, those of equal rows being equal."""
    places: dict[bytes, int] = {}
    first = [places.setdefault(row.tobytes(), k) for k, row in enumerate(points)]
    return compressor.encode(points)[first]


def _varying(codes: np.ndarray, points: np.ndarray) -> np.ndarray:
    resolution = samples.ROUNDINGS * np.finfo(points.dtype).eps
    varying = codes.std(axis=0) > resolution * np.abs(points).max()
    return codes[:, varying] if varying.any() else np.zeros((len(points), 1))
