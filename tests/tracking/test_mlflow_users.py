"""What users of MLflow expect of a run: parameters, its data set, a note, few calls."""

import collections
import dataclasses
import math

import pytest
from mlflow.exceptions import MlflowException

from ibsweep.records import ConfigurationResult
from ibsweep.tasks import boolean
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_curves, make_job, make_record


class Picture:
    """Stands in for a Matplotlib figure."""

    def savefig(self, path):
        path.write_bytes(b"\x89PNG")


class Broken:
    """A figure that cannot be drawn."""

    def savefig(self, path):
        raise ValueError("no such symbol")


class Counting:
    """An MLflow client that counts its calls."""

    def __init__(self, client):
        self.client, self.calls = client, collections.Counter()

    def __getattr__(self, name):
        self.calls[name] += 1
        return getattr(self.client, name)


class Late(Counting):
    """A client that another process forestalls in naming a data set."""

    def log_inputs(self, *values, **options):
        self.calls["log_inputs"] += 1
        if self.calls["log_inputs"] == 1:
            raise MlflowException("duplicate key value violates unique constraint")
        self.client.log_inputs(*values, **options)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(TrackingOptions.at(tmp_path_factory.mktemp("outputs")))


@pytest.fixture(scope="module")
def client(store):
    return store.connection.client


@pytest.fixture(scope="module")
def run(store, client):
    record = make_record(3, scores={"accuracy/test": 0.9876})
    return client.get_run(store.log_network(record, figures={"information_plane/ebab": Picture()}))


@pytest.fixture(scope="module")
def failed(store):
    return store.log_failure(make_job(4), "diverged", started=1e9, epoch=12)


def matching(store, clause):
    runs = store.connection.client.search_runs([store.connection.networks], clause)
    return {one.info.run_id for one in runs}


@pytest.mark.parametrize(
    "clause",
    [
        "params.activation = 'relu'",
        "params.task = 'spherical'",
        "dataset.name = 'spherical'",
        f"dataset.digest = '{8 * 'd'}'",
        "dataset.context LIKE 'stratified%'",
    ],
)
def test_runs_are_found_by_choices_and_by_their_data(store, run, failed, clause):
    assert {run.info.run_id, failed} <= matching(store, clause)


def test_a_choice_that_a_parameter_is_named_like_gives_way(store, client):
    job = dataclasses.replace(make_job(5), choices={"seed": "none"})
    run_id = store.log_failure(job, "diverged", started=1e9)
    assert client.get_run(run_id).data.params["seed"] == "5"


def test_a_run_has_one_data_set_whose_context_is_the_split(run):
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("spherical", 8 * "d")
    (context,) = used.tags
    assert (context.key, context.value) == (
        "mlflow.data.context",
        "stratified: 12 train, 4 test",
    )


def test_without_a_task_there_is_no_data_set(store, client):
    job = dataclasses.replace(make_job(6), data=None)
    run = client.get_run(store.log_failure(job, "diverged", started=1e9))
    assert run.inputs.dataset_inputs == []


def test_a_note_says_how_a_network_did_and_where_its_plane_is(run):
    assert run.data.tags["mlflow.note.content"] == (
        "relu-seed3: test accuracy 0.988, compression of the hidden layers 0.300 (ebab)."
        " Plane: information_plane/ebab.png"
    )


def test_a_note_names_no_plane_that_was_not_drawn(store, client):
    planes = {"information_plane/ebab": Broken(), "information_plane/kde": Picture()}
    run = client.get_run(store.log_network(make_record(7), figures=planes))
    assert run.data.tags["mlflow.note.content"].endswith("Plane: information_plane/kde.png")
    assert run.data.tags["ibsweep.not_drawn"].startswith("information_plane/ebab: ValueError")


def test_a_note_says_that_a_network_failed_to_train_and_that_a_score_is_undefined(store, client):
    scores = {"failed_to_train": 1.0, "ebab/compression/hidden": math.nan}
    run = client.get_run(store.log_network(make_record(8, scores=scores), figures={}))
    note = run.data.tags["mlflow.note.content"]
    assert "failed to train, compression of the hidden layers undefined (ebab)" in note


def test_a_note_says_why_a_job_failed(client, failed):
    note = client.get_run(failed).data.tags["mlflow.note.content"]
    assert note == "relu-seed4 failed at epoch 12: diverged"


def test_an_aggregate_has_choices_as_parameters_and_a_note(store, client):
    result = ConfigurationResult(
        name="relu",
        configuration="relu",
        choices={"activation": "relu"},
        parameters={"training.epochs": 500},
        statistics={"networks": 2.0, "accuracy/test": 0.5, "ebab/compression/hidden": 0.25},
        curves=make_curves(),
        training=make_record().training,
    )
    planes = {"information_plane/ebab": Picture()}
    run_id = store.log_configuration(result, sweep="night", figures=planes)
    run = client.get_run(run_id)
    assert run.data.params == {"activation": "relu", "training.epochs": "500"}
    assert run.data.tags["mlflow.note.content"] == (
        "relu, mean of 2 networks: test accuracy 0.500, compression of the hidden layers 0.250"
        " (ebab). Plane: information_plane/ebab.png"
    )


def test_a_network_costs_one_call_of_each_kind(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    counting = Counting(store.connection.client)
    counted = type(store)(dataclasses.replace(store.connection, client=counting))
    scores = {"ebab/bound": math.inf}  # which costs a tag
    counted.log_network(make_record(1, scores=scores), figures={"plane": Broken()})
    once = ("create_run", "log_inputs", "log_batch", "set_terminated")
    assert counting.calls == dict.fromkeys(once, 1)


def test_a_data_set_that_another_process_names_at_the_same_time_is_named_once(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    late = Late(store.connection.client)
    forestalled = type(store)(dataclasses.replace(store.connection, client=late))
    run_id = forestalled.log_network(make_record(1), figures={})
    assert len(store.connection.client.get_run(run_id).inputs.dataset_inputs) == 1
    assert late.calls["log_inputs"] == 2


def test_what_was_stored_before_there_were_data_sets_and_notes_counts(store):
    client, job = store.connection.client, make_job(40)
    run = client.create_run(
        store.connection.networks,
        run_name=job.name,
        tags={
            "activation": "relu",
            "seed": "40",
            "ibsweep.kind": "network",
            "ibsweep.fingerprint": job.fingerprint,
            "ibsweep.complete": "1",
        },
    )
    client.log_param(run.info.run_id, "training.epochs", "500")
    client.set_terminated(run.info.run_id)
    assert store.finished([job.fingerprint]) == {job.fingerprint: run.info.run_id}
    row = store.networks().set_index("run_id").loc[run.info.run_id]
    assert (row["activation"], row["training.epochs"]) == ("relu", 500)


def test_a_trained_network_names_the_data_that_its_task_makes(typed, tmp_path):
    options = ["task=parity", "task.bits=6", "training.epochs=2", "training.batch_size=16"]
    done = typed(*options, "snapshots=linear", "snapshots.every=1")
    assert done.status == 0, done.stderr
    store = open_store(TrackingOptions.at(tmp_path / "outputs"))
    (run,) = store.connection.client.search_runs(
        [store.connection.networks], "params.split = 'stratified' and params.task = 'parity'"
    )
    (used,) = run.inputs.dataset_inputs
    assert used.dataset.digest == boolean.parity(bits=6).digest[:8]
    assert used.tags[0].value == "stratified: 51 train, 13 test"
    assert "bits" in used.dataset.source
