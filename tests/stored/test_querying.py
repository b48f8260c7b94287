"""Querying a store: one row a network, and what belongs to it."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import ibsweep
from ibsweep.stored.querying import runs_of
from ibsweep.tracking import StoreError, TrackingOptions, open_store, read_store
from tests.support.records import EPOCHS, make_record


def remeasured(record, estimator, value, **changes):
    """Another run of a network, measured by an estimator with a score of its own."""
    job = dataclasses.replace(
        record.job,
        fingerprint=f"{record.job.fingerprint}-{estimator}-{value}",
        parameters=record.job.parameters | {f"estimator.{estimator}.bins": value},
    )
    scores = {f"{estimator}/compression/hidden": value, "failed_to_train": 0.0}
    curves = record.curves.assign(estimator=estimator, i_xt=record.curves["i_xt"] + value)
    started = record.started + 1 + value
    record = dataclasses.replace(record, job=job, curves=curves, scores=scores, started=started)
    return dataclasses.replace(record, **changes)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Four networks; the first was measured by `akde` later, and once more with other options."""
    folder = tmp_path_factory.mktemp("outputs")
    store = open_store(TrackingOptions.at(folder))
    first, *others = (make_record(seed) for seed in range(3))
    for record in (first, *others, make_record(0, activation="elu")):
        store.log_network(record, figures={})
    for value in (2.0, 3.0):
        store.log_network(remeasured(first, "akde", value), figures={})
    undefined = {"akde/compression/hidden": math.nan, "failed_to_train": 0.0}
    store.log_network(remeasured(others[0], "akde", 2.0), figures={})
    store.log_network(remeasured(others[0], "akde", 5.0, scores=undefined), figures={})
    store.log_failure(make_record(9).job, "it diverged", started=0.0)
    return folder


@pytest.fixture
def networks(outputs, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return ibsweep.runs(directory=outputs)


def test_every_network_has_one_row_whoever_measured_it(networks):
    assert len(networks) == networks["training_fingerprint"].nunique() == 4
    row = networks.query("activation == 'relu' and seed == 0").iloc[0]
    assert len(row["run_ids"]) == 3
    assert row["run_id"] == row["run_ids"][-1]
    assert row["estimator"] == "akde,ebab"
    assert row["ebab/compression/hidden"] == 0.0
    assert networks.query("activation == 'elu'")["estimator"].item() == "ebab"


def test_of_two_measurements_by_one_estimator_the_newest_counts_whole(networks):
    row = networks.query("activation == 'relu' and seed == 0").iloc[0]
    assert row["akde/compression/hidden"] == row["estimator.akde.bins"] == 3.0
    curves = ibsweep.curves(networks[networks["run_id"] == row["run_id"]])
    ebab, akde = (curves[curves["estimator"] == name]["i_xt"] for name in ("ebab", "akde"))
    np.testing.assert_allclose(akde, ebab.to_numpy() + 3.0)


def test_an_undefined_score_is_not_replaced_by_an_older_one(networks):
    row = networks.query("activation == 'relu' and seed == 1").iloc[0]
    assert math.isnan(row["akde/compression/hidden"])
    assert row["estimator.akde.bins"] == 5.0


def test_a_filter_is_a_query_on_the_columns(outputs):
    chosen = ibsweep.runs("seed < 2 and `ebab/compression/hidden` > .05", directory=outputs)
    assert chosen["seed"].tolist() == [1]


@pytest.mark.parametrize("text", ["nonsense > 1", "seed", "seed >", "", "@os.sep == '/'", "x = 1"])
def test_a_filter_that_is_no_condition_is_one_clear_error(outputs, text):
    with pytest.raises(ValueError, match="^filter must be .* got") as caught:
        ibsweep.runs(text, directory=outputs)
    assert "\n" not in str(caught.value)


def test_curves_of_chosen_rows_name_their_networks(networks):
    chosen = networks[networks["seed"] == 2]
    curves = ibsweep.curves(chosen)
    assert curves.columns.tolist() == [
        *("network", "epoch", "layer", "estimator", "part", "i_xt", "i_ty", "i_ty_floor"),
        *("i_xt_error", "i_ty_error"),
    ]
    assert set(curves["network"]) == set(chosen["run_id"])
    assert curves["i_ty_floor"].isna().all()
    pd.testing.assert_series_equal(
        curves["i_xt"], make_record(2).curves["i_xt"], check_index=False
    )


def test_training_has_one_row_a_network_and_snapshot(networks):
    training = ibsweep.training(networks)
    assert len(training) == 4 * len(EPOCHS)
    assert set(training["network"]) == set(networks["run_id"])


def test_activity_is_what_was_logged(networks):
    row = networks.query("activation == 'relu' and seed == 2").iloc[0]
    logged = make_record(2).activity
    held = ibsweep.activity(row, int(EPOCHS[20]))
    for name, values in held.items():
        np.testing.assert_array_equal(values, logged[name][1])


def test_a_table_that_lost_its_store_says_so(networks):
    with pytest.raises(ValueError, match=r"runs must be rows of what ibsweep\.runs returned"):
        ibsweep.curves(pd.DataFrame(networks.to_dict("list")))


def test_a_sweep_without_networks_is_an_empty_table(outputs):
    assert ibsweep.runs(sweep="day", directory=outputs).empty


def test_a_store_that_is_not_there_is_not_created(tmp_path):
    with pytest.raises(StoreError, match="directory must hold a store"):
        ibsweep.runs(directory=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_environment_names_the_store(outputs, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{outputs}/mlflow.db")
    assert len(ibsweep.runs(directory=tmp_path)) == 4


def test_an_open_store_is_asked_itself_whatever_the_environment_names(
    outputs, monkeypatch, tmp_path
):
    store = read_store(TrackingOptions.at(outputs))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    networks = runs_of(store, "activation == 'elu'")
    assert len(ibsweep.curves(networks)) == 3 * len(EPOCHS)


def test_the_database_gives_what_mlflow_gives(outputs):
    store = open_store(TrackingOptions.at(outputs))
    for sweep in (None, "night"):
        direct = store.networks(sweep=sweep)
        through = store.networks(sweep=sweep, filter="attributes.start_time > 0 ")
        columns = sorted(through)
        direct = direct[direct["started"] > pd.Timestamp(0, tz="UTC")]
        pd.testing.assert_frame_equal(
            direct[columns].reset_index(drop=True), through[columns], check_dtype=False
        )


def test_importing_the_package_imports_nothing_heavy():
    code = "import ibsweep, sys; print({'torch', 'mlflow', 'hydra', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
