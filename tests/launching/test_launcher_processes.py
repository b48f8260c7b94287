"""The sweep's processes, and how they end."""

import os
import signal
import time

import psutil
import pytest
from hydra.core.singleton import Singleton

from tests.apps import fake
from tests.apps.sweeps import command, events, sweep


def eventually(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running(processes):
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def heed_interrupts():
    """Undo what a background job of a shell inherits: it ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def busy(tmp_path):
    """A sweep with two workers that train for minutes."""
    options = ["kind=relu,elu", "seed=range(3)", "wait_s=600", "hydra.launcher.workers=2"]
    process = command(tmp_path, *options, start_new_session=True, preexec_fn=heed_interrupts)
    eventually(lambda: len(events(tmp_path, "start")) == 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    yield process, workers
    process.kill()
    process.communicate()
    for worker in running(workers):
        worker.kill()


@pytest.mark.parametrize("group", [True, False])
def test_interrupted_sweep_exits_with_130_and_leaves_nothing(busy, tmp_path, group):
    process, workers = busy
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Interrupted" in output and "Traceback" not in output
    eventually(lambda: not running(workers))
    assert not list(tmp_path.glob(".running*"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_sweep(busy, number):
    process, workers = busy
    process.send_signal(number)
    eventually(lambda: not running(workers))


def test_command_lists_failures_and_exits_with_1(tmp_path):
    process = command(tmp_path, "seed=range(4)", "fail=[1,2]")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "2 of 4 jobs failed" in output and "#2 seed=2 fail=[1,2]: UnpicklableError" in output
    assert "Traceback" not in output


def test_thousand_jobs_start_soon(tmp_path):
    started = time.monotonic()
    process = command(tmp_path, "kind=a,b,c,d", "seed=range(250)", "wait_s=600")
    try:
        eventually(lambda: len(events(tmp_path, "start")) > 0)
        assert time.monotonic() - started < 30
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def untouched_singletons():
    state = Singleton.get_state()
    yield
    Singleton.set_state(state)


def test_dask_cluster_runs_a_sweep_and_survives_a_killed_worker(tmp_path, untouched_singletons):
    pytest.importorskip("distributed")
    options = ["hydra.launcher.backend=dask", "hydra.launcher.workers=2"]
    results = sweep(tmp_path, "kind=relu,elu", "seed=range(3)", "kill_once=[1]", *options)
    assert [result.return_value["num"] for result in results] == [*range(6)]
    assert os.getpid() not in {job["pid"] for job in events(tmp_path, "job")}


def test_a_dask_worker_of_several_threads_runs_one_package_at_a_time_and_later_workers_help(
    tmp_path,
):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=3, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        options = ["backend=dask", f"scheduler={cluster.scheduler_address}", "workers=2"]
        options = [f"hydra.launcher.{option}" for option in [*options, "max_ensemble=1"]]
        process = command(tmp_path, "kind=relu", "seed=range(8)", "wait_s=2", *options)
        eventually(lambda: events(tmp_path, "start"), timeout_s=60)
        cluster.scale(2)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    by_worker = {}
    for note in fake.notes(tmp_path):
        if note["event"] in ("start", "job"):
            by_worker.setdefault(note["pid"], []).append(note["event"])
    assert len(by_worker) == 2
    for happened in by_worker.values():
        assert happened == ["start", "job"] * (len(happened) // 2)
