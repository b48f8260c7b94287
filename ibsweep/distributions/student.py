"""Multivariate Student-t variables."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import digamma, gammaln

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_dims, check_information
from ibsweep.distributions.correlated import correlated_normals


class Student(Distribution):
    r"""Correlated Gaussians divided by one common √(χ²(ν)/ν): (X, Y) is jointly Student-t.

    The common divisor makes even uncorrelated X and Y dependent:

    .. math:: I = I_{normal} + c(\nu) + c(\nu + d_x + d_y) - c(\nu + d_x) - c(\nu + d_y), \qquad
              c(q) = \ln\Gamma(q/2) - (q/2)\,\psi(q/2) \text{ nats}.

    Args:
        dims: Numbers of coordinates (dx, dy).
        information: I(X;Y) in bits, at least what the divisor contributes.
        degrees: ν > 0; moments of order ν and above do not exist.
        rotated: Whether random rotations of X and of Y hide the pairs.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Arellano-Valle et al., Shannon entropy and mutual information for multivariate skew-
        elliptical distributions, 2013. https://doi.org/10.1111/j.1467-9469.2011.00774.x
    """

    def __init__(
        self,
        *,
        dims: Sequence[int],
        information: float,
        degrees: float = 4.0,
        rotated: bool = False,
    ) -> None:
        self._dims = check_dims(dims)
        self._degrees = checks.real("degrees", degrees, above=0.0)
        self._bits = check_information(information)
        self._rotated = checks.truth("rotated", rotated)
        divisor = divisor_nats(self._dims, self._degrees) / math.log(2)
        if self._bits < divisor:
            raise ValueError(
                f"information must be ≥ {divisor:.4g} bits, what the common divisor of {degrees:g}"
                f" degrees of freedom contributes, got {self._bits:g}"
            )
        self._normal_bits = self._bits - divisor

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, dx)` and Y of shape `(samples, dy)`."""
        x, y = correlated_normals(
            self._dims, self._normal_bits, samples, generator, rotated=self._rotated
        )
        divisor = np.sqrt(generator.chisquare(self._degrees, (samples, 1)) / self._degrees)
        return Pair(x / divisor, y / divisor)


def divisor_nats(dims: tuple[int, int], degrees: float) -> float:
    """Return what the common divisor contributes to the information, in nats."""
    halves = np.array([0, sum(dims), dims[0], dims[1]]) / 2 + degrees / 2
    terms = gammaln(halves) - halves * digamma(halves)
    return float(terms @ [1, 1, -1, -1])
