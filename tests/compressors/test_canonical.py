"""Canonical variates: what one vector tells of another, in as few numbers as it takes."""

import numpy as np
import pytest

from ibsweep.compressors.canonical import canonical


def mixed(values, rng):
    """The values under a random linear map that can be undone, shifted."""
    return values @ rng.normal(size=(values.shape[1],) * 2) + 5


def test_the_pairs_that_are_correlated_are_found_and_kept(rng):
    x, y = rng.normal(size=(2, 5000, 5))
    y[:, 0] += 2 * x[:, 0]
    y[:, 1] += 0.5 * x[:, 1]
    x, y = mixed(x, rng), mixed(y, rng)
    a, b = (turn.forth(values) for turn, values in zip(canonical(x, y), (x, y), strict=True))
    correlations = a.T @ b / 5000
    assert correlations == pytest.approx(np.diag([0.8**0.5, 0.2**0.5]), abs=0.03)
    assert a.T @ a / 5000 == pytest.approx(np.eye(2), abs=1e-9)


def test_functions_of_a_pair_that_is_kept_are_dropped(rng):
    x = rng.normal(size=(5000, 1))
    y = x + 0.5 * rng.normal(size=(5000, 1))
    turns = canonical(np.hstack([x, x**2]), np.hstack([y, y**2]))
    assert [turn.axes.shape for turn in turns] == [(2, 1), (2, 1)]


def test_of_independent_vectors_one_number_is_left(rng):
    x, y = rng.normal(size=(2, 500, 4))
    assert [turn.axes.shape[1] for turn in canonical(x, y)] == [1, 1]


def test_vectors_that_do_not_vary_become_zero(rng):
    turns = canonical(np.full((50, 3), 2.0), rng.normal(size=(50, 2)))
    for turn, width in zip(turns, (3, 2), strict=True):
        assert not turn.forth(rng.normal(size=(4, width))).any()


def test_numbers_go_back_to_vectors_that_are_mapped_to_them(rng):
    x, y = rng.normal(size=(2, 300, 3))
    turn, _ = canonical(x, y + x)
    numbers = turn.forth(x)
    assert turn.forth(turn.back(numbers)) == pytest.approx(numbers)
    assert turn.back(numbers) == pytest.approx(x)
