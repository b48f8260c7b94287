"""Symbols sent over a channel that replaces some of them by any other."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair, check_information


class SymmetricChannel(Distribution):
    """X is one of m symbols, all equally likely; Y is X, or with probability e another symbol.

    I(X;Y) = log2 m − h2(e) − e·log2(m − 1); e is solved for.

    Args:
        symbols: m ≥ 2.
        information: I(X;Y) in bits, at most log2 m.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Cover & Thomas, Elements of information theory, 2006, §7.2 (symmetric channels).
    """

    def __init__(self, *, symbols: int, information: float) -> None:
        self._symbols = checks.integer("symbols", symbols, minimum=2)
        self._bits = check_information(information, most=math.log2(self._symbols))

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._bits

    @property
    def error(self) -> float:
        """e, the probability that the symbol is replaced."""
        most = 1 - 1 / self._symbols
        if self._bits == 0:
            return most
        return float(brentq(lambda e: channel_bits(self._symbols, e) - self._bits, 0.0, most))

    def draw(self, samples: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw symbols 0 … m − 1 and what arrives, each of shape `(samples,)`, int64."""
        sent = generator.integers(self._symbols, size=samples)
        shift = generator.integers(1, self._symbols, size=samples)
        wrong = generator.random(samples) < self.error
        return sent, np.where(wrong, (sent + shift) % self._symbols, sent)

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw X as a column of numbers, shape `(samples, 1)`, and Y as labels."""
        sent, received = self.draw(samples, generator)
        return Pair(sent[:, None].astype(np.float64), received)


def channel_bits(symbols: int, error: float) -> float:
    """Return the information of the channel in bits."""
    noise = float(entr([error, 1 - error]).sum()) / math.log(2)
    return math.log2(symbols) - noise - error * math.log2(symbols - 1)
