"""Correlated Gaussians."""

from collections.abc import Sequence

import numpy as np

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_dims, check_information
from ibsweep.distributions.correlated import correlated_normals


class Normal(Distribution):
    """X and Y are standard normal, their information spread evenly over min(dx, dy) pairs.

    Args:
        dims: Numbers of coordinates (dx, dy).
        information: I(X;Y) in bits.
        rotated: Whether random rotations of X and of Y hide the pairs.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> Normal(dims=[2, 3], information=1.5).bits
        1.5
    """

    def __init__(self, *, dims: Sequence[int], information: float, rotated: bool = False) -> None:
        self._dims = check_dims(dims)
        self._bits = check_information(information)
        self._rotated = checks.truth("rotated", rotated)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, dx)` and Y of shape `(samples, dy)`."""
        return correlated_normals(
            self._dims, self._bits, samples, generator, rotated=self._rotated
        )
