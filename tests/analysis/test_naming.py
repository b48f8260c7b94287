"""Configurations of one sweep can be told apart by their names."""

import pandas as pd
import pytest

from ibsweep.analysis.naming import configuration_names


def named(bases, **varied):
    index = [str(k) for k in range(len(bases))]
    names = configuration_names(pd.Series(bases, index=index), pd.DataFrame(varied, index=index))
    return [names[one] for one in index]


def test_names_that_nobody_shares_stay():
    assert named(["relu", "tanh"], **{"training.epochs": [5, 6]}) == ["relu", "tanh"]


def test_swept_numbers_tell_those_apart_that_share_a_name():
    penalties = {"regularization.l2.penalty": [0.005, 0.015, float("nan")]}
    expected = ["relu-l2-penalty0.005", "relu-l2-penalty0.015", "relu"]
    assert named(["relu-l2", "relu-l2", "relu"], **penalties) == expected


@pytest.mark.parametrize(
    ("varied", "expected"),
    [
        ({"task": ["parity", "spherical"]}, ["relu-parity", "relu-spherical"]),
        ({"training.epochs": [500, 8000]}, ["relu-epochs500", "relu-epochs8000"]),
        ({"a.b": [1, 1], "a.c": [2.0, 0.5]}, ["relu-c2", "relu-c0.5"]),
    ],
)
def test_only_what_differs_is_named(varied, expected):
    assert named(["relu", "relu"], **varied) == expected
