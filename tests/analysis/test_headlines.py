"""Whether compression goes with accuracy: one family of tests, a sentence a group."""

import math

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.headlines import finding, grouping, headline_correlations, main_scores
from ibsweep.analysis.resampling import holm

HIDDEN, LAST = "ebab/compression/hidden", "ebab/compression/last"
FEW = {"resamples": 300}


def networks(n=20, *, slope=0.0, estimators=("ebab",)):
    """Return two activations; the accuracy of relu follows the hidden score of EBAB."""
    generator = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "run_id": [f"r{k}" for k in range(2 * n)],
            "activation": np.repeat(["relu", "tanh"], n),
            "estimator": ",".join(estimators),
            "configuration": np.repeat(["a", "b"], n),
            "seed": np.tile(np.arange(n), 2),
            "failed_to_train": 0.0,
        }
    )
    for name in estimators:
        for layers in ("hidden", "last", "layer_1"):
            table[f"{name}/compression/{layers}"] = generator.random(2 * n)
    follows = slope * table["ebab/compression/hidden"] * (table["activation"] == "relu")
    table["accuracy/test"] = 0.5 + follows + 0.1 * generator.normal(size=2 * n)
    return table


def test_there_is_a_row_for_each_group_and_headline_score_and_all_without_failed_come_first():
    table = headline_correlations(networks(), **FEW)
    assert table["group"].tolist() == 2 * (2 * ["overall"] + 2 * ["relu"] + 2 * ["tanh"])
    assert table["score"].tolist() == 6 * [HIDDEN, LAST]
    assert table["without_failed"].tolist() == 6 * [True] + 6 * [False]


def test_p_is_adjusted_over_all_groups_and_headline_scores_of_all_estimators():
    table = headline_correlations(networks(estimators=("ebab", "kde")), **FEW)
    rows = table[table["without_failed"]]
    assert len(rows) == 12
    assert rows["r_p_adjusted"].tolist() == holm(rows["r_p"].to_numpy()).tolist()


def test_a_further_score_joins_the_family():
    table = headline_correlations(networks(), score=["ebab/compression/layer_1", HIDDEN], **FEW)
    assert table["without_failed"].sum() == 9


def test_overall_takes_each_value_less_its_groups_mean():
    runs = networks()
    table = headline_correlations(runs, **FEW)
    centred = correlations(runs, by="activation", score=HIDDEN, against="accuracy/test", **FEW)
    wanted = centred.query("group == 'centred' and without_failed")["r"].item()
    row = table.query("group == 'overall' and without_failed").iloc[0]
    assert (row["score"], row["r"]) == (HIDDEN, wanted)


def test_networks_that_are_all_alike_are_one_group():
    runs = networks().query("activation == 'relu'")
    assert grouping(runs) == []
    assert set(headline_correlations(runs, **FEW)["group"]) == {"overall"}


def test_how_networks_were_measured_makes_no_groups():
    runs = networks()
    runs["estimator"] = np.where(runs["activation"] == "relu", "ebab", "kde")
    runs["estimator.ebab.bins"] = np.where(runs["activation"] == "relu", 30, 50)
    assert grouping(runs) == ["activation"]


def test_a_correlation_is_found_in_the_group_that_has_it():
    table = headline_correlations(networks(slope=1.0), **FEW).query("without_failed")
    answers = {(row["group"], row["score"]): finding(row) for row in table.to_dict("records")}
    assert answers["relu", HIDDEN] == "more compression goes with higher accuracy (20 networks)"
    assert answers["tanh", HIDDEN] == "no correlation found; 20 networks could show |r| ≥ .59"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"n": 3, "r": 0.9}, "3 networks with a score: too few"),
        ({"n": 9, "r": math.nan}, "9 networks with equal scores or outcomes"),
        (
            {"n": 9, "r": -0.9, "r_p_adjusted": 0.01, "against": "loss/test"},
            "more compression goes with lower loss/test (9 networks)",
        ),
    ],
)
def test_a_sentence_says_what_there_is_to_say(row, sentence):
    assert finding(row) == sentence


def test_reports_are_about_the_papers_estimator_or_else_the_first():
    assert main_scores(networks(estimators=("ebab", "akde"))) == [HIDDEN, LAST]
    runs = networks().rename(columns=lambda name: name.replace("ebab/", "kde/"))
    assert main_scores(runs) == ["kde/compression/hidden", "kde/compression/last"]


def test_without_scores_there_is_no_answer():
    runs = networks().drop(columns=[HIDDEN, LAST, "ebab/compression/layer_1"])
    with pytest.raises(ValueError, match="runs must have compression scores"):
        headline_correlations(runs)
