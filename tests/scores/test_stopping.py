"""Rules for stopping, on curves whose best epoch is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.learning.schedule import logarithmic
from ibsweep.scores.stopping import RULES, stops

EPOCHS = logarithmic(500, count=60)
PLACE = np.log2(1.0 + EPOCHS)


def bump(place):
    """Return values that are largest at one snapshot, by far."""
    return 1.0 - 0.1 * np.abs(np.arange(len(EPOCHS)) - place)


def network(*, loss=30, accuracy=25, held_out=28, i_ty=20, i_xt=15):
    """Return a network's tables, with the place of each best value."""
    training = {
        "epoch": EPOCHS,
        "loss/validation": -bump(loss),
        "accuracy/validation": bump(accuracy),
        "accuracy/held_out": bump(held_out),
    }
    bits = {"estimator": "ebab", "epoch": EPOCHS, "i_ty": bump(i_ty), "i_xt": 9 + 3 * bump(i_xt)}
    return pd.DataFrame(training), pd.DataFrame(bits)


def chosen(training, information):
    return stops(training, information).set_index("rule")


def test_each_rule_finds_its_planted_best_snapshot():
    table = chosen(*network())
    planted = {"i_ty": 20, "loss": 30, "accuracy": 25, "fitted": 15, "last": -1, "oracle": 28}
    for rule, place in planted.items():
        assert table.loc[rule, "epoch"] == EPOCHS[place], rule
        assert table.loc[rule, "accuracy"] == bump(28)[place]
        assert table.loc[rule, "regret"] == pytest.approx(1.0 - bump(28)[place])
    assert list(table.index) == list(RULES)
    assert PLACE[EPOCHS == table.loc["phase", "epoch"]] == pytest.approx(PLACE[15], abs=0.5)


def test_the_earliest_of_equal_snapshots_counts():
    training, information = network()
    flat = training.assign(**{"loss/validation": 0.3, "accuracy/validation": 0.9})
    last_bit = 1e-16 * np.arange(len(EPOCHS))  # that sums of the same numbers may differ by
    table = chosen(flat, information.assign(i_ty=0.5 + last_bit))
    assert table.loc[["loss", "accuracy", "i_ty"], "epoch"].tolist() == [EPOCHS[0]] * 3


def test_without_compression_phase_goes_on_to_the_end():
    training, information = network()
    table = chosen(training, information.assign(i_xt=PLACE))
    assert table.loc["phase", "epoch"] == EPOCHS[-1]


def test_an_estimator_without_values_chooses_nothing():
    training, information = network()
    nothing = information.assign(estimator="geometry", i_xt=np.nan, i_ty=np.nan)
    table = stops(training, pd.concat([information, nothing]))
    silent = table[table["estimator"] == "geometry"]
    assert len(silent) == 3 and silent[["epoch", "accuracy", "regret"]].isna().all(axis=None)
    assert table[table["estimator"] != "geometry"].notna().all(axis=None)


def test_an_undefined_value_is_not_the_largest():
    training, information = network()
    information.loc[[5, 40], "i_ty"] = np.nan, np.inf
    assert chosen(training, information).loc["i_ty", "epoch"] == EPOCHS[20]


def test_few_snapshots_are_refused():
    training, information = network()
    with pytest.raises(ValueError, match="snapshots must be at least 5, got 4"):
        stops(training.head(4), information.head(4))
