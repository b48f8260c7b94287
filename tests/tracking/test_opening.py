"""Where runs are stored: options, first use, moved folders, and clear errors."""

import logging
import multiprocessing
import os
import shutil
import socket
import time
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ibsweep.tracking import StoreError, TrackingOptions, open_store
from tests.support.records import make_job, make_record
from tests.support.servers import free_port

CONF = Path(__file__).parents[2] / "conf"


def options(directory, uri=None, study="ibsweep", curves="metrics"):
    return TrackingOptions(uri, study, curves, directory)


@pytest.mark.parametrize("name", ["local", "server"])
def test_shipped_options_are_valid(name, monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    chosen = OmegaConf.to_container(OmegaConf.load(CONF / f"tracking/{name}.yaml"), resolve=True)
    address = TrackingOptions(**chosen, directory=tmp_path).address
    expected = {"local": f"sqlite:///{tmp_path}/mlflow.db", "server": "http://127.0.0.1:5000"}
    assert address == expected[name]


def test_the_environment_can_name_the_store(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.lab:5000")
    assert OmegaConf.load(CONF / "tracking/local.yaml").uri == "http://tracking.lab:5000"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"curves": "all"}, "tracking.curves must be one of metrics, artifact, got 'all'"),
        ({"study": ""}, "tracking.study must be a name"),
        ({"study": "../elsewhere"}, "tracking.study must not"),
        ({"study": "relu-summary"}, "tracking.study must not end in -summary"),
        ({"uri": "ftp://here"}, "tracking.uri must start with one of sqlite, http"),
        ({"uri": "./mlruns"}, "tracking.uri must start with one of sqlite, http"),
        ({"uri": "sqlite://"}, "tracking.uri must name a file"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        options(tmp_path, **wrong)


@pytest.mark.parametrize(
    ("uri", "remedy"),
    [
        (
            "http://me:hunter2@tracking.lab",
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        ),
        ("postgresql+psycopg2://me:hunter2@db/runs", "PGPASSWORD"),
        ("postgresql+psycopg2://db/runs?user=me&password=hunter2", "PGPASSWORD"),
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path, uri, remedy):
    with pytest.raises(ValueError, match=remedy) as caught:
        options(tmp_path, uri=uri)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("uri", [None, "sqlite:///{folder}/runs.db"])
def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(tmp_path, uri):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file/outputs"
    with pytest.raises(StoreError, match="must be in a folder") as caught:
        open_store(options(folder, uri and uri.format(folder=folder)))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_an_error_of_one_line(tmp_path):
    (tmp_path / "mlflow.db").write_text("these are my notes, " * 100)
    with pytest.raises(StoreError, match="tracking.uri must be usable") as caught:
        open_store(options(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_reported_at_once(tmp_path):
    port = free_port()
    begin = time.monotonic()
    with pytest.raises(StoreError, match="tracking.uri must be the address of a running server"):
        open_store(options(tmp_path, uri=f"http://127.0.0.1:{port}"))
    assert time.monotonic() - begin < 5


def test_a_server_that_never_answers_is_reported_soon(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        begin = time.monotonic()
        with pytest.raises(StoreError, match="timed out"):
            open_store(options(tmp_path, uri=f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert time.monotonic() - begin < 6


def open_and_write(folder, barrier, seed):
    barrier.wait()
    open_store(options(folder)).log_failure(make_job(seed), "only a test", started=1e9)


def test_eight_processes_can_open_an_empty_folder_at_once(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["mlflow.tracking", "tests.support.records", "ibsweep.tracking"]
    )
    folder, barrier = tmp_path / "outputs", context.Barrier(8)
    processes = [
        context.Process(target=open_and_write, args=(folder, barrier, seed)) for seed in range(8)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    assert capfd.readouterr() == ("", "")  # nothing of MLflow's first use reaches the user
    assert sorted(open_store(options(folder)).networks()["seed"]) == list(range(8))


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """Return a folder that holds a store; creating one takes a second or more."""
    folder = tmp_path_factory.mktemp("used")
    open_store(options(folder))
    return folder


def test_opening_changes_no_log_level_and_no_setting(used, monkeypatch):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    monkeypatch.setattr(logging.getLogger("alembic"), "level", logging.DEBUG)
    open_store(options(used, study="another"))
    assert logging.getLogger("alembic").level == logging.DEBUG
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "false"


def test_opening_again_costs_nothing(used):
    begin = time.perf_counter()
    assert open_store(options(used)) is open_store(options(used))
    assert time.perf_counter() - begin < 0.01


def test_a_deleted_study_is_not_written_to(used):
    store = open_store(options(used, study="old"))
    store.connection.client.delete_experiment(store.connection.networks)
    with pytest.raises(StoreError, match="tracking.study must not be a deleted experiment"):
        open_store(options(used, study="old", curves="artifact"))


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_a_store_can_be_moved_with_its_artifacts(used, tmp_path, move):
    before, after = tmp_path / "outputs", tmp_path / "elsewhere/outputs"
    shutil.copytree(used, before)
    run_id = open_store(options(before)).log_network(make_record(1), figures={})
    after.parent.mkdir()
    move(before, after)
    store = open_store(options(after))
    assert len(store.read_curves([run_id]))
    assert store.connection.client.get_run(run_id).info.artifact_uri.startswith(after.as_uri())
    assert store.connection.client.list_artifacts(run_id)  # the UI finds them too


def test_a_database_file_can_be_named(tmp_path):
    store = open_store(options(tmp_path / "outputs", uri=f"sqlite:///{tmp_path}/mine/runs.db"))
    run_id = store.log_network(make_record(1), figures={})
    assert (tmp_path / "mine/runs.db").is_file()
    assert (tmp_path / f"mine/artifacts/ibsweep/{run_id}/artifacts/curves.parquet").is_file()
    assert not (tmp_path / "outputs").exists()
