"""Correlations and their chances, against scipy's."""

import math

import numpy as np
import pytest
from scipy import stats

from ibsweep.analysis import resampling

DRAWS = {"resamples": 4000, "seed": 0}


@pytest.fixture(params=["smooth", "ties"])
def pairs(request):
    generator = np.random.default_rng(5)
    x = generator.normal(size=40)
    y = 0.4 * x + generator.normal(size=40)
    return (x, y) if request.param == "smooth" else (x.round(), y.round())


def test_coefficients_are_scipys(pairs):
    assert resampling.pearson(*pairs) == pytest.approx(stats.pearsonr(*pairs).statistic)
    assert resampling.spearman(*pairs) == pytest.approx(stats.spearmanr(*pairs).statistic)


def test_a_constant_side_has_no_correlation():
    assert math.isnan(resampling.pearson(np.full(5, 0.1), np.arange(5.0)))


def test_intervals_are_those_of_scipys_bootstrap(pairs):
    interval = resampling.bootstrap_interval(*pairs, **DRAWS)
    for ends, statistic in zip((interval[:2], interval[2:]), _SCIPY, strict=True):
        expected = stats.bootstrap(
            pairs,
            lambda x, y, axis, s=statistic: s(x, y),
            paired=True,
            n_resamples=4000,
            method="percentile",
            rng=1,
        ).confidence_interval
        assert ends == pytest.approx(tuple(expected), abs=0.03)


_SCIPY = (resampling.pearson, resampling.spearman)


def test_permutation_p_is_scipys(pairs):
    for p, statistic in zip(resampling.permutation_p(*pairs, **DRAWS), _SCIPY, strict=True):
        expected = stats.permutation_test(
            pairs[:1],
            lambda x, axis, s=statistic: s(x, pairs[1]),
            permutation_type="pairings",
            vectorized=True,
            n_resamples=4000,
            rng=1,
        ).pvalue
        assert p == pytest.approx(expected, abs=0.03)  # scipy doubles the smaller tail


def test_permutation_within_groups_keeps_each_group_to_itself():
    groups = np.repeat(["b", "a"], 20)
    x = np.repeat([0.0, 10.0], 20) + np.tile([0.0, 1.0], 20)
    p, _ = resampling.permutation_p(x, x, **DRAWS)
    assert p < 0.001
    between = np.repeat([0.0, 10.0], 20)
    p, _ = resampling.permutation_p(x, between, groups=groups, **DRAWS)
    assert p == 1.0


def test_p_is_uniform_if_nothing_is_there():
    generator = np.random.default_rng(3)
    draws = generator.normal(size=(200, 2, 12))
    p = [resampling.permutation_p(x, y, resamples=199, seed=1)[0] for x, y in draws]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_the_papers_eight_activations_show_only_strong_correlations():
    assert resampling.critical_r(8) == pytest.approx(0.7067, abs=1e-4)
    assert f"{resampling.critical_r(8):.2f}" == "0.71"
    assert f"{resampling.detectable_r(8):.2f}" == "0.85"


@pytest.mark.parametrize("n", [5, 8, 50, 500])
def test_the_critical_r_is_just_significant(n):
    r = resampling.critical_r(n)
    t = r * math.sqrt((n - 2) / (1 - r * r))
    assert 2 * stats.t.sf(t, n - 2) == pytest.approx(0.05)


def test_partial_r_agrees_with_its_closed_form(pairs):
    x, y = pairs
    z = x + np.random.default_rng(1).normal(size=x.size)
    xy, xz, yz = (float(resampling.pearson(*sides)) for sides in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    assert resampling.partial_r(x, y, z) == pytest.approx(expected)
    assert math.isnan(resampling.partial_r(x, y, 2 * x))


def test_holm_leaves_out_what_was_not_tested():
    adjusted = resampling.holm(np.array([0.01, np.nan, 0.04, 0.03]))
    np.testing.assert_allclose(adjusted, [0.03, np.nan, 0.06, 0.06])
