"""Gaussians of many coordinates, of which few say anything."""

from collections.abc import Sequence

import numpy as np

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_dims, check_information
from ibsweep.distributions.correlated import correlated_normals, rotate


class SparseNormal(Distribution):
    """Standard normal X and Y whose first coordinates form equally informative pairs.

    Args:
        dims: Numbers of coordinates (dx, dy).
        information: I(X;Y) in bits, spread evenly over the pairs.
        pairs: How many there are, ≤ min(dx, dy); all other coordinates are independent.
        rotated: Whether random rotations of X and of Y hide the pairs.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Gowri et al., Approximating mutual information of high-dimensional variables using learned
        representations, NeurIPS 2024, §4. https://arxiv.org/abs/2409.02732
    """

    def __init__(
        self, *, dims: Sequence[int], information: float, pairs: int = 1, rotated: bool = False
    ) -> None:
        self._dims = check_dims(dims)
        self._bits = check_information(information)
        self._pairs = checks.integer("pairs", pairs, minimum=1, maximum=min(self._dims))
        self._rotated = checks.truth("rotated", rotated)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X of shape `(samples, dx)` and Y of shape `(samples, dy)`."""
        informative = correlated_normals(
            (self._pairs, self._pairs), self._bits, samples, generator
        )
        x, y = (
            np.hstack([values, generator.standard_normal((samples, width - self._pairs))])
            for values, width in zip(informative, self._dims, strict=True)
        )
        return Pair(rotate(x, generator), rotate(y, generator)) if self._rotated else Pair(x, y)
