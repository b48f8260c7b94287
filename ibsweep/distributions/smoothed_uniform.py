"""A uniform variable seen through uniform noise."""

import math

import numpy as np
from scipy.optimize import brentq

from ibsweep.distributions.base import Pair
from ibsweep.distributions.paired import Paired


class SmoothedUniform(Paired):
    r"""Pairs X ~ U[0,1], Y = X + U/t with U ~ U[0,1].

    Each carries ln t + 1/(2t) nats for t ≥ 1, t/2 for t < 1; t is solved for.

    Example:
        >>> round(SmoothedUniform(dims=[1, 1], information=2.0).noise_width, 4)
        0.2888
    """

    @property
    def noise_width(self) -> float:
        """1/t, the width of the noise."""
        return _noise_width(self.pair_bits * math.log(2))

    def _sample_pairs(self, shape: tuple[int, int], generator: np.random.Generator) -> Pair:
        x, noise = generator.random(shape), generator.random(shape)
        width = self.noise_width
        return Pair(x, x + width * noise) if math.isfinite(width) else Pair(x, noise)


def pair_nats(width: float) -> float:
    """Return the information of a pair in nats, given the width 1/t > 0 of the noise."""
    return width / 2 - math.log(width) if width < 1 else 1 / (2 * width)


def _noise_width(nats: float) -> float:
    """Solve for the width; infinite noise leaves no information."""
    if nats == 0:
        return math.inf
    if nats <= 0.5:
        return 1 / (2 * nats)
    logarithm = brentq(lambda log: pair_nats(math.exp(log)) - nats, -nats - 1, 0.0, xtol=1e-14)
    return math.exp(logarithm)
