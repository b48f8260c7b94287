"""Statistics over seeds."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ibsweep.analysis import configurations, mean_curves, mean_interval, mean_training, summarize
from tests.support.records import EPOCHS, make_curves


def table(*rows):
    """Return a table of runs as a store does; each row is configuration, seed and what differs."""
    common = {"status": "FINISHED", "activation": "relu", "task": "spherical", "failure": None}
    numbers = {"regularization.penalty": 0.0, "training.epochs": 500, "accuracy/test": 0.9}
    runs = [
        common
        | numbers
        | {"run_id": f"r{k}", "name": f"relu-seed{seed}", "configuration": name, "seed": seed}
        | {"fingerprint": f"{name}-{seed}", "started": pd.Timestamp(k, unit="s", tz="UTC")}
        | changes
        for k, (name, seed, changes) in enumerate(rows)
    ]
    return pd.DataFrame(runs)


def scored(*scores):
    return table(*(("a", k, {"ebab/compression/hidden": v}) for k, v in enumerate(scores)))


def test_interval_is_students():
    values = [0.1, 0.4, 0.2, 0.7]
    low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    mean, half_width, undefined = mean_interval(pd.Series(values))
    assert (mean - half_width, mean + half_width) == pytest.approx((low, high))
    assert undefined == 0


@pytest.mark.parametrize("values", [[0.5], [0.5, math.nan], []])
def test_fewer_than_two_values_have_no_interval(values):
    assert math.isnan(mean_interval(pd.Series(values, dtype=float)).half_width)


def test_interval_covers_the_truth_95_times_in_100():
    samples = np.random.default_rng(0).normal(3.0, 2.0, size=(1000, 6))
    intervals = [mean_interval(pd.Series(sample)) for sample in samples]
    covered = [abs(mean - 3.0) <= half_width for mean, half_width, _ in intervals]
    assert 0.93 < np.mean(covered) < 0.97


def test_undefined_scores_are_counted_beside_the_mean():
    (row,) = summarize(scored(0.2, math.nan, 0.4)).to_dict("records")
    assert row["n"] == 3
    assert row["ebab/compression/hidden"] == pytest.approx(0.3)
    assert row["ebab/compression/hidden_nan"] == 1
    assert row["accuracy/test_nan"] == 0


def test_networks_that_failed_to_train_are_counted():
    rows = (("a", seed, {"failed_to_train": float(seed == 1)}) for seed in range(3))
    (row,) = summarize(table(*rows)).to_dict("records")
    assert (row["n"], row["failed"], row["failed_to_train"]) == (3, 0, 1)


def test_a_summary_has_a_row_per_configuration_in_the_order_of_the_sweep():
    networks = table(("b", 0, {}), ("a", 0, {}), ("b", 1, {}), ("a", 1, {}), ("a", 2, {}))
    summary = summarize(networks.iloc[::-1])
    assert summary[["configuration", "n"]].to_numpy().tolist() == [["b", 2], ["a", 3]]


def test_a_summary_shows_only_choices_that_vary():
    networks = table(("a", 0, {}), ("b", 0, {"activation": "tanh"}))
    summary = summarize(networks)
    assert summary["activation"].tolist() == ["relu", "tanh"]
    assert not {"task", "training.epochs", "name", "run_id"} & set(summary)


def test_a_parameter_that_varies_within_a_choice_is_shown():
    networks = table(("a", 0, {}), ("b", 0, {"regularization.penalty": 0.015}))
    assert summarize(networks)["regularization.penalty"].tolist() == [0.0, 0.015]


def test_a_parameter_that_follows_from_a_choice_is_not_shown():
    changes = {"activation": "prelu", "activation.slope": 0.25}
    summary = summarize(table(("a", 0, {}), ("b", 0, changes)))
    assert "activation" in summary
    assert "activation.slope" not in summary


def test_a_seed_that_failed_and_was_repeated_has_not_failed():
    networks = table(
        ("a", 0, {"status": "FAILED"}), ("a", 0, {}), ("a", 1, {"status": "FAILED"}), ("a", 2, {})
    )
    (row,) = summarize(networks).to_dict("records")
    assert (row["n"], row["failed"]) == (2, 1)


def test_a_network_that_was_stored_twice_counts_once():
    networks = table(("a", 0, {"accuracy/test": 0.5}), ("a", 0, {"accuracy/test": 0.7}))
    (row,) = summarize(networks).to_dict("records")
    assert (row["n"], row["accuracy/test"]) == (1, 0.7)


def test_a_configuration_of_which_all_seeds_failed_is_listed():
    networks = table(("a", 0, {}), ("b", 0, {"status": "FAILED", "accuracy/test": math.nan}))
    row = summarize(networks).set_index("configuration").loc["b"]
    assert (row["n"], row["failed"]) == (0, 1)
    assert math.isnan(row["accuracy/test"])


def test_an_empty_table_has_an_empty_summary():
    assert summarize(table(("a", 0, {})).iloc[:0]).empty


def several(count, **changes):
    curves = [make_curves(seed).assign(network=f"r{seed}") for seed in range(count)]
    return pd.concat(curves, ignore_index=True)


def test_mean_curves_average_over_networks():
    curves = several(4)
    means = mean_curves(curves)
    assert len(means) == 3 * len(EPOCHS)
    assert means["n"].eq(4).all()
    point = curves.query("layer == 'layer_2' and epoch == @EPOCHS[9]")["i_xt"]
    row = means.query("layer == 'layer_2' and epoch == @EPOCHS[9]").iloc[0]
    assert row["i_xt"] == pytest.approx(point.mean())
    half_width = mean_interval(point).half_width
    assert row["i_xt_high"] - row["i_xt"] == pytest.approx(half_width)
    assert row["i_xt"] - row["i_xt_low"] == pytest.approx(half_width)


def test_one_network_is_its_own_mean_without_an_interval():
    means = mean_curves(several(1))
    np.testing.assert_array_equal(means["i_ty"], make_curves(0)["i_ty"])
    assert means[["i_xt_low", "i_ty_high"]].isna().all(axis=None)


def test_an_undefined_measurement_makes_its_mean_undefined():
    curves = several(3)
    curves.loc[0, "i_xt"] = math.nan
    means = mean_curves(curves)
    assert means["i_xt"].isna().tolist() == [True] + [False] * (len(means) - 1)
    assert means["i_ty"].notna().all()
    assert means["n"].eq(3).all()


def test_mean_training_averages_every_column():
    training = pd.DataFrame(
        {"network": ["r0", "r1"] * 2, "epoch": [0, 0, 9, 9], "loss": [1.0, 3.0, 0.5, math.nan]}
    )
    means = mean_training(training)
    assert means["epoch"].tolist() == [0, 9]
    assert means["loss"].iloc[0] == 2.0
    assert math.isnan(means["loss"].iloc[1])


def test_mean_training_has_an_interval():
    losses = [1.0, 3.0, 2.5]
    training = pd.DataFrame({"network": ["r0", "r1", "r2"], "epoch": 4, "loss": losses})
    (row,) = mean_training(training).to_dict("records")
    half_width = mean_interval(pd.Series(losses))[1]
    assert row["loss_high"] - row["loss"] == pytest.approx(half_width)
    assert row["loss"] - row["loss_low"] == pytest.approx(half_width)
    assert math.isnan(mean_training(training[:1])["loss_low"].iloc[0])


def test_configurations_hold_what_their_seeds_have_in_common():
    networks = table(("a", 0, {"accuracy/test": 0.8}), ("a", 1, {}), ("b", 2, {}))
    training = pd.DataFrame({"network": ["r0", "r1"], "epoch": 0, "accuracy/test": [0.8, 0.9]})
    first, second = configurations(networks, several(2), training)
    assert (first.name, first.configuration) == ("relu", "a")
    assert first.choices == {"activation": "relu", "task": "spherical"}
    assert first.parameters == {"regularization.penalty": 0.0, "training.epochs": 500}
    assert first.statistics["networks"] == 2
    assert first.statistics["accuracy/test"] == pytest.approx(0.85)
    assert first.statistics["accuracy/test_ci95"] > 0
    assert first.curves["n"].eq(2).all()
    assert second.curves.empty
