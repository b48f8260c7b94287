"""Which verdicts survive fewer seeds and other estimators."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.multiverse import QUESTIONS, multiverse
from ibsweep.plots.multiverse import multiverse_map


def networks(count=40):
    rng = np.random.default_rng(0)
    accuracy = rng.normal(0.9, 0.02, count)
    noise = rng.normal(0, 0.02, count)
    columns = {"clear": accuracy, "opposite": 1 - accuracy, "none": noise - noise.mean()}
    return pd.DataFrame(
        {f"{name}/{score}": x for name, x in columns.items() for score in QUESTIONS.values()}
    ).assign(**{"accuracy/test": accuracy + rng.normal(0, 1e-3, count)})


def verdict(table, estimator, question, seeds):
    kept = table.query("estimator == @estimator and question == @question and seeds == @seeds")
    (row,) = kept[["positive", "negative"]].to_numpy()
    return tuple(row)


def test_signs_are_found_where_they_are_and_few_where_there_is_none():
    names = ["clear", "opposite", "none"]
    answers = multiverse(networks(), estimators=names, seeds=[10, 40])
    assert len(answers) == len(names) * len(QUESTIONS) * 2
    assert verdict(answers, "clear", "correlation, last", 10) == (1, 0)
    assert verdict(answers, "opposite", "correlation, hidden", 40) == (0, 1)
    assert verdict(answers, "clear", "compression", 10) == (1, 0)
    assert verdict(answers, "none", "compression", 40) == (0, 0)
    assert sum(verdict(answers, "none", "correlation, last", 10)) < 0.2


def test_too_few_networks_have_no_verdict_and_the_map_says_so():
    table = networks()
    table.loc[:34, "clear/compression/last"] = np.nan
    answers = multiverse(table, estimators=["clear"], seeds=[5, 20])
    assert np.isnan(verdict(answers, "clear", "correlation, last", 20)).all()
    panel = multiverse_map(answers).axes[2]
    assert [text.get_text() for text in panel.texts] == ["100% +", "–"]


def test_an_estimator_without_scores_is_refused():
    with pytest.raises(ValueError, match="got akde without akde/compression_robust/hidden"):
        multiverse(networks(), estimators=["akde"], seeds=[10])
    with pytest.raises(ValueError, match="seeds must be an integer ≥ 4, got 3"):
        multiverse(networks(), estimators=["clear"], seeds=[3])
