"""Archimedean copulas: φ(C(x, y)) = φ(x) + φ(y), for one of four generators φ."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.integrate import quad

from ibsweep import checks
from ibsweep.distributions.base import Pair

HALVINGS = 60  # of (0, 1), to invert the distribution function of C(X, Y)
LARGEST = 20.0  # |θ| is below: beyond, generators leave the range of float64


class Archimedean(ABC):
    """A strict generator φ, convex and falling from ∞ at 0 to 0 at 1.

    Args:
        theta: Its parameter θ.

    References:
        Nelsen, An introduction to copulas, 2006, table 4.1. https://doi.org/10.1007/0-387-28678-0
    """

    def __init__(self, theta: float) -> None:
        self.theta = theta

    @staticmethod
    @abstractmethod
    def check(theta: object) -> float:
        """Return θ, or raise ValueError where the family has no such copula."""

    @abstractmethod
    def value(self, t: np.ndarray) -> np.ndarray:
        """Return φ(t)."""

    @abstractmethod
    def inverse(self, s: np.ndarray) -> np.ndarray:
        """Return t with φ(t) = s."""

    @abstractmethod
    def log_slope(self, t: np.ndarray) -> np.ndarray:
        """Return ln |φ'(t)|."""

    @abstractmethod
    def log_curvature(self, t: np.ndarray) -> np.ndarray:
        """Return ln φ''(t)."""

    def log_density(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the logarithm of the copula's density at (x, y)."""
        c = self.inverse(self.value(x) + self.value(y))
        slopes = self.log_slope(x) + self.log_slope(y)
        return self.log_curvature(c) - 3 * self.log_slope(c) + slopes

    def nats(self) -> float:
        """Return I(X;Y) in nats: E ln of the density, as two integrals over (0, 1)."""

        def of_both(at: float) -> float:
            t = np.asarray(at)
            log = np.log(self.value(t)) + self.log_curvature(t) - 2 * self.log_slope(t)
            return float(np.exp(log) * (self.log_curvature(t) - 3 * self.log_slope(t)))

        one, _ = quad(self.log_slope, 0, 1, epsabs=1e-10, limit=500)
        both, _ = quad(of_both, 0, 1, epsabs=1e-10, limit=500)
        return 2 * one + both

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X and Y, each of shape `(samples, 1)`.

        C(X, Y) has the distribution function t + φ/|φ'|, and is independent of the share that X
        has of φ(C), which is uniform.

        References:
            Genest & Rivest, Statistical inference procedures for bivariate Archimedean copulas,
            1993. https://doi.org/10.1080/01621459.1993.10476372
        """
        level, share = generator.random((2, samples, 1))
        low, high = np.zeros_like(level), np.ones_like(level)
        for _ in range(HALVINGS):
            t = (low + high) / 2
            below = t + np.exp(np.log(self.value(t)) - self.log_slope(t)) < level
            low, high = np.where(below, t, low), np.where(below, high, t)
        total = self.value((low + high) / 2)
        return Pair(self.inverse(share * total), self.inverse((1 - share) * total))


class Clayton(Archimedean):
    """φ(t) = (t^−θ − 1) / θ, θ > 0: dependent where both are small."""

    @staticmethod
    def check(theta: object) -> float:
        """Return θ > 0."""
        return checks.real("parameter", theta, above=0.0, below=LARGEST)

    def value(self, t: np.ndarray) -> np.ndarray:
        """Return φ(t)."""
        return np.expm1(-self.theta * np.log(t)) / self.theta

    def inverse(self, s: np.ndarray) -> np.ndarray:
        """Return t with φ(t) = s."""
        return np.exp(-np.log1p(self.theta * s) / self.theta)

    def log_slope(self, t: np.ndarray) -> np.ndarray:
        """Return ln |φ'(t)|."""
        return -(self.theta + 1) * np.log(t)

    def log_curvature(self, t: np.ndarray) -> np.ndarray:
        """Return ln φ''(t)."""
        return np.log(self.theta + 1) - (self.theta + 2) * np.log(t)


class Gumbel(Archimedean):
    """φ(t) = (−ln t)^θ, θ ≥ 1: dependent most where both are large."""

    @staticmethod
    def check(theta: object) -> float:
        """Return θ ≥ 1."""
        return checks.real("parameter", theta, minimum=1.0, below=LARGEST)

    def value(self, t: np.ndarray) -> np.ndarray:
        """Return φ(t)."""
        return (-np.log(t)) ** self.theta

    def inverse(self, s: np.ndarray) -> np.ndarray:
        """Return t with φ(t) = s."""
        return np.exp(-(s ** (1 / self.theta)))

    def log_slope(self, t: np.ndarray) -> np.ndarray:
        """Return ln |φ'(t)|."""
        return np.log(self.theta) + (self.theta - 1) * np.log(-np.log(t)) - np.log(t)

    def log_curvature(self, t: np.ndarray) -> np.ndarray:
        """Return ln φ''(t)."""
        log = -np.log(t)
        power = (self.theta - 2) * np.log(log) + np.log(self.theta - 1 + log)
        return np.log(self.theta) + power + 2 * log


class Joe(Archimedean):
    """φ(t) = −ln(1 − (1 − t)^θ), θ ≥ 1: dependent where both are large alone."""

    @staticmethod
    def check(theta: object) -> float:
        """Return θ ≥ 1."""
        return checks.real("parameter", theta, minimum=1.0, below=LARGEST)

    def value(self, t: np.ndarray) -> np.ndarray:
        """Return φ(t)."""
        return -self._log_rest(t)

    def inverse(self, s: np.ndarray) -> np.ndarray:
        """Return t with φ(t) = s."""
        return -np.expm1(np.log(-np.expm1(-s)) / self.theta)

    def log_slope(self, t: np.ndarray) -> np.ndarray:
        """Return ln |φ'(t)|."""
        return np.log(self.theta) + (self.theta - 1) * np.log1p(-t) - self._log_rest(t)

    def log_curvature(self, t: np.ndarray) -> np.ndarray:
        """Return ln φ''(t)."""
        power = (self.theta - 2) * np.log1p(-t) + np.log(self.theta - 1 + self._power(t))
        return np.log(self.theta) + power - 2 * self._log_rest(t)

    def _power(self, t: np.ndarray) -> np.ndarray:
        """Return (1 − t)^θ."""
        return np.exp(self.theta * np.log1p(-t))

    def _log_rest(self, t: np.ndarray) -> np.ndarray:
        """Return ln(1 − (1 − t)^θ), exact at both ends."""
        power, rest = self._power(t), -np.expm1(self.theta * np.log1p(-t))
        near_one = np.log1p(-np.minimum(power, 0.5))
        return np.where(power < 0.5, near_one, np.log(np.minimum(rest, 0.5)))


class Frank(Archimedean):
    """φ(t) = −ln((e^−θt − 1) / (e^−θ − 1)), θ ≠ 0: without dependence in the tails."""

    @staticmethod
    def check(theta: object) -> float:
        """Return θ ≠ 0."""
        value = checks.real("parameter", theta, above=-LARGEST, below=LARGEST)
        if value == 0:
            raise ValueError("parameter must not be 0 for the Frank copula, got 0")
        return value

    def value(self, t: np.ndarray) -> np.ndarray:
        """Return φ(t)."""
        return -np.log(np.expm1(-self.theta * t) / np.expm1(-self.theta))

    def inverse(self, s: np.ndarray) -> np.ndarray:
        """Return t with φ(t) = s."""
        return -np.log1p(np.exp(-s) * np.expm1(-self.theta)) / self.theta

    def log_slope(self, t: np.ndarray) -> np.ndarray:
        """Return ln |φ'(t)|."""
        return np.log(self.theta / np.expm1(self.theta * t))

    def log_curvature(self, t: np.ndarray) -> np.ndarray:
        """Return ln φ''(t)."""
        return 2 * self.log_slope(t) + self.theta * t


GENERATORS: dict[str, type[Archimedean]] = {
    "clayton": Clayton,
    "gumbel": Gumbel,
    "joe": Joe,
    "frank": Frank,
}
