"""Coordinates in which neighbours tell what two vectors know of each other: all, or few."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ibsweep.estimators.entropic import estimate
from ibsweep.estimators.shared import canonical, tails
from ibsweep.estimators.shared.margins import COARSE, FINE, SURE, most_informative, normal_scores
from ibsweep.estimators.shared.shuffling import Reading, Shuffling, Side
from ibsweep.estimators.shared.whitening import white

Vectors = tuple[np.ndarray, np.ndarray]

QUICK = 3000  # samples that decide on coordinates where all would take long
LONG = 4  # dimensions beyond which they would
STRAIGHT = 0.9  # least canonical correlation of vectors that are alike but for a linear map
CERTAIN = 0.999  # a correlation that permuted samples reach only if there are too few of them
BLOCK = 3  # canonical pairs in which neighbours are sought together, where there are more than 4


class Result(NamedTuple):
    """Information in nats, and how it was read.

    Attributes:
        terms: Contribution of each sample, shape `(n,)`.
        error: Standard error of their mean.
        diagnostics: How it was read.
    """

    terms: np.ndarray
    error: float
    diagnostics: dict[str, float]

    @classmethod
    def nothing(cls, n: int, limit: float) -> "Result":
        """Return no information; its error is what one pair of the correlation `limit` has."""
        error = -0.5 * float(np.log1p(-(min(limit, CERTAIN) ** 2)))
        return cls(np.zeros(n), error, {"pairs": 0.0, "drift": 0.0})

    @classmethod
    def infinite(cls, n: int) -> "Result":
        """Return infinite information: one vector tells a direction of the other exactly."""
        return cls(np.full(n, np.inf), np.nan, {})

    @classmethod
    def of(cls, reading: Reading, drift: float, dimensions: int, **diagnostics: float) -> "Result":
        """Add to the error of a reading what its drift with the number of samples says.

        A bias falls with n as n^(−2/m), m the dimensions of both supports; of the drift, only what
        exceeds one standard error counts.
        """
        bias = np.sqrt(max(0.0, drift**2 - reading.error**2)) / (2 ** (2 / dimensions) - 1)
        error = float(np.hypot(reading.error, bias))
        return cls(reading.terms, error, {"drift": float(drift / np.log(2)), **diagnostics})


def all_coordinates(
    vectors: Vectors, tamed: Vectors, dimensions: tuple[int, int], by: Shuffling
) -> Result:
    """Estimate from all coordinates: tamed, or in others that surely tell more.

    Args:
        vectors: Shapes `(n, d_x)` and `(n, d_y)`, of full rank.
        tamed: The same with heavy tails mapped by column.
        dimensions: Of their supports.
        by: Estimates the information of two sides.
    """
    candidates = [tamed]
    if sum(dimensions) == tamed[0].shape[1] + tamed[1].shape[1]:
        candidates += _straightened(vectors, tamed)
    n = len(tamed[0])
    step = max(1, n // QUICK) if sum(dimensions) > LONG else 1

    def read(pair: Vectors, step: int) -> tuple[tuple[Side, Side], Reading]:
        first, second = (rows[::step] for rows in pair)
        sides = by.side(first, dimensions[0]), by.side(second, dimensions[1])
        return sides, by.information(*sides)

    tried = [read(tamed, step)]
    if np.isinf(tried[0][1].value):
        return Result.infinite(n)
    tried += [read(pair, step) for pair in candidates[1:]]
    best = most_informative([estimate(reading.terms) for _, reading in tried])
    sides, reading = tried[best] if step == 1 else read(candidates[best], 1)
    return Result.of(reading, by.drift(*sides, reading), sum(dimensions), pairs=0.0)


def few_coordinates(
    x: np.ndarray, y: np.ndarray, by: Shuffling, *, kinds: Sequence[int], most: int
) -> Result:
    """Estimate from the canonical pairs of the features that surely tell most.

    Args:
        x: Shape `(n, d_x)`; columns of x and y together at most `canonical.SHARE` of n.
        y: Shape `(n, d_y)`.
        by: Estimates the information of two sides.
        kinds: Of features, see `canonical.features`; the first, unless others surely tell more.
        most: Dimensions of the smaller support.

    Raises:
        ValueError: If there are more columns.
    """
    pair, sure = (white(x), white(y)), SURE * np.sqrt(2 / len(x))
    best = canonical.canonical_pairs(*pair, kind=kinds[0], most=most, seed=by.seed)
    if best is None:
        columns = f"{x.shape[1]} + {y.shape[1]} columns of {len(x)} samples"
        raise ValueError(f"x and y must have few columns for canonical pairs, got {columns}")
    kept = kinds[0]
    for kind in kinds[1:]:
        other = canonical.canonical_pairs(*pair, kind=kind, most=most, seed=by.seed)
        if other is not None and other.gaussian > best.gaussian + (kept == kinds[0]) * sure:
            best, kept = other, kind
    count = best.x.shape[1]
    if not count:
        return Result.nothing(len(x), best.limit)
    width = count if count <= canonical.MOST else BLOCK
    terms, variance, drift = np.full(len(x), -best.optimism), 0.0, 0.0
    for start in range(0, count, width):
        first, second = (side[:, start : start + width] for side in (best.x, best.y))
        sides = by.side(tails.by_column(first)), by.side(tails.by_column(second))
        reading = by.information(*sides)
        if np.isinf(reading.value):
            return Result.infinite(len(x))
        terms, variance = terms + reading.terms, variance + reading.error**2
        drift += by.drift(*sides, reading)
    whole = Reading(terms, float(np.sqrt(variance)))
    choice = {"pairs": float(count), "features": float(kept)}
    return Result.of(whole, drift, 2 * min(width, count), **choice)


def _straightened(vectors: Vectors, tamed: Vectors) -> list[Vectors]:
    """Return two vectors in coordinates that may straighten what they have in common."""
    scores = [
        (normal_scores(tamed[0], levels), normal_scores(tamed[1], levels))
        for levels in (COARSE, FINE)
    ]
    if not any(tails.heavy(rows).any() for rows in vectors):
        return scores
    drawn = tails.by_radius(vectors[0]), tails.by_radius(vectors[1])
    first, second = (white(rows) for rows in drawn)
    correlations = np.linalg.svd(first.T @ second / len(first), compute_uv=False)
    return [drawn, *scores] if correlations[-1] > STRAIGHT else scores
