"""Correlated Gaussians under an injective map of X and one of Y, which keep the information."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.special import ndtr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair
from ibsweep.distributions.normal import Normal

Map = Callable[[np.ndarray], np.ndarray]


class Mapped(Distribution):
    """f(X) and f(Y) of another distribution, with f injective on its support.

    Args:
        base: The other distribution.
        mapping: f, from `(samples, dimension)` to `(samples, features)`.
    """

    def __init__(self, base: Distribution, mapping: Map) -> None:
        self._base = base
        self._mapping = mapping

    @property
    def bits(self) -> float:
        """I(X;Y) in bits: that of the base."""
        return self._base.bits

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw from the base and map both variables."""
        x, y = self._base.sample(samples, generator)
        return Pair(self._mapping(x), self._mapping(y))


def uniform(*, dims: Sequence[int], information: float, rotated: bool = False) -> Mapped:
    """Return uniform variables on the cube: the normal distribution function of each coordinate.

    Args:
        dims: Numbers of coordinates (dx, dy).
        information: I(X;Y) in bits.
        rotated: Whether the Gaussians beneath are rotated first: every coordinate of X then
            depends on every one of Y ("rotated copula"), and all remain uniform.

    Raises:
        ValueError: If an argument is out of range.
    """
    return Mapped(Normal(dims=dims, information=information, rotated=rotated), ndtr)


def sign_power(
    *, dims: Sequence[int], information: float, power: float = 1.5, rotated: bool = False
) -> Mapped:
    """Return sign(z)·|z|^power of each coordinate z of correlated Gaussians.

    Args:
        dims: Numbers of coordinates (dx, dy).
        information: I(X;Y) in bits.
        power: The exponent, > 0: above 1 the tails grow heavy, below 1 there are two modes.
        rotated: Whether the Gaussians beneath are rotated first.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Czyż et al., Beyond normal: on the evaluation of mutual information estimators, 2023 (half-
        cube map). https://arxiv.org/abs/2306.11078
    """
    exponent = checks.real("power", power, above=0.0)
    base = Normal(dims=dims, information=information, rotated=rotated)
    return Mapped(base, partial(_signed_power, exponent=exponent))


def _signed_power(values: np.ndarray, *, exponent: float) -> np.ndarray:
    return np.sign(values) * np.abs(values) ** exponent
