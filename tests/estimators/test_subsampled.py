from functools import partial

import numpy as np
import pytest

from ibsweep.distributions.normal import Normal
from ibsweep.estimators import gaussian, kl, ksg, mixed_ksg, subsampled, wkl
from ibsweep.estimators.entropic import estimate

METHODS = {
    "kl": kl.mutual_information,
    "wkl": wkl.mutual_information,
    "ksg": ksg.mutual_information,
    "ksg, second variant": partial(ksg.mutual_information, variant=2),
}


def bars(method, d, bits, *, samples, seeds):
    """Estimates of rotated Gaussians, less the truth, and half the lengths of their 95 % bars."""
    law = Normal(dims=(d, d), information=bits, rotated=True)
    pairs = (law.sample(samples, np.random.default_rng(seed)) for seed in seeds)
    found = [subsampled.mutual_information(*pair, of=method) for pair in pairs]
    return np.array([(one.value - bits, 1.96 * one.error) for one in found]).T


@pytest.mark.slow
@pytest.mark.parametrize("bits", [0.0, 1.5, 4.5, 7.0])
@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("name", METHODS)
def test_bars_hold_the_truth(name, d, bits):
    missed, half = bars(METHODS[name], d, bits, samples=1000, seeds=range(40))
    assert np.mean(np.abs(missed) <= half) >= 0.9


def test_bars_hold_the_truth_where_those_stated_do_not():
    missed, half = bars(METHODS["ksg"], 2, 4.5, samples=300, seeds=range(10))
    assert np.abs(missed).min() > 0.1
    assert np.mean(np.abs(missed) <= half) >= 0.9


def test_the_sampling_error_of_a_mean_is_its_standard_error(rng):
    x = rng.normal(size=(4000, 1))
    found = subsampled.mutual_information(x, x, of=lambda a, b: estimate(a[:, 0]))
    assert found.diagnostics["sampling_error"] == pytest.approx(1 / np.sqrt(4000), rel=0.35)
    assert found.diagnostics["drift"] == pytest.approx(0, abs=1e-12)  # a mean has no bias


@pytest.mark.parametrize(("d_x", "d_y"), [(1, 1), (2, 2), (5, 3)])
def test_a_bias_that_falls_as_theory_says_is_the_error(rng, d_x, d_y):
    x, y = rng.normal(size=(400, d_x)), rng.normal(size=(400, d_y))
    found = subsampled.mutual_information(
        x, y, of=lambda a, b: estimate(np.full(len(a), 3 - len(a) ** (-2 / (d_x + d_y))))
    )
    assert found.error == pytest.approx(3 - found.value, rel=0.05)


def test_the_value_is_that_of_the_estimator(rng):
    x, y = rng.normal(size=(2, 100, 2))
    expected = ksg.mutual_information(x, y)
    found = subsampled.mutual_information(x, y, of=ksg.mutual_information)
    assert found.value == expected.value
    assert found.diagnostics["stated_error"] == expected.error
    labels = np.arange(100) % 2
    labelled = subsampled.label_information(x, labels, of=mixed_ksg.label_information)
    assert labelled.value == mixed_ksg.label_information(x, labels).value
    assert 0 < labelled.error < 1


def test_rows_have_no_order_and_the_seed_is_all_that_is_random(rng):
    x, y = rng.normal(size=(2, 200, 2))
    order = rng.permutation(200)
    measure = partial(subsampled.mutual_information, of=gaussian.mutual_information)
    expected = measure(x, y).error
    assert measure(x[order], y[order]).error == pytest.approx(expected)
    assert measure(x, y, seed=1).error != expected


def test_what_has_no_spread_has_no_error(rng):
    x = rng.normal(size=(100, 2))
    assert np.isnan(subsampled.mutual_information(x, x, of=kl.mutual_information).error)
    assert np.isnan(subsampled.mutual_information(x[:7], x[7:14], of=ksg.mutual_information).error)
    nothing = subsampled.mutual_information(x, np.zeros(100), of=kl.mutual_information)
    assert (nothing.value, nothing.error) == (0, 0)


def test_parts_are_at_least_two():
    with pytest.raises(ValueError, match="parts must be an integer ≥ 2, got 1"):
        subsampled.mutual_information(np.eye(9), np.eye(9), of=ksg.mutual_information, parts=1)
