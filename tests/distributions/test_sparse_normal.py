"""Few informative coordinates among many."""

import numpy as np
import pytest

from ibsweep.distributions.sparse_normal import SparseNormal


def correlations(law, n=50_000):
    x, y = law.sample(n, np.random.default_rng(0))
    return np.corrcoef(x.T, y.T), x.shape[1]


def test_the_first_pairs_have_all_the_information():
    both, dx = correlations(SparseNormal(dims=(6, 4), information=1.5, pairs=2))
    expected = np.eye(10)
    expected[[0, 1, 6, 7], [6, 7, 0, 1]] = np.sqrt(1 - 2**-1.5)
    assert (dx, both.shape) == (6, (10, 10))
    assert both == pytest.approx(expected, abs=0.025)


def test_a_rotation_hides_the_pairs_and_keeps_the_information():
    both, d = correlations(SparseNormal(dims=(5, 5), information=2, pairs=1, rotated=True))
    values = np.linalg.svd(both[:d, d:], compute_uv=False)
    assert values[0] == pytest.approx(np.sqrt(1 - 2**-4), abs=0.02)
    assert values[1:] == pytest.approx(0, abs=0.03)
    assert np.abs(both[:d, d:]).max() < 0.95


def test_more_pairs_than_coordinates_are_refused():
    with pytest.raises(ValueError, match="pairs must be an integer ≤ 3, got 4"):
        SparseNormal(dims=(3, 5), information=1, pairs=4)
