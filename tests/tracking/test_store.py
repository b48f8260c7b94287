"""What a stored network looks like to somebody who opens MLflow."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import EPOCHS, LAYERS, make_job, make_record


class Picture:
    """Stands in for a Matplotlib figure."""

    def savefig(self, path):
        path.write_bytes(b"\x89PNG")


class LastStraw(Picture):
    """A figure at which the process dies."""

    def savefig(self, path):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my outputs")  # with a blank, as on many desktops
    return open_store(TrackingOptions.at(folder))


@pytest.fixture(scope="module")
def record():
    return make_record(1, estimators=("ebab", "kde"), parts=("all", "test"))


@pytest.fixture(scope="module")
def run(store, record):
    run_id = store.log_network(record, figures={"information_plane/ebab": Picture()})
    return store.connection.client.get_run(run_id)


@pytest.fixture
def files(store, run):
    return store.connection.artifacts(run.info.experiment_id, run.info.run_id)


def history(store, run, name):
    points = store.connection.client.get_metric_history(run.info.run_id, name)
    return sorted(points, key=lambda point: point.step)


def test_importing_tracking_does_not_wait_for_mlflow():
    code = "import sys, ibsweep.tracking; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_stored_network_is_finished_and_complete(run):
    assert run.info.status == "FINISHED"
    assert run.data.tags["ibsweep.complete"] == "1"


def test_runs_can_be_filtered_by_every_choice_and_by_the_seed(run):
    assert run.data.tags["activation"] == "relu"
    assert run.data.tags["task"] == "spherical"
    assert run.data.tags["seed"] == "1"
    assert run.data.tags["ibsweep.kind"] == "network"
    assert run.data.tags["ibsweep.sweep.night"] == "1"


@pytest.mark.parametrize(
    "tag", ["host", "pid", "pid_start", "version.python", "version.torch", "version.mlflow"]
)
def test_a_run_tells_where_it_was_computed(run, tag):
    assert run.data.tags[f"ibsweep.{tag}"]
    assert run.data.tags["mlflow.user"]


def test_a_run_began_when_the_training_did(run, record):
    assert run.info.start_time == int(1000 * record.started)
    assert run.info.end_time - run.info.start_time > 29_000


def test_parameters_are_the_choices_and_the_flattened_configuration(run):
    assert run.data.params == {
        "activation": "relu",
        "task": "spherical",
        "training.epochs": "500",
        "regularization.penalty": "0.0",
        "seed": "1",
    }


def test_scores_and_durations_are_metrics_of_the_last_epoch(store, run, record):
    (score,) = history(store, run, "ebab/compression/hidden")
    assert (score.value, score.step) == (0.1, EPOCHS[-1])
    assert run.data.metrics["duration/training"] == 20.0


@pytest.mark.parametrize("name", ["ebab/I_XT/layer_1", "kde/I_TY/output", "ebab.test/I_XT/output"])
def test_a_curve_has_few_points_with_the_first_and_the_last(store, run, name):
    steps = [point.step for point in history(store, run, name)]
    assert 15 <= len(steps) <= 25
    assert (steps[0], steps[-1]) == (EPOCHS[0], EPOCHS[-1])


def test_the_points_of_a_curve_are_spread_over_the_time_of_training(store, run):
    times = [point.timestamp for point in history(store, run, "accuracy/test")]
    assert times == sorted(times)
    assert times[0] == run.info.start_time
    assert times[-1] - times[0] > 29_000


def test_no_snapshot_is_missing_in_the_curves_that_are_read_back(store, run, record):
    curves = store.read_curves([run.info.run_id])
    assert list(curves.columns[:2]) == ["network", "epoch"]
    assert set(curves["network"]) == {run.info.run_id}
    pd.testing.assert_frame_equal(curves.drop(columns="network"), record.curves)
    training = store.read_training([run.info.run_id]).drop(columns="network")
    pd.testing.assert_frame_equal(training, record.training)


def test_activity_and_weights_come_back_bit_for_bit(files, record):
    for k, epoch in enumerate(record.activity["epochs"]):
        with np.load(files / f"activations/epoch_{epoch}.npz") as kept:
            assert set(kept) == set(LAYERS)
            assert all(np.array_equal(kept[name], record.activity[name][k]) for name in kept)
    with np.load(files / "weights.npz") as kept:
        assert all(np.array_equal(kept[name], record.weights[name]) for name in record.weights)


def test_the_configuration_and_the_figures_are_kept(files, record):
    assert (files / "config.yaml").read_text() == record.job.config
    assert (files / "information_plane/ebab.png").read_bytes() == b"\x89PNG"


def test_mlflow_lists_the_artifacts_where_they_are(store, run):
    listed = store.connection.client.list_artifacts(run.info.run_id)
    assert {"activations", "config.yaml", "curves.parquet", "weights.npz"} <= {
        entry.path for entry in listed
    }


def test_an_infinite_value_is_stored_as_nan_and_flagged(store):
    record = make_record(2, scores={"ebab/bound": math.inf, "ebab/dead": math.nan})
    run = store.connection.client.get_run(store.log_network(record, figures={}))
    assert math.isnan(run.data.metrics["ebab/bound"])
    assert math.isnan(run.data.metrics["ebab/dead"])
    assert run.data.tags["ibsweep.infinite"] == "ebab/bound"


def test_curves_can_be_kept_out_of_the_database(store, tmp_path):
    options = store.options
    options = TrackingOptions(None, "lean", "artifact", options.directory)
    lean = open_store(options)
    run_id = lean.log_network(make_record(3), figures={})
    (point,) = lean.connection.client.get_metric_history(run_id, "ebab/I_XT/layer_1")
    assert point.step == EPOCHS[-1]
    assert lean.read_curves([run_id])["epoch"].nunique() == len(EPOCHS)


def test_a_long_parameter_is_visibly_cut(store):
    record = make_record(4)
    record.job.parameters["snapshots.epochs"] = list(range(3000))
    run = store.connection.client.get_run(store.log_network(record, figures={}))
    assert len(run.data.params["snapshots.epochs"]) == 6000
    assert run.data.params["snapshots.epochs"].endswith("…")


def test_many_parameters_and_metrics_are_all_stored(store):
    scores = {f"score/{k}": float(k) for k in range(2500)}
    record = make_record(5, scores=scores)
    record.job.parameters.update({f"option.{k}": k for k in range(250)})
    run = store.connection.client.get_run(store.log_network(record, figures={}))
    assert scores.items() <= run.data.metrics.items()
    assert run.data.params["option.249"] == "249"


def test_a_failure_says_why_and_when(store):
    run_id = store.log_failure(make_job(6), "weights are not finite", started=1e9, epoch=12)
    run = store.connection.client.get_run(run_id)
    assert run.info.status == "FAILED"
    assert run.data.tags["ibsweep.failure"] == "weights are not finite"
    assert run.data.tags["ibsweep.failed_epoch"] == "12"
    assert run.data.params["training.epochs"] == "500"


def test_a_network_that_dies_while_it_is_written_does_not_count(store):
    record = make_record(7)
    with pytest.raises(KeyboardInterrupt):
        store.log_network(record, figures={"plane": LastStraw()})
    assert store.finished([record.job.fingerprint]) == {}
    table = store.networks()
    assert table.set_index("fingerprint").loc[record.job.fingerprint, "status"] == "RUNNING"
