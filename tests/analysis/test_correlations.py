"""Correlating scores with accuracies over networks."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ibsweep.analysis.correlations import correlations, correlations_through_training

SCORE = "ebab/compression/last"
ACCURACY = "accuracy/test"
FEW = {"resamples": 300}


def networks(n=20, *, slope=0.5, seed=0):
    """Return two activations; within each the accuracy follows the score."""
    generator = np.random.default_rng(seed)
    score = generator.random(2 * n)
    accuracy = 0.5 + slope * score + 0.1 * generator.normal(size=2 * n)
    return pd.DataFrame(
        {
            "run_id": [f"r{k}" for k in range(2 * n)],
            "activation": np.repeat(["relu", "tanh"], n),
            "failed_to_train": 0.0,
            SCORE: score,
            "ebab/compression/hidden": generator.random(2 * n),
            ACCURACY: accuracy,
            "weight_norm": score + generator.normal(size=2 * n),
        }
    )


def row(table, **values):
    chosen = (table[list(values)] == pd.Series(values)).all(axis=1)
    (correlation,) = table[chosen].to_dict("records")
    return correlation


def test_a_row_holds_scipys_coefficients():
    runs = networks()
    correlation = row(correlations(runs, **FEW), score=SCORE, without_failed=False)
    assert correlation["n"] == 40
    assert correlation["r"] == pytest.approx(stats.pearsonr(runs[SCORE], runs[ACCURACY]).statistic)
    assert correlation["rho"] == pytest.approx(
        stats.spearmanr(runs[SCORE], runs[ACCURACY]).statistic
    )
    assert correlation["r_low"] < correlation["r"] < correlation["r_high"]
    assert 0 < correlation["r_p"] <= correlation["r_p_holm"] < 0.05
    assert -1 < correlation["r_given_weight_norm"] < 1
    assert math.isnan(correlation["r_given_loss"])


def test_groups_have_rows_of_their_own_beside_all_and_centred():
    runs = networks()
    runs.loc[runs["activation"] == "tanh", ACCURACY] -= 5 * runs[SCORE].max()
    table = correlations(runs, by="activation", score=SCORE, against=ACCURACY, **FEW)
    assert set(table["group"]) == {"all", "relu", "tanh", "centred"}
    assert row(table, group="relu", without_failed=False)["n"] == 20
    assert row(table, group="centred", without_failed=False)["r"] > 0.6
    assert row(table, group="all", without_failed=False)["r"] < 0.4


def test_a_difference_between_groups_alone_is_no_centred_correlation():
    runs = networks(slope=0.0)
    runs[[SCORE, ACCURACY]] += np.where(runs[["activation"]] == "relu", 0.0, 10.0)
    table = correlations(runs, by="activation", score=SCORE, **FEW)
    assert row(table, group="all", without_failed=False)["r"] > 0.9
    centred = row(table, group="centred", without_failed=False)
    assert abs(centred["r"]) < 0.4
    assert centred["r_p"] > 0.01


def test_networks_that_failed_to_train_are_left_out_in_half_of_the_rows():
    runs = networks()
    runs.loc[:3, ["failed_to_train", ACCURACY]] = [1.0, 0.0]
    table = correlations(runs, score=SCORE, **FEW)
    assert table.set_index("without_failed")["n"].to_dict() == {False: 40, True: 36}


def test_undefined_scores_are_dropped_and_counted():
    runs = networks()
    runs.loc[:1, SCORE] = math.nan
    correlation = row(correlations(runs, score=SCORE, **FEW), without_failed=False)
    assert (correlation["n"], correlation["undefined"]) == (38, 2)


def test_a_constant_score_has_no_correlation_and_is_no_test():
    runs = networks().assign(**{"ebab/compression/hidden": 0.0})
    table = correlations(runs, **FEW)
    assert math.isnan(row(table, score="ebab/compression/hidden", without_failed=True)["r"])
    correlation = row(table, score=SCORE, without_failed=True)
    assert correlation["r_p_holm"] == correlation["r_p"]


def test_the_same_seed_gives_the_same_table():
    pd.testing.assert_frame_equal(correlations(networks(), **FEW), correlations(networks(), **FEW))


@pytest.mark.parametrize("key", ["by", "score", "against"])
def test_an_unknown_column_is_named(key):
    with pytest.raises(ValueError, match=f"{key} must be a column of the runs, got 'nonsense'"):
        correlations(networks(), **{key: "nonsense"})


def through_training():
    """Return networks whose I(X;T) falls at the last of three epochs by as much as they score."""
    runs, epochs = networks(10), [0, 1, 2]
    columns = {
        name: [4.0, 5.0, 5.0 - drop]
        for name, drop in zip(runs["run_id"], runs[SCORE], strict=True)
    }
    common = {"layer": "output", "estimator": "ebab", "part": "all", "i_ty": 0.5}
    curves = pd.DataFrame(
        [
            {"network": name, "epoch": epoch, "i_xt": value} | common
            for name, values in columns.items()
            for epoch, value in zip(epochs, values, strict=True)
        ]
    )
    training = pd.DataFrame(
        {"network": runs["run_id"].repeat(3), "epoch": epochs * 20, ACCURACY: 0.0}
    )
    training.loc[training["epoch"] == 2, ACCURACY] = runs[ACCURACY].to_numpy()
    return runs, curves, training


def test_compression_so_far_correlates_once_it_has_happened():
    runs, curves, training = through_training()
    table = correlations_through_training(runs, curves, training, **FEW)
    table = table[~table["without_failed"]].set_index("epoch")
    assert table["r"].isna().tolist() == [True, True, False]
    assert table.loc[2, "r"] == pytest.approx(stats.pearsonr(runs[SCORE], runs[ACCURACY])[0])


def test_information_at_chosen_epochs_correlates_the_other_way():
    tables = through_training()
    options = {"epochs": [0, 2], **FEW}
    table = correlations_through_training(*tables, score="i_xt", **options)
    compressed = correlations_through_training(*tables, **options)
    assert table["epoch"].tolist() == [0, 2, 0, 2]
    assert table["r"].iloc[-1] == pytest.approx(-compressed["r"].iloc[-1])
    with pytest.raises(ValueError, match="score must be one of compression, i_xt, i_ty, got 'x'"):
        correlations_through_training(*tables, score="x")
