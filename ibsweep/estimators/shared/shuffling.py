"""Information as the neighbour entropy of shuffled pairs less that of the pairs."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from ibsweep.estimators.shared.dimension import ORDERS, intrinsic
from ibsweep.estimators.shared.neighbours import nearest
from ibsweep.estimators.shared.whitening import white, whiten

EMBEDDED = 0.999  # of the variance of a bent support that its coordinates hold


class Side(NamedTuple):
    """One vector's samples in the coordinates in which neighbours are sought.

    Attributes:
        points: Shape `(n, d)`: of unit covariance if the support has all dimensions, else as
            given, without directions that hardly vary, but for one scale, at which neighbours are
            as far away as a normal vector's.
        dimension: Of the support, 1 … d.
        spread: `dimension` · ln of the distance to the k-th neighbour, shape `(n,)`.
    """

    points: np.ndarray
    dimension: int
    spread: np.ndarray

    @property
    def full(self) -> bool:
        """Whether the support has all dimensions."""
        return self.dimension == self.points.shape[1]


class Reading(NamedTuple):
    """Information in nats.

    Attributes:
        terms: Contribution of each sample, shape `(n,)`; their mean is the information.
        error: Its standard error, from the spread over samples.
    """

    terms: np.ndarray
    error: float

    @property
    def value(self) -> float:
        """The information, nats."""
        return float(self.terms.mean())


class Shuffling(NamedTuple):
    r"""Estimates information by neighbours, against that of shuffled pairs.

    Î = (m/R) Σ_r mean ln ρ(X, Y_π_r) − m mean ln ρ(X, Y) in nats, ρ the distance to the k-th
    neighbour, π_r random permutations, m the dimension of the support of X plus that of Y. If that
    is the number of columns, distances are measured in coordinates of unit covariance of both
    together, with the change of volume; a support of fewer dimensions may be bent, so that no
    linear map fits it.

    Attributes:
        neighbours: k, ≥ 1.
        permutations: R, ≥ 1.
        seed: Of the permutations.
    """

    neighbours: int
    permutations: int
    seed: int

    def side(self, x: np.ndarray, dimension: int | None = None) -> Side:
        """Find coordinates for a vector.

        Args:
            x: Shape `(n, d)`, of full rank.
            dimension: Of its support; None to estimate it.
        """
        points = white(x)
        if dimension is None:
            dimension = intrinsic(x) if len(x) > ORDERS[-1] + 1 else points.shape[1]
        if dimension == points.shape[1]:
            return Side(points, dimension, dimension * self._log_radii(points))
        points = _embedded(x, dimension)
        radii = self._log_radii(points, dimension)
        shift = self._normal_radius(len(x), dimension) - radii.mean()
        return Side(points * np.exp(shift), dimension, dimension * (radii + shift))

    def information(self, x: Side, y: Side) -> Reading:
        """Estimate the information between two vectors."""
        generator, n = np.random.default_rng(self.seed), len(x.points)
        pairs = self._contributions(x, y, np.arange(n))
        chance = np.stack(
            [self._contributions(x, y, generator.permutation(n)) for _ in range(self.permutations)]
        )
        terms = pairs - chance.mean()
        if not np.isfinite(terms).all():
            return Reading(np.full(n, np.inf), np.nan)
        spread = terms.std() / np.sqrt(n), chance.std() / np.sqrt(chance.size)
        return Reading(terms, float(np.hypot(*spread)))

    def drift(self, x: Side, y: Side, whole: Reading) -> float:
        """Return the mean of what two halves of the samples read, less the whole, nats."""
        halves = [
            self.information(self.part(x, 2, start), self.part(y, 2, start)).value
            for start in (0, 1)
        ]
        return float(np.mean(halves)) - whole.value

    def part(self, side: Side, step: int, start: int = 0) -> Side:
        """Return a side for every so many samples."""
        return self.side(side.points[start::step], side.dimension)

    def _contributions(self, x: Side, y: Side, order: np.ndarray) -> np.ndarray:
        """Return what each pair of x and reordered y contributes, nats, but for chance."""
        points, volume = np.hstack([x.points, y.points[order]]), 0.0
        if x.full and y.full:
            points, volume = whiten(points)
            if np.isinf(volume):
                return np.full(len(points), np.inf)
        dimension = x.dimension + y.dimension
        joint = dimension * self._log_radii(points, dimension) + volume
        return x.spread + y.spread[order] - joint

    def _log_radii(self, points: np.ndarray, dimension: int | None = None) -> np.ndarray:
        return np.log(nearest(points, [self.neighbours], dimension=dimension).radii[:, 0])

    def _normal_radius(self, n: int, d: int) -> float:
        """Return the mean of ln ρ for n samples of a normal vector of unit covariance."""
        entropy = d / 2 * np.log(2 * math.pi * math.e)
        ball = d / 2 * np.log(np.pi) - gammaln(d / 2 + 1)
        count = digamma(self.neighbours) - np.log(max(n - 1, 1))
        return float(entropy + count - ball) / d


def _embedded(x: np.ndarray, dimension: int) -> np.ndarray:
    """Return the principal components that hold a bent support.

    These are those of 99.9 % of the variance, at least 2 m + 1 for one of m dimensions, into which
    almost every linear map embeds it (Whitney, 1936).
    """
    left, singular, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    share = np.cumsum(singular**2) / (singular**2).sum()
    count = max(2 * dimension + 1, int(np.searchsorted(share, EMBEDDED)) + 1)
    return left[:, :count] * singular[:count]
