"""A channel that mostly, or only seldom, transmits one of very many symbols."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_dims, check_information

FINEST = 46.0  # bits of the symbol; float64 tells 128 numbers apart in such a cell


class RareEvents(Distribution):
    r"""Uniform X and Y, equal in their cell of (0, 1), and independent within it.

    One cell, of size f, stands for the failure of the channel; equal cells and a smaller one, of
    the symbols that it transmits, fill the rest. So the information is the entropy of the cell,

    .. math:: I = h_2(f) + (1-f)\, H(\text{symbol}).

    The symbols become very many where f is large: at 10 nats and f = .5 some 10⁸, so that no
    sample shows two of one kind. Each pair of coordinates is a channel of its own.

    Args:
        dims: Numbers of coordinates (d, d).
        information: I(X;Y) in bits, at least d h₂(f).
        failure: f, the probability that a channel transmits nothing, from 0 to below 1.

    Raises:
        ValueError: If an argument is out of range.

    References:
        The law called rare event channel in Butakov's package of benchmarks.
        https://github.com/VanessB/mutinfo
    """

    def __init__(self, *, dims: Sequence[int], information: float, failure: float = 0.3) -> None:
        x, y = check_dims(dims)
        if x != y:
            raise ValueError(f"dims must be equal for independent channels, got {[x, y]}")
        self._d = x
        self._failure = checks.real("failure", failure, minimum=0.0, below=1.0)
        self._bits = check_information(information)
        fails = _entropy_bits(self._failure)
        if self._bits < x * fails:
            raise ValueError(
                f"information must be ≥ {x * fails:.4g} bits, what tells whether {x} channels of"
                f" failure {self._failure:g} transmit, got {self._bits:g}"
            )
        self._symbol_bits = (self._bits / x - fails) / (1 - self._failure)
        if self._symbol_bits > FINEST:
            most = x * (fails + (1 - self._failure) * FINEST)
            raise ValueError(f"information must be ≤ {most:.4g} bits here, got {self._bits:g}")

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    @property
    def symbols(self) -> tuple[int, float]:
        """Number of equal cells, and the size of the smaller one, of all that do not fail."""
        equal = max(math.floor(2**self._symbol_bits), 1)

        def excess(share: float) -> float:
            small = share / (equal + 1)
            bits = _entropy_bits(small) + (1 - small) * math.log2(equal)
            return bits - self._symbol_bits

        if excess(0.0) >= 0:
            return equal, 0.0
        if excess(1.0) <= 0:  # a power of two that rounding took below
            return equal + 1, 0.0
        return equal, brentq(excess, 0.0, 1.0) / (equal + 1)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X and Y, each of shape `(samples, d)`."""
        x, place = generator.random((2, samples, self._d))
        start, size = self._cells(x)
        return Pair(x, start + place * size)

    def _cells(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where the cell of each x begins, and its size."""
        equal, small = self.symbols
        works = 1 - self._failure
        size = works * (1 - small) / equal
        number = np.floor((x - self._failure) / size)
        start, sizes = self._failure + number * size, np.full_like(x, size)
        last, failed = number >= equal, x < self._failure
        start[last], sizes[last] = 1 - works * small, works * small
        start[failed], sizes[failed] = 0.0, self._failure
        return start, sizes


def _entropy_bits(probability: float) -> float:
    return float(entr([probability, 1 - probability]).sum()) / math.log(2)
