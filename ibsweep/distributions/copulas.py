"""Two uniform variables joined by a copula: the dependences that statisticians name."""

import math

import numpy as np
from scipy.special import ndtr, stdtr

from ibsweep import checks
from ibsweep.distributions.archimedean import GENERATORS
from ibsweep.distributions.base import Distribution, Pair
from ibsweep.distributions.student import divisor_nats

ELLIPTICAL = ("gaussian", "student")


class Copula(Distribution):
    r"""X and Y, each uniform on (0, 1), whose joint distribution function is a copula C.

    Gaussian and Student copulas have the information of the variables that they are the ranks of.
    An Archimedean copula, φ(C) = φ(x) + φ(y), has the information

    .. math:: I = 2 \int_0^1 \ln|\varphi'|\,dt + \int_0^1 \frac{\varphi\,\varphi''}{\varphi'^2}
              \ln\frac{\varphi''}{|\varphi'|^3}\,dt \text{ nats},

    since its density is −φ''(C) φ'(x) φ'(y) / φ'(C)³ and φ φ''/φ'² is the density of C(X, Y).

    Args:
        family: `gaussian`, `student`, `clayton`, `gumbel`, `joe` or `frank`.
        parameter: The correlation of the first two, between −1 and 1; θ of the others, below 20:
            > 0 (Clayton), ≥ 1 (Gumbel, Joe), > −20 and not 0 (Frank; of its sign).
        degrees: ν of Student's, > 0; the other families do not use it.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Nelsen, An introduction to copulas, 2006, ch. 4. https://doi.org/10.1007/0-387-28678-0

    Example:
        >>> round(Copula(family="gaussian", parameter=0.7).bits, 4)
        0.4857
    """

    def __init__(self, *, family: str, parameter: float, degrees: float = 5.0) -> None:
        self._family = checks.choice("family", family, (*ELLIPTICAL, *GENERATORS))
        self._degrees = checks.real("degrees", degrees, above=0.0)
        if self._family in ELLIPTICAL:
            self._parameter = checks.real("parameter", parameter, above=-1.0, below=1.0)
        else:
            self._parameter = GENERATORS[self._family].check(parameter)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        if self._family not in ELLIPTICAL:
            return max(GENERATORS[self._family](self._parameter).nats(), 0.0) / math.log(2)
        normal = -0.5 * math.log1p(-(self._parameter**2))
        student = divisor_nats((1, 1), self._degrees) if self._family == "student" else 0.0
        return (normal + student) / math.log(2)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X and Y, each of shape `(samples, 1)`."""
        if self._family not in ELLIPTICAL:
            return GENERATORS[self._family](self._parameter).sample(samples, generator)
        x, y = generator.standard_normal((2, samples, 1))
        y = self._parameter * x + math.sqrt(1 - self._parameter**2) * y
        if self._family == "gaussian":
            return Pair(ndtr(x), ndtr(y))
        divisor = np.sqrt(generator.chisquare(self._degrees, (samples, 1)) / self._degrees)
        return Pair(stdtr(self._degrees, x / divisor), stdtr(self._degrees, y / divisor))
