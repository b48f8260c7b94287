"""Half continuous, half discrete: pairs on which estimators for densities fail."""

import math

import numpy as np
from scipy.special import entr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair


class GaoMixture(Distribution):
    r"""With probability w a pair of correlated Gaussians, else two equal or opposite signs.

    The two parts are told apart with certainty, by X and by Y, so that

    .. math:: I = h_2(w) - \tfrac{w}{2} \log_2(1-\rho^2) + (1-w)\,(1 - h_2(\epsilon)).

    Args:
        weight: w, the probability of the continuous part, between 0 and 1.
        correlation: ρ of the Gaussians, −1 < ρ < 1.
        flip: ε, the probability that the two signs differ, between 0 and 1.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Gao et al., Estimating mutual information for discrete-continuous mixtures, 2017, §5,
        experiment I. https://arxiv.org/abs/1709.06212
    """

    def __init__(
        self, *, weight: float = 0.5, correlation: float = 0.9, flip: float = 0.1
    ) -> None:
        self._weight = checks.real("weight", weight, above=0.0, below=1.0)
        self._correlation = checks.real("correlation", correlation, above=-1.0, below=1.0)
        self._flip = checks.real("flip", flip, above=0.0, below=1.0)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        continuous = -0.5 * math.log2(1 - self._correlation**2)
        discrete = 1 - _binary_entropy_bits(self._flip)
        part = _binary_entropy_bits(self._weight)
        return part + self._weight * continuous + (1 - self._weight) * discrete

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X and Y, each of shape `(samples, 1)`."""
        normal = generator.standard_normal((2, samples))
        rest = math.sqrt(1 - self._correlation**2)
        continuous = np.stack([normal[0], self._correlation * normal[0] + rest * normal[1]])
        sign = generator.choice([-1.0, 1.0], samples)
        other = np.where(generator.random(samples) < self._flip, -sign, sign)
        is_continuous = generator.random(samples) < self._weight
        x, y = np.where(is_continuous, continuous, np.stack([sign, other]))
        return Pair(x[:, None], y[:, None])


def _binary_entropy_bits(probability: float) -> float:
    return float(entr([probability, 1 - probability]).sum()) / math.log(2)
