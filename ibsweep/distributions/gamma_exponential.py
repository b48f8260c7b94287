"""A gamma variable that is the rate of an exponential one, both as logarithms."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma

from ibsweep.distributions.base import Pair
from ibsweep.distributions.paired import Paired


class LogGammaExponential(Paired):
    r"""Pairs (ln G, ln E) with G ~ Gamma(a) and E | G exponential of rate G.

    Each carries ψ(a) − ln a + 1/a nats; a is solved for. Their logarithms, which carry the same,
    are drawn directly, since G itself underflows for small a.

    References:
        Darbellay & Vajda, Entropy expressions for multivariate continuous distributions, 2000.
        https://doi.org/10.1109/18.825848
    """

    @property
    def shape(self) -> float:
        """The parameter a of the gamma distribution; infinite where there is no information."""
        return _shape(self.pair_bits * math.log(2))

    def _sample_pairs(self, shape: tuple[int, int], generator: np.random.Generator) -> Pair:
        noise = np.log(generator.standard_exponential(shape))
        if not math.isfinite(self.shape):
            return Pair(generator.standard_normal(shape), noise)  # the limit, standardised
        log_uniform = -generator.standard_exponential(shape)
        log_gamma = np.log(generator.standard_gamma(self.shape + 1, shape))
        log_gamma += log_uniform / self.shape
        return Pair(log_gamma, noise - log_gamma)


def pair_nats(shape: float) -> float:
    """Return the information of a pair in nats, given a > 0."""
    return float(digamma(shape + 1)) - math.log(shape)  # ψ(a) + 1/a = ψ(a + 1)


def _shape(nats: float) -> float:
    """Solve for a: the information falls from ∞ at 0 to about 1/(2a) for large a."""
    if nats == 0:
        return math.inf
    low, high = -nats - 2, 1 - math.log(nats)
    return math.exp(brentq(lambda log: pair_nats(math.exp(log)) - nats, low, max(high, low + 1)))
