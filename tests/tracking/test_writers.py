"""Two sweeps of eight processes write to one store, from its first use on, and lose nothing."""

import multiprocessing
import os
import time

import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.postgres import postgres
from tests.support.records import make_record
from tests.support.servers import free_port, serve, stop, wait_for

PROCESSES, RUNS = 16, 3


def options(folder, uri):
    return TrackingOptions.at(folder, uri=uri)


def write(folder, uri, barrier, process):
    os.environ["PGUSER"] = "ibsweep"  # the forkserver may be older than the test
    barrier.wait()
    store = open_store(options(folder, uri))
    for run in range(RUNS):
        store.log_network(
            make_record(RUNS * process + run, sweep=f"sweep{process % 2}"), figures={}
        )


def write_from_all_sides(folder, uri=None):
    """Write from 16 processes at once; return the seconds that they took."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["mlflow.tracking", "tests.support.records", "ibsweep.tracking"]
    )
    barrier, begin = context.Barrier(PROCESSES), time.monotonic()
    processes = [
        context.Process(target=write, args=(folder, uri, barrier, k)) for k in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    return time.monotonic() - begin


def assert_nothing_is_lost_or_doubled(store):
    table = store.networks()
    assert sorted(table["seed"]) == list(range(PROCESSES * RUNS))
    assert set(table["status"]) == {"FINISHED"}
    assert len(store.finished(table["fingerprint"])) == PROCESSES * RUNS
    assert len(store.networks(sweep="sweep1")) == PROCESSES * RUNS // 2
    found = store.connection.client.search_experiments()
    names = sorted(experiment.name for experiment in found)
    assert [name for name in names if name != "Default"] == ["ibsweep", "ibsweep-summary"]
    assert store.read_curves(table["run_id"])["network"].nunique() == PROCESSES * RUNS


@pytest.mark.slow
@pytest.mark.parametrize("time", range(5))
def test_sixteen_processes_write_to_one_sqlite_file(tmp_path, time, capfd):
    seconds = write_from_all_sides(tmp_path / "outputs")
    output = capfd.readouterr()
    assert "locked" not in output.err
    assert "Traceback" not in output.err
    assert_nothing_is_lost_or_doubled(open_store(options(tmp_path / "outputs", None)))
    print(f"{PROCESSES} processes, {PROCESSES * RUNS} runs: {seconds:.1f} s")


@pytest.mark.slow
def test_sixteen_processes_write_to_one_postgresql(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PGUSER", "ibsweep")
    with postgres() as uri:
        seconds = write_from_all_sides(tmp_path, uri)
        assert "Traceback" not in capfd.readouterr().err
        store = open_store(options(tmp_path, uri))
        assert_nothing_is_lost_or_doubled(store)
        print(f"{PROCESSES} processes, {PROCESSES * RUNS} runs: {seconds:.1f} s")


@pytest.mark.slow
def test_sixteen_processes_write_through_a_server_on_postgresql(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PGUSER", "ibsweep")
    port = free_port()
    with postgres() as database:
        server = serve(tmp_path, port, database)
        try:
            wait_for(f"http://127.0.0.1:{port}/health")
            seconds = write_from_all_sides(tmp_path, f"http://127.0.0.1:{port}")
            assert "Traceback" not in capfd.readouterr().err
            store = open_store(options(tmp_path, f"http://127.0.0.1:{port}"))
            assert_nothing_is_lost_or_doubled(store)
            print(f"{PROCESSES} processes, {PROCESSES * RUNS} runs: {seconds:.1f} s")
        finally:
            stop(server)
