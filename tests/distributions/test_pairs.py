"""Stacked pairs: closed forms against integrals and densities."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import entr

from ibsweep.distributions import gamma_exponential, smoothed_uniform
from ibsweep.distributions.gamma_exponential import LogGammaExponential
from ibsweep.distributions.smoothed_uniform import SmoothedUniform

N = 200_000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("width", [0.05, 0.7, 1.0, 3.0])
def test_smoothed_uniform_information_is_that_of_its_density(width):
    """I = h(Y) − h(noise), and Y has a density of the shape of a trapezoid."""
    low, high = min(1.0, width), max(1.0, width)

    def density(y):
        return min(y, low, low + high - y) / (low * high)

    entropy, _ = quad(lambda y: entr(density(y)), 0, low + high, points=[low, high])
    assert smoothed_uniform.pair_nats(width) == pytest.approx(entropy - math.log(width), abs=1e-6)


@pytest.mark.parametrize("nats", [1e-3, 0.2, 0.5, 1.0, 10.0])
def test_the_noise_fits_the_information(nats):
    law = SmoothedUniform(dims=(1, 1), information=nats / math.log(2))
    assert smoothed_uniform.pair_nats(law.noise_width) == pytest.approx(nats, rel=1e-9)
    x, y = law.sample(1000, rng())
    assert 0 <= (y - x).min() <= (y - x).max() <= law.noise_width


@pytest.mark.parametrize("nats", [1e-3, 0.2, 1.0, 10.0])
def test_the_shape_fits_the_information(nats):
    shape = LogGammaExponential(dims=(1, 1), information=nats / math.log(2)).shape
    assert gamma_exponential.pair_nats(shape) == pytest.approx(nats, rel=1e-6)


@pytest.mark.parametrize("bits", [0.5, 2.0])
def test_gamma_exponential_information_is_that_of_its_density(bits):
    law = LogGammaExponential(dims=(1, 1), information=bits)
    log_gamma, log_time = (part[:, 0] for part in law.sample(N, rng()))
    gamma, time = np.exp(log_gamma), np.exp(log_time)
    given = log_gamma - gamma * time  # log density of the time, given the rate
    alone = stats.lomax(law.shape).logpdf(time)
    assert (given - alone).mean() / math.log(2) == pytest.approx(bits, abs=0.02)
    assert stats.kstest(gamma[:4000], stats.gamma(law.shape).cdf).pvalue > 1e-4


@pytest.mark.parametrize("kind", [SmoothedUniform, LogGammaExponential])
def test_ten_nats_in_one_pair_can_be_sampled(kind):
    x, y = kind(dims=(1, 1), information=10 / math.log(2)).sample(1000, rng())
    assert np.isfinite(np.hstack([x, y])).all()
    assert len(np.unique(x)) == 1000


@pytest.mark.parametrize("kind", [SmoothedUniform, LogGammaExponential])
def test_no_information_is_independence(kind):
    x, y = kind(dims=(2, 2), information=0.0).sample(N, rng())
    assert abs(np.corrcoef(x.T, y.T)[:2, 2:]).max() < 5 / math.sqrt(N)


@pytest.mark.parametrize("kind", [SmoothedUniform, LogGammaExponential])
def test_pairs_need_equal_widths(kind):
    with pytest.raises(ValueError, match=r"dims must be equal .*, got \[1, 2\]"):
        kind(dims=(1, 2), information=1.0)
