import numpy as np
import pytest
from scipy.stats import kstest, norm

from ibsweep.estimators.shared.margins import COARSE, FINE, normal_scores


@pytest.mark.parametrize("levels", [COARSE, FINE], ids=["coarse", "fine"])
def test_uniform_margins_become_normal(rng, levels):
    x = rng.uniform(-3, 7, size=(4000, 2))
    for column in normal_scores(x, levels).T:
        assert kstest(column, "norm").pvalue > 1e-3


def test_fine_scores_make_tails_normal(rng):
    x = rng.standard_t(3, size=(20_000, 1))
    found, coarse = (normal_scores(x, levels)[:, 0] for levels in (FINE, COARSE))
    assert kstest(found, "norm").statistic < 0.01
    assert kstest(coarse, "norm").statistic > 0.01


@pytest.mark.parametrize("levels", [COARSE, FINE], ids=["coarse", "fine"])
def test_unlike_values_keep_their_order(rng, levels):
    x = np.sort(rng.standard_cauchy(size=(500, 1)), axis=0)
    found = normal_scores(x, levels)
    assert np.isfinite(found).all()
    assert (np.diff(found[:, 0]) > 0).all()


def test_scale_and_place_do_not_matter(rng):
    x = rng.uniform(size=(300, 2))
    assert normal_scores(5 - 9 * x, FINE) == pytest.approx(-normal_scores(x, FINE))


def test_quantiles_go_where_the_normal_ones_are(rng):
    values = rng.exponential(size=(999, 1))
    found = normal_scores(values, COARSE)
    assert np.median(found) == pytest.approx(0)
    assert np.quantile(found, 0.25) == pytest.approx(norm.ppf(0.25), abs=0.02)
