"""Copulas: their laws, and their information by closed forms, quadrature and Monte Carlo."""

import math

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import kendalltau, kstest

from ibsweep.distributions.archimedean import GENERATORS
from ibsweep.distributions.copulas import Copula

ALL = [
    ("gaussian", -0.7),
    ("student", 0.7),
    ("clayton", 2),
    ("clayton", 15),
    ("gumbel", 1.3),
    ("gumbel", 5),
    ("joe", 2),
    ("joe", 15),
    ("frank", 5),
    ("frank", -15),
]
ARCHIMEDEAN = [(family, theta) for family, theta in ALL if family in GENERATORS]


def draw(family, parameter, n=100_000):
    law = Copula(family=family, parameter=parameter)
    return law.sample(n, np.random.default_rng(0))


@pytest.mark.parametrize(("family", "parameter"), ALL)
def test_margins_are_uniform(family, parameter):
    for column in draw(family, parameter):
        assert kstest(column[:, 0], "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    ("family", "parameter", "tau"),  # Nelsen, 2006, ch. 5; Joe at 2: 2 − π²/6
    [
        ("gaussian", -0.7, 2 / np.pi * np.arcsin(-0.7)),
        ("student", 0.7, 2 / np.pi * np.arcsin(0.7)),
        ("clayton", 2, 0.5),
        ("gumbel", 5, 0.8),
        ("joe", 2, 2 - np.pi**2 / 6),
        ("frank", 5, 0.45670),
        ("frank", -5, -0.45670),
    ],
)
def test_kendalls_tau(family, parameter, tau):
    pair = draw(family, parameter, 40_000)
    assert kendalltau(pair.x, pair.y).statistic == pytest.approx(tau, abs=0.012)


@pytest.mark.parametrize(("family", "theta"), ARCHIMEDEAN)
def test_the_generator_and_its_derivatives(family, theta):
    law, t, step = GENERATORS[family](theta), np.linspace(0.05, 0.95, 19), 1e-5
    below, here, above = law.value(t - step), law.value(t), law.value(t + step)
    assert np.exp(law.log_slope(t)) == pytest.approx((below - above) / (2 * step), rel=1e-5)
    slopes = [np.exp(law.log_slope(t + side)) for side in (-step, step)]
    assert np.exp(law.log_curvature(t)) == pytest.approx(
        (slopes[0] - slopes[1]) / (2 * step), rel=1e-5
    )
    assert law.inverse(here) == pytest.approx(t, rel=1e-9)


@pytest.mark.parametrize(("family", "theta"), ARCHIMEDEAN)
def test_information_is_the_mean_log_density_of_the_samples(family, theta):
    pair = draw(family, theta)
    terms = GENERATORS[family](theta).log_density(pair.x, pair.y)
    error = terms.std() / math.sqrt(len(terms))
    nats = Copula(family=family, parameter=theta).bits * math.log(2)
    assert nats == pytest.approx(terms.mean(), abs=4 * error)


@pytest.mark.parametrize(("family", "theta"), [("frank", 5), ("frank", -5), ("gumbel", 1.3)])
def test_information_by_quadrature_over_the_square(family, theta):
    law = GENERATORS[family](theta)

    def integrand(x, y):
        log = float(law.log_density(x, y))
        return math.exp(log) * log

    ends = (1e-9, 1 - 1e-9)
    square, _ = dblquad(integrand, *ends, *ends, epsabs=1e-7)
    assert law.nats() == pytest.approx(square, abs=2e-6)


@pytest.mark.parametrize("theta", [0.01, 1, 4, 19])
def test_information_of_clayton_in_closed_form(theta):
    closed = math.log(1 + theta) + 2 * (1 + theta) - (2 * theta + 1) * (theta + 2) / (1 + theta)
    assert GENERATORS["clayton"](theta).nats() == pytest.approx(closed, abs=1e-9)


@pytest.mark.parametrize("family", ["gumbel", "joe"])
def test_theta_one_is_independence(family):
    law = Copula(family=family, parameter=1)
    assert 0 <= law.bits < 1e-9


@pytest.mark.parametrize(
    ("family", "parameter", "rule"),
    [
        ("gaussian", 1, "parameter must be > -1 and < 1, got 1"),
        ("clayton", 0, "parameter must be > 0 and < 20, got 0"),
        ("gumbel", 0.5, "parameter must be ≥ 1 and < 20, got 0.5"),
        ("joe", 25, "parameter must be ≥ 1 and < 20, got 25"),
        ("frank", 0, "parameter must not be 0"),
        ("plackett", 2, "family must be one of gaussian, .*, frank, got 'plackett'"),
    ],
)
def test_parameters_that_cannot_be_are_refused(family, parameter, rule):
    with pytest.raises(ValueError, match=rule):
        Copula(family=family, parameter=parameter)
