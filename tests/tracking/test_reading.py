"""Asking a store for its networks, on this machine and on a server."""

import contextlib

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis import configurations, summarize
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import EPOCHS, make_job, make_record
from tests.support.servers import mlflow_server


@pytest.fixture(scope="module", params=["local", "server"])
def store(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with contextlib.ExitStack() as stack:
        server = request.param == "server"
        uri = stack.enter_context(mlflow_server(folder)) if server else None
        yield filled(open_store(TrackingOptions.at(folder, uri=uri)))


def filled(store):
    """Store three finished networks, and one that failed."""
    for seed in range(2):
        store.log_network(make_record(seed), figures={})
    store.log_network(make_record(5, activation="tanh", sweep="day"), figures={})
    store.log_failure(make_job(2), "diverged", started=1.7e9, epoch=3)
    return store


def test_every_run_is_a_row_with_typed_columns(store):
    table = store.networks()
    assert len(table) == 4
    assert list(table.columns[:4]) == ["run_id", "name", "status", "seed"]
    first = table.set_index("name").loc["relu-seed1"]
    assert (first["seed"], first["samples"], first["training.epochs"]) == (1, 16, 500)
    assert (first["activation"], first["status"]) == ("relu", "FINISHED")
    assert first["ebab/compression/hidden"] == 0.1
    assert first["accuracy/test"] == pytest.approx(0.9)
    failed = table.set_index("name").loc["relu-seed2"]
    assert (failed["status"], failed["failure"]) == ("FAILED", "diverged")
    assert np.isnan(failed["ebab/compression/hidden"])


def test_networks_of_one_sweep_can_be_asked_for(store):
    assert set(store.networks(sweep="night")["seed"]) == {0, 1, 2}
    assert set(store.networks(sweep="day")["seed"]) == {5}
    assert store.networks(sweep="never").empty


def test_a_run_can_belong_to_two_sweeps(store):
    known = store.finished([make_job(0).fingerprint])
    store.join_sweep(known.values(), "week")
    assert set(store.networks(sweep="week")["seed"]) == {0}
    assert 0 in set(store.networks(sweep="night")["seed"])


def test_a_filter_picks_runs(store):
    assert set(store.networks(filter="tags.activation = 'tanh'")["seed"]) == {5}
    good = "metrics.`ebab/compression/hidden` >= 0.1 and attributes.status = 'FINISHED'"
    assert set(store.networks(filter=good, sweep="night")["seed"]) == {1}


def test_a_wrong_filter_is_an_error_of_one_line(store):
    with pytest.raises(ValueError, match="filter must be an MLflow filter") as caught:
        store.networks(filter="activation is relu")
    assert "\n" not in str(caught.value)


def test_finished_jobs_are_found_and_failed_ones_are_not(store):
    fingerprints = [make_job(seed).fingerprint for seed in range(4)]
    done = store.finished(fingerprints)
    assert set(done) == set(fingerprints[:2])
    table = store.networks().set_index("run_id")
    assert table.loc[list(done.values()), "fingerprint"].tolist() == list(done)
    assert store.finished(f"unknown-{k}" for k in range(1000)) == {}


def test_curves_of_many_networks_come_in_one_table(store):
    runs = store.networks(filter="attributes.status = 'FINISHED'")["run_id"]
    curves = store.read_curves(runs)
    assert curves.groupby("network").size().tolist() == [3 * len(EPOCHS)] * 3
    assert set(curves["network"]) == set(runs)
    assert store.read_curves([]).empty


def test_a_run_without_curves_is_named(store):
    failed = store.networks(filter="attributes.status = 'FAILED'")["run_id"].iloc[0]
    with pytest.raises(FileNotFoundError, match=f"run {failed} has no curves.parquet"):
        store.read_curves([failed])


def test_a_sweep_leaves_a_summary(store):
    networks = store.networks(sweep="night")
    runs = networks.loc[networks["status"] == "FINISHED", "run_id"]
    (result,) = configurations(networks, store.read_curves(runs), store.read_training(runs))
    client = store.connection.client
    run = client.get_run(store.log_configuration(result, sweep="night", figures={}))
    assert (run.info.status, run.info.run_name) == ("FINISHED", "relu")
    assert run.data.tags["activation"] == "relu"
    assert run.data.tags["ibsweep.kind"] == "configuration"
    assert run.data.metrics["ebab/compression/hidden"] == pytest.approx(0.05)
    assert run.data.metrics["networks"] == 2
    low, mean, high = (
        run.data.metrics[f"ebab/{name}/layer_2"] for name in ("I_XT_low", "I_XT", "I_XT_high")
    )
    assert low < mean < high
    for name in ("ebab/I_XT_low/layer_2", "ebab/I_XT/layer_2", "accuracy/test_high"):
        assert len(client.get_metric_history(run.info.run_id, name)) > 15
    assert store.read_curves([run.info.run_id])["n"].eq(2).all()


def test_the_run_of_a_sweep_keeps_command_and_table(store, tmp_path):
    summary = summarize(store.networks(sweep="night"))
    run_id = store.log_sweep(
        "night", command="python -m ibsweep -m", summary=summary, files={"report.html": "<p>Hi"}
    )
    run = store.connection.client.get_run(run_id)
    assert run.data.tags["ibsweep.command"] == "python -m ibsweep -m"
    assert (run.data.metrics["n"], run.data.metrics["failed"]) == (2, 1)
    kept = store.connection.client.download_artifacts(run_id, "summary.csv", str(tmp_path))
    pd.testing.assert_frame_equal(pd.read_csv(kept), summary, check_dtype=False)
    listed = {entry.path for entry in store.connection.client.list_artifacts(run_id)}
    assert listed == {"checksums.json", "report.html", "summary.csv", "summary.html"}


def test_summaries_are_not_among_the_networks(store):
    assert set(store.networks()["name"]) == {
        "relu-seed0",
        "relu-seed1",
        "relu-seed2",
        "tanh-seed5",
    }


def test_weights_activity_and_configuration_come_back_as_they_were_written(store):
    run_id = store.finished([make_job(1).fingerprint])[make_job(1).fingerprint]
    record = make_record(1)
    weights = store.read_weights(run_id)
    assert all(np.array_equal(weights[name], record.weights[name]) for name in record.weights)
    last = store.read_activity(run_id, EPOCHS[-1])
    assert all(np.array_equal(values, record.activity[name][-1]) for name, values in last.items())
    assert store.read_config(run_id) == record.job.config
    with pytest.raises(FileNotFoundError, match=f"run {run_id} has no activations/epoch_499.npz"):
        store.read_activity(run_id, 499)
