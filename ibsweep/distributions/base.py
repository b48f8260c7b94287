"""What every ground truth is: it can be sampled, and its information is known."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ibsweep import checks


class Pair(NamedTuple):
    """Samples of two variables, row by row.

    Attributes:
        x: The first, shape `(samples, dx)`, float64.
        y: The second: shape `(samples, dy)`, float64; or labels, shape `(samples,)`, int64.
    """

    x: np.ndarray
    y: np.ndarray


class Distribution(ABC):
    """The joint distribution of two variables X and Y.

    Attributes:
        digest: Hash of the data that it draws from, wherever they were read from; None if its
            options alone determine it.
    """

    digest: str | None = None

    @property
    @abstractmethod
    def bits(self) -> float:
        """I(X;Y) in bits."""

    @abstractmethod
    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw independent samples of (X, Y); the generator alone decides which."""


def check_information(bits: object, *, most: float | None = None) -> float:
    """Return an information that can be had, in bits.

    Args:
        bits: What was asked for.
        most: The largest that the distribution can have; None if it has no limit.

    Raises:
        ValueError: If it is negative, not finite or too large.
    """
    value = checks.real("information", bits, minimum=0.0)
    if most is not None and value > most:
        raise ValueError(f"information must be ≤ {most:.6g} bits here, got {value:g}")
    return value


def check_dims(dims: object) -> tuple[int, int]:
    """Return the numbers of coordinates of X and Y.

    Raises:
        ValueError: If they are not two positive integers.
    """
    x, y = checks.sequence("dims", dims, "the two dimensions of X and Y", least=2, most=2)
    return checks.integer("dims[0]", x, minimum=1), checks.integer("dims[1]", y, minimum=1)
