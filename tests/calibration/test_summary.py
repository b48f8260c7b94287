"""Bias, spread and coverage are what their definitions say."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.calibration.report import cells
from ibsweep.calibration.summary import summarize, tidy


def estimates(values, errors=np.nan, truth=1.0):
    return pd.DataFrame(
        {"estimator": "it", "truth": truth, "estimate": values, "error": errors}
    ).assign(seconds=0.5, megabytes=2.0)


def only(table):
    (row,) = table.to_dict("records")
    return row


def test_mean_squared_error_is_bias_squared_plus_variance():
    values = np.random.default_rng(0).normal(1.3, 0.2, size=50)
    row = only(summarize(estimates(values), ["estimator", "truth"]))
    assert row["bias"] == pytest.approx(values.mean() - 1)
    assert row["rmse"] ** 2 == pytest.approx(row["bias"] ** 2 + values.var())
    assert row["n"] == 50


def test_coverage_counts_the_error_bars_that_hold_the_truth():
    row = only(summarize(estimates([1.0, 1.19, 1.21, 0.5], 0.1), ["estimator", "truth"]))
    assert row["coverage"] == 0.5  # 1.96 × .1


def test_honest_error_bars_cover_19_times_in_20():
    values = np.random.default_rng(0).normal(1.0, 0.1, size=4000)
    row = only(summarize(estimates(values, 0.1), ["estimator", "truth"]))
    assert row["coverage"] == pytest.approx(0.95, abs=0.01)


def test_no_error_bars_have_no_coverage():
    assert np.isnan(only(summarize(estimates([1.0, 1.1]), ["estimator", "truth"]))["coverage"])


def test_an_undefined_estimate_is_not_averaged_away():
    row = only(summarize(estimates([1.0, np.nan]), ["estimator", "truth"]))
    assert np.isnan(row["mean"])
    assert np.isnan(row["sd"])


def runs():
    return pd.DataFrame(
        {
            "distribution": "normal",
            "compressor": "identity",
            "estimator": ["a,b", "a,b", "a"],
            "samples": 100,
            "distribution.dims": ["[1, 1]", "[1, 1]", "[2, 2]"],
            "distribution.information": 1.0,
            "truth": 1.0,
            "a/estimate": [1.0, 1.2, 0.9],
            "a/seconds": 1.0,
            "b/estimate": [np.nan, 1.5, np.nan],
            "b/seconds": [1.0, 1.0, np.nan],
        }
    )


def test_an_estimate_that_was_not_asked_for_is_no_row_an_undefined_one_is():
    table = tidy(runs())
    assert table["estimator"].tolist() == ["a", "a", "a", "b", "b"]
    assert table["estimate"].isna().tolist() == [False, False, False, True, False]


def test_cells_are_named_by_what_differs():
    table = cells(runs())
    assert table[["estimator", "distribution.dims", "n"]].to_numpy().tolist() == [
        ["a", "[1, 1]", 2],
        ["a", "[2, 2]", 1],
        ["b", "[1, 1]", 2],
    ]
