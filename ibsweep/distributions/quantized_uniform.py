"""A uniform variable and the number of the bin that it falls into."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_information


class QuantizedUniform(Distribution):
    """X is uniform on the cube, Y the label of the bin that its first coordinate falls into.

    I(X;Y) = H(Y): k bins of equal size, and one smaller bin, so large that the entropy is right.

    Args:
        information: I(X;Y) in bits.
        features: Number of coordinates of X; all but the first say nothing about Y.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> QuantizedUniform(information=2.0).probabilities
        array([0.25, 0.25, 0.25, 0.25])
    """

    def __init__(self, *, information: float, features: int = 1) -> None:
        self._bits = check_information(information, most=20.0)
        self._features = checks.integer("features", features, minimum=1)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    @property
    def probabilities(self) -> np.ndarray:
        """Size of each bin, shape `(bins,)`."""
        large = max(math.floor(2**self._bits + 1e-9), 1)
        missing = self._bits - math.log2(large)
        if missing <= 1e-9 * self._bits:
            return np.full(large, 1 / large)
        small = brentq(
            lambda size: _entropy_bits(_sizes(large, size)) - self._bits, 0.0, 1 / (large + 1)
        )
        return _sizes(large, small)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, features)` and labels of shape `(samples,)`."""
        x = generator.random((samples, self._features))
        edges = np.cumsum(self.probabilities)[:-1]
        return Pair(x, np.searchsorted(edges, x[:, 0], side="right"))


def levels(*, levels: int, features: int = 4) -> QuantizedUniform:
    """Return X ~ U[0,1]^d with Y = ⌊levels · X₁⌋, so that I(X;Y) = log2(levels) bits.

    Args:
        levels: Number of values of Y, ≥ 1.
        features: d, the number of coordinates of X.

    Raises:
        ValueError: If an argument is out of range.
    """
    bits = math.log2(checks.integer("levels", levels, minimum=1))
    return QuantizedUniform(information=bits, features=features)


def _sizes(large: int, small: float) -> np.ndarray:
    return np.append(np.full(large, (1 - small) / large), small)


def _entropy_bits(probabilities: np.ndarray) -> float:
    return float(entr(probabilities).sum()) / math.log(2)
