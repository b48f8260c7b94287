"""Independent pairs (Xi, Yi) of one kind, stacked: their informations add up."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_dims, check_information
from ibsweep.distributions.correlated import rotate


class Paired(Distribution):
    """X and Y of equal width whose coordinates form independent, equally informative pairs.

    Args:
        dims: Numbers of coordinates (d, d).
        information: I(X;Y) in bits; each pair has a d-th of it.
        rotated: Whether random rotations of X and of Y hide the pairs.

    Raises:
        ValueError: If an argument is out of range, or the two widths differ.
    """

    def __init__(self, *, dims: Sequence[int], information: float, rotated: bool = False) -> None:
        self._dims = check_dims(dims)
        if self._dims[0] != self._dims[1]:
            raise ValueError(f"dims must be equal for independent pairs, got {list(self._dims)}")
        self._bits = check_information(information)
        self._rotated = checks.truth("rotated", rotated)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    @property
    def pair_bits(self) -> float:
        """Information of one pair, in bits."""
        return self._bits / self._dims[0]

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X and Y, each of shape `(samples, d)`."""
        x, y = self._sample_pairs((samples, self._dims[0]), generator)
        if not self._rotated:
            return Pair(x, y)
        return Pair(rotate(x, generator), rotate(y, generator))

    @abstractmethod
    def _sample_pairs(self, shape: tuple[int, int], generator: np.random.Generator) -> Pair:
        """Draw independent pairs, X and Y of this shape."""
