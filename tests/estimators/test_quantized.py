import numpy as np
import pytest
import torch
from scipy import stats

from ibsweep.estimators.quantized import quantized_information
from ibsweep.estimators.shared.discrete import bin_information, is_population
from ibsweep.estimators.shared.layers import Classes


def one_class(samples):
    """One class for all."""
    return Classes(np.zeros(samples, np.int64), 1)


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_evenly_spread_activity_fills_all_levels(bits):
    layer = torch.arange(2048.0, dtype=torch.float64)[:, None] / 2048
    labels = torch.arange(2048) // 1024
    found = quantized_information(layer, labels, activity_range=(0.0, 1.0), bits=bits)
    assert found[:2] == pytest.approx((bits, 1.0))


def test_more_bits_never_tell_less():
    layer = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(300) % 3
    found = [
        quantized_information(layer, labels, activity_range=(-4.0, 4.0), bits=bits).i_xt
        for bits in range(1, 9)
    ]
    assert found == sorted(found)


@pytest.mark.parametrize(("bits", "rule"), [(0, "an integer ≥ 1"), (25, "≤ 24")])
def test_bits_are_checked(bits, rule):
    with pytest.raises(ValueError, match=f"bits must be {rule}, got {bits}"):
        quantized_information(
            torch.eye(2), torch.tensor([0, 1]), activity_range=(0.0, 1.0), bits=bits
        )


def test_codes_are_counted_as_they_are():
    """Also where rounding between the extremes would join or part them."""
    layer = torch.tensor([[0.0], [0.004], [1.0], [1.0]])
    labels = torch.tensor([0, 0, 1, 0])
    ends = {"activity_range": (0.0, 1.0), "bits": 2}
    assert quantized_information(layer, labels, **ends).i_xt == 1.0
    assert quantized_information(layer, labels, **ends, discrete=True).i_xt == 1.5


@pytest.mark.parametrize(("states", "flag"), [(8, 0.0), (9, 0.0), (10, 1.0), (16, 1.0), (64, 1.0)])
def test_a_layer_of_many_states_for_its_samples_is_undersampled(states, flag):
    """(K − 1)/(2N ln 2) > .1 at N = 64: from K = 9.87 on."""
    layer = (torch.arange(64.0) % states)[:, None]
    given = {"activity_range": (0.0, 1.0), "discrete": True}
    found = quantized_information(layer, torch.arange(64) % 2, population=False, **given)
    assert found.details == {"undersampled": flag}
    for population in (True, None):
        assert not quantized_information(
            layer, torch.arange(64) % 2, population=population, **given
        ).details


@pytest.mark.parametrize("bits", [6, 7, 9])
def test_the_flags_bias_is_that_of_uniform_codes(bits):
    """The mean plug-in entropy of N = 10 · 2^bits draws, against the exact sum over counts."""
    states, samples = 2**bits, 10 * 2**bits
    rng = np.random.default_rng(0)
    drawn = [
        bin_information(rng.integers(states, size=(1, samples)), states, one_class(samples))[0]
        for _ in range(20)
    ]
    counts = np.arange(1, samples + 1)
    weights = stats.binom.pmf(counts, samples, 1 / states)
    exact = np.log2(samples) - states / samples * (weights * counts * np.log2(counts)).sum()
    assert np.mean(drawn) == pytest.approx(exact, abs=0.01)
    assert bits - exact == pytest.approx((states - 1) / (2 * samples * np.log(2)), rel=0.1)


def test_a_population_is_every_combination_once():
    bits = (np.arange(16)[:, None] >> np.arange(4)) % 2
    assert is_population(bits * 2.0 - 1)
    assert is_population(np.hstack([np.ones((16, 3)), bits])[::-1])
    assert not is_population(bits[1:])
    assert not is_population(np.vstack([bits[1:], bits[1:2]]))
    assert not is_population(np.vstack([bits, bits]))
