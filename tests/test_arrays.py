"""`ibsweep.mutual_information` and `ibsweep.entropy` as a user calls them."""

import numpy as np
import pandas as pd
import pytest
import torch

import ibsweep
from ibsweep.estimators import ksg

HALF = 0.5  # bit: I(x; x + noise) of unit normal x and noise


@pytest.fixture
def pair(rng):
    x, noise = rng.normal(size=(2, 2000))
    return x, x + noise


@pytest.mark.parametrize(
    "form",
    [
        list,
        np.asarray,
        pd.Series,
        pd.DataFrame,
        lambda x: torch.tensor(x, requires_grad=True),
        lambda x: x[:, None],
    ],
)
def test_any_form_of_array(pair, form):
    x, y = pair
    result = ibsweep.mutual_information(form(x), form(y))
    assert result == ibsweep.mutual_information(x, y)
    assert result.value == pytest.approx(HALF, abs=0.1)
    assert 0 < result.error < 0.1
    assert result.taken_for == ("continuous", "continuous")


@pytest.mark.parametrize(
    "classes",
    [
        lambda x: x > 0,
        lambda x: (x > 0).astype(int) * 7,
        lambda x: np.where(x > 0, "up", "down"),
        lambda x: pd.Series(np.where(x > 0, "up", "down"), dtype="category"),
        lambda x: pd.Series(np.where(x > 0, "up", "down"), dtype="string"),
    ],
)
def test_classes(pair, classes):
    x, _ = pair
    result = ibsweep.mutual_information(x, classes(x))
    assert result.value == pytest.approx(1, abs=0.1)
    assert result.taken_for == ("continuous", "classes")
    assert ibsweep.mutual_information(classes(x), x).value == result.value


def test_whole_numbers_of_many_values_are_continuous(pair):
    x, y = (np.round(1000 * values).astype(int) for values in pair)
    result = ibsweep.mutual_information(x, y)
    assert result.taken_for == ("continuous", "continuous")
    assert result.value == pytest.approx(HALF, abs=0.1)


def test_two_arrays_of_classes(rng):
    x = rng.integers(4, size=5000)
    noise = rng.random(5000) < 0.1
    y = np.where(noise, rng.integers(4, size=5000), x)
    same, other = 0.925, 0.025  # 9/10 + 1/40, 1/40
    truth = 2 + same * np.log2(same) + 3 * other * np.log2(other)
    assert ibsweep.mutual_information(x, y).value == pytest.approx(truth, abs=0.05)
    permuted = [ibsweep.mutual_information(x, rng.permutation(y)).value for _ in range(50)]
    assert np.mean(permuted) == pytest.approx(0, abs=4 * np.std(permuted) / np.sqrt(50))


def test_columns_of_classes_are_one_class_together(rng):
    table = pd.DataFrame(rng.integers(2, size=(4000, 2))).astype(str)
    parity = (table[0] == table[1]).to_numpy()
    assert ibsweep.mutual_information(table, parity).value == pytest.approx(1, abs=0.01)
    assert ibsweep.mutual_information(table[0], parity).value == pytest.approx(0, abs=0.01)


def test_estimators_by_name_and_by_function(pair):
    by_name = ibsweep.mutual_information(*pair, estimator="ksg", neighbours=7)
    assert by_name.value == ksg.mutual_information(*pair, neighbours=7).value
    own = ibsweep.mutual_information(*pair, estimator=ksg.mutual_information)
    assert own.value == ksg.mutual_information(*pair).value


def test_a_constant_array_tells_nothing_and_says_so(pair):
    result = ibsweep.mutual_information(np.ones(2000), pair[1])
    assert result.value == 0
    assert result.diagnostics["rank_x"] == 0


def test_entropy(rng):
    assert ibsweep.entropy(rng.uniform(0, 8, size=3000)).value == pytest.approx(3, abs=0.05)
    assert ibsweep.entropy(rng.integers(8, size=3000)).value == pytest.approx(3, abs=0.01)
    assert ibsweep.entropy(np.full(9, 0.5)).value == -np.inf
    assert ibsweep.entropy(["a"] * 9).value == 0


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(1999), "y must have 1999 rows as x, got 2000"),
        ([], r"x must be of shape \(n,\) or \(n, d\), not empty, got \(0, "),
        (3.0, r"x must be of shape \(n,\) or \(n, d\), not empty, got \(\)"),
        (np.ones((2000, 2, 2)), r"not empty, got \(2000, 2, 2\)"),
        ([0.5], "x must have at least 2 samples, got 1"),
        ([np.nan] + [0.0] * 1999, "x must be finite, got nan"),
        ([np.inf] + [0.0] * 1999, "x must be finite, got inf"),
        (np.ones(2000) * 1j, "x must hold real numbers, got complex128"),
        (["a", None] * 1000, "x must have no missing values, got 1000"),
        (["a", 1.0] * 1000, "x must hold real numbers, got object"),
        (pd.DataFrame({"a": [0.5, 1.5] * 1000, "b": ["a", "b"] * 1000}), "got columns of both"),
        ([object()] * 2000, "x must hold real numbers, got object"),
    ],
)
def test_malformed_arrays_are_one_clear_line(pair, x, message):
    with pytest.raises(ValueError, match=message):
        ibsweep.mutual_information(x, pair[1])


def test_wrong_estimators_and_options(pair):
    with pytest.raises(ValueError, match="estimator must be one of .*general.*, got 'ebab'"):
        ibsweep.mutual_information(*pair, estimator="ebab")
    with pytest.raises(ValueError, match=r"options of general must be among \['neighbours', "):
        ibsweep.mutual_information(*pair, bins=3)
    with pytest.raises(ValueError, match="neighbours must be an integer ≥ 1, got 0"):
        ibsweep.mutual_information(*pair, neighbours=0)
    with pytest.raises(ValueError, match="options must come with an estimator's name"):
        ibsweep.mutual_information(*pair, estimator=ksg.mutual_information, neighbours=3)


def test_more_columns_than_samples(rng):
    x = rng.normal(size=(100, 500))
    assert ibsweep.mutual_information(x, rng.normal(size=100)).value == 0
