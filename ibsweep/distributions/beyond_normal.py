"""The forty tasks of the benchmark on which the field compares estimators, by name."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair
from ibsweep.distributions.maps import spiral
from ibsweep.distributions.student import divisor_nats

Map = Callable[[np.ndarray], np.ndarray]
Draw = Callable[[int, np.random.Generator], Pair]


class Law(NamedTuple):
    """How a task draws, and what is known of it.

    Attributes:
        draw: From the number of samples and a generator to X and Y.
        nats: I(X;Y).
    """

    draw: Draw
    nats: float

    def mapped(self, x: Map, y: Map | None = None) -> "Law":
        """Return the law of x(X) and y(Y), both injective; x of both if y is not given."""
        return Law(partial(_mapped, draw=self.draw, maps=(x, y or x)), self.nats)


class BeyondNormal(Distribution):
    """A task of the benchmark, of known information.

    Args:
        task: Its name there, see `TASKS`.

    Raises:
        ValueError: If there is no such task.

    References:
        Czyż, Grabowski, Vogt, Beerenwinkel & Marx, Beyond normal: on the evaluation of mutual
        information estimators, NeurIPS 2023, appendix D. https://arxiv.org/abs/2306.11078

    Example:
        >>> round(BeyondNormal(task="multinormal-sparse-5-5-2-2.0").bits, 3)
        1.474
    """

    def __init__(self, *, task: str) -> None:
        self._law = TASKS[checks.choice("task", task, tuple(TASKS))]

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._law.nats / math.log(2)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, dx)` and Y of shape `(samples, dy)`."""
        return self._law.draw(samples, generator)


def _mapped(samples: int, generator: np.random.Generator, *, draw: Draw, maps: Sequence) -> Pair:
    pair = draw(samples, generator)
    return Pair(maps[0](pair.x), maps[1](pair.y))


def _normal(covariance: np.ndarray) -> Law:
    """Return jointly normal X and Y, of equally many coordinates."""
    d = len(covariance) // 2
    parts = covariance[:d, :d], covariance[d:, d:], covariance
    x, y, both = (float(np.linalg.slogdet(part)[1]) for part in parts)

    def draw(samples: int, generator: np.random.Generator) -> Pair:
        rows = generator.standard_normal((samples, 2 * d)) @ np.linalg.cholesky(covariance).T
        return Pair(rows[:, :d], rows[:, d:])

    return Law(draw, (x + y - both) / 2)


def _dense(d: int, correlation: float) -> Law:
    """All coordinates of X and Y have one correlation with each other."""
    return _normal(np.full((2 * d, 2 * d), correlation) + (1 - correlation) * np.eye(2 * d))


def _sparse(d: int, pairs: int, signal: float) -> Law:
    """The first coordinates form pairs of one signal plus noise each, λ² of the noise's variance.

    X_i = (ε_i + λ S_i) / √(1 + λ²), so that the correlation of a pair is λ² / (1 + λ²).
    """
    covariance, first = np.eye(2 * d), np.arange(pairs)
    covariance[first, d + first] = covariance[d + first, first] = signal**2 / (1 + signal**2)
    return _normal(covariance)


def _student(d: int, degrees: int) -> Law:
    """Student's distribution of identity dispersion: dependent through the common divisor."""

    def draw(samples: int, generator: np.random.Generator) -> Pair:
        rows = generator.standard_normal((samples, 2 * d))
        rows /= np.sqrt(generator.chisquare(degrees, (samples, 1)) / degrees)
        return Pair(rows[:, :d], rows[:, d:])

    return Law(draw, divisor_nats((d, d), degrees))


def _additive(width: float) -> Law:
    """Y is X, uniform on (0, 1), plus noise that is uniform on (−width, width)."""

    def draw(samples: int, generator: np.random.Generator) -> Pair:
        x = generator.random((samples, 1))
        return Pair(x, x + generator.uniform(-width, width, (samples, 1)))

    return Law(draw, 1 / (4 * width) if width > 0.5 else width - math.log(2 * width))


def _two_modes(weight: float, means: tuple[float, float], uniform: np.ndarray) -> np.ndarray:
    """Return quantiles of a mixture of two unit normal distributions."""
    values = np.linspace(min(means) - 9, max(means) + 9, 200_001)
    levels = weight * ndtr(values - means[0]) + (1 - weight) * ndtr(values - means[1])
    return np.interp(uniform, levels, values)


def _waves(waves: Sequence[tuple[float, float, float]], x: np.ndarray) -> np.ndarray:
    """Return x + Σ a sin(ω x + φ) over waves (a, ω, φ), Σ |a ω| < 1."""
    return x + sum(a * np.sin(frequency * x + phase) for a, frequency, phase in waves)


def _half_cube(x: np.ndarray) -> np.ndarray:
    return x * np.sqrt(np.abs(x))


def _swiss_roll(u: np.ndarray) -> np.ndarray:
    t = 1.5 * np.pi * (1 + 2 * u)
    return np.hstack([t * np.cos(t), t * np.sin(t)]) / 21


def _tasks() -> dict[str, Law]:
    normal = _dense(1, 0.75)
    uniform = normal.mapped(ndtr)
    modes = partial(_two_modes, 0.3, (0.0, 5.0)), partial(_two_modes, 0.5, (-1.0, 3.0))
    waves = [(0.4, 1.0, 0.0), (0.2, 1.7, 1.0), (0.03, 3.3, -2.5)]
    others = [(-0.4, 0.4, 0.0), (0.17, 1.3, 3.5), (0.02, 4.3, -2.5)]
    tasks = {
        "1v1-normal-0.75": normal,
        "normal_cdf-1v1-normal-0.75": uniform,
        "1v1-additive-0.1": _additive(0.1),
        "1v1-additive-0.75": _additive(0.75),
        "1v1-bimodal-0.75": uniform.mapped(*modes),
        "wiggly-1v1-normal-0.75": normal.mapped(partial(_waves, waves), partial(_waves, others)),
        "half_cube-1v1-normal-0.75": normal.mapped(_half_cube),
        "student-identity-1-1-1": _student(1, 1),
        "asinh-student-identity-1-1-1": _student(1, 1).mapped(np.arcsinh),
        "swissroll_x-normal_cdf-1v1-normal-0.75": normal.mapped(ndtr).mapped(
            _swiss_roll, np.array
        ),
    }
    tasks |= {f"multinormal-dense-{d}-{d}-0.5": _dense(d, 0.5) for d in (2, 3, 5, 25, 50)}
    tasks |= {f"multinormal-sparse-{d}-{d}-2-2.0": _sparse(d, 2, 2.0) for d in (2, 3, 5, 25)}
    for d, degrees in ((2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3)):
        tasks[f"student-identity-{d}-{d}-{degrees}"] = _student(d, degrees)
    for d, degrees in ((2, 1), (3, 2), (5, 2)):
        name = f"asinh-student-identity-{d}-{d}-{degrees}"
        tasks[name] = _student(d, degrees).mapped(np.arcsinh)
    for d in (3, 5, 25):
        spirals = [partial(spiral, plane, speed=1 / d) for plane in ((0, 1), (1, 2))]
        name, sparse = f"multinormal-sparse-{d}-{d}-2-2.0", _sparse(d, 2, 2.0)
        tasks[f"normal_cdf-{name}"] = sparse.mapped(ndtr)
        tasks[f"half_cube-{name}"] = sparse.mapped(_half_cube)
        tasks[f"spiral-{name}"] = sparse.mapped(*spirals)
        tasks[f"spiral-normal_cdf-{name}"] = sparse.mapped(ndtr).mapped(*spirals)
    return tasks


TASKS = _tasks()
