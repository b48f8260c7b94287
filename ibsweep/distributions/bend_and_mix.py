"""Mixtures of Gaussians, bent: tasks whose information is known by Monte Carlo alone."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair
from ibsweep.distributions.maps import spiral

DRAWS = 200_000  # of the Monte Carlo mean; its standard error is below .003 nats for all tasks
BLOCK = 20_000  # draws at once
SEED = 0


class Mixture(NamedTuple):
    """A mixture of normal distributions of (X, Y), of which X is then bent.

    Attributes:
        weights: Of the components, sum 1, shape `(components,)`.
        means: Shape `(components, dx + dy)`.
        covariances: Shape `(components, dx + dy, dx + dy)`.
        dx: Coordinates of X.
        bend: An injective map of X.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    dx: int
    bend: Callable[[np.ndarray], np.ndarray] = np.asarray

    def draw(self, samples: int, generator: np.random.Generator) -> np.ndarray:
        """Draw (X, Y) before X is bent, shape `(samples, dx + dy)`."""
        component = generator.choice(len(self.weights), size=samples, p=self.weights)
        noise = generator.standard_normal((samples, self.means.shape[1]))
        roots = np.linalg.cholesky(self.covariances)
        rows = np.empty_like(noise)
        for place, root in enumerate(roots):
            inside = component == place
            rows[inside] = self.means[place] + noise[inside] @ root.T
        return rows

    def log_density(self, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return ln p of some of the coordinates, nats, shape `(samples,)`."""
        terms = []
        for weight, mean, covariance in zip(*self[:3], strict=True):
            root = np.linalg.cholesky(covariance[columns, columns])
            away = (rows[:, columns] - mean[columns]) @ np.linalg.inv(root).T
            constant = np.log(np.diag(root)).sum() + len(root) / 2 * math.log(2 * math.pi)
            terms.append(math.log(weight) - (away**2).sum(axis=1) / 2 - constant)
        return logsumexp(terms, axis=0)

    def information(self) -> tuple[float, float]:
        """Return I(X;Y) as the mean of ln p(x,y)/p(x)p(y) over draws, and its error, nats."""
        generator, parts = np.random.default_rng(SEED), []
        x, y, both = slice(self.dx), slice(self.dx, None), slice(None)
        for _ in range(DRAWS // BLOCK):
            rows = self.draw(BLOCK, generator)
            joint, first, second = (self.log_density(rows, part) for part in (both, x, y))
            parts.append(joint - first - second)
        terms = np.concatenate(parts)
        return float(terms.mean()), float(terms.std() / math.sqrt(len(terms)))


class BendAndMix(Distribution):
    """A mixture of the benchmark's later suite.

    Args:
        task: Its name, see `TASKS`.

    Raises:
        ValueError: If there is no such task.

    References:
        Czyż, Grabowski, Vogt, Beerenwinkel & Marx, On the properties and estimation of pointwise
        mutual information profiles, TMLR 2025. https://arxiv.org/abs/2310.10240

    Example:
        >>> round(BendAndMix(task="x").bits, 2)
        0.59
    """

    def __init__(self, *, task: str) -> None:
        self._task = checks.choice("task", task, tuple(TASKS))

    @property
    def bits(self) -> float:
        """I(X;Y) in bits, to within .01."""
        return _nats(self._task)[0] / math.log(2)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, dx)` and Y of shape `(samples, dy)`."""
        mixture = TASKS[self._task]
        rows = mixture.draw(samples, generator)
        return Pair(mixture.bend(rows[:, : mixture.dx]), rows[:, mixture.dx :])


@cache
def _nats(task: str) -> tuple[float, float]:
    return TASKS[task].information()


def _equal(
    means: Sequence, covariances: Sequence, dx: int, *, bend: Callable = np.asarray
) -> Mixture:
    """Return a mixture of equally likely components."""
    weights = np.full(len(means), 1 / len(means))
    places, shapes = np.asarray(means, dtype=float), np.asarray(covariances, dtype=float)
    return Mixture(weights, places, shapes, dx, bend)


def _correlated(x: float, y: float, correlation: float) -> np.ndarray:
    """Return the covariance of two coordinates of these variances."""
    off = correlation * math.sqrt(x * y)
    return np.array([[x, off], [off, y]])


def _letters() -> Mixture:
    """The letters A and I."""
    tall = [_correlated(0.04, 0.2, sign * 0.95) for sign in (1, -1)]
    serif = np.diag([0.05, 0.001])
    covariances = [np.diag([0.01, 0.2]), serif, serif, np.diag([0.03, 0.001]), *tall]
    means = [(1, 0), (1, 1), (1, -1), (-0.8, -0.2), (-1.2, 0), (-0.4, 0)]
    return _equal(means, covariances, 1)


def _waves(x: np.ndarray) -> np.ndarray:
    return np.stack([0.1 * (x[:, 0] + 5 * np.sin(3 * x[:, 1])) - 0.8, 0.5 * x[:, 1]], axis=1)


def _concentric(d: int, components: int) -> Mixture:
    """Balls of radius 1, 2, …, whose number Y tells."""
    scales = range(1, components + 1)
    covariances = [np.diag([*[scale**2] * d, 1e-4]) for scale in scales]
    return _equal([[*[0] * d, scale] for scale in scales], covariances, d)


def _inliers(d: int, share: float) -> Mixture:
    """Two pairs of correlation .8, of which a share of the samples is replaced by chance."""
    signal, first = np.eye(2 * d), np.arange(2)
    signal[first, d + first] = signal[d + first, first] = 0.8
    covariances = np.stack([signal, np.eye(2 * d)])
    return Mixture(np.array([1 - share, share]), np.zeros((2, 2 * d)), covariances, d)


TASKS = {
    "x": _equal([(0, 0)] * 2, [_correlated(1, 1, sign * 0.9) for sign in (1, -1)], 1),
    "ai": _letters(),
    "galaxy": _equal(
        [[-1.5] * 3, [1.5] * 3], [np.eye(3)] * 2, 2, bend=partial(spiral, (0, 1), speed=0.5)
    ),
    "waves": _equal(
        [(1.5 * place, 0, 1.5 * (place % 4)) for place in range(12)],
        [np.diag([0.1, 1, 0.1])] * 12,
        2,
        bend=_waves,
    ),
    **{f"concentric-{d}-{n}": _concentric(d, n) for d, n in ((3, 5), (5, 5), (3, 10), (5, 10))},
    "concentric-25-5": _concentric(25, 5),
    **{f"inliers-{d}-{s}": _inliers(d, s) for d in (5, 25) for s in (0.2, 0.5)},
}
