"""Sweeps whose store fails in the middle: a disk that is full, a server that dies, a long lock."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.servers import free_port, serve, stop, wait_for
from tests.sweeps.test_command_line import command, numbers, store_of
from tests.tracking.test_patience import locked

SWEEP = [
    "-m",
    "activation=relu,tanh",
    "seed=range(12)",
    "training.epochs=300",
    "snapshots.count=12",
    "artifacts.activity_snapshots=1",
]
JOBS = 24
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def start(folder, *more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    return subprocess.Popen(
        [sys.executable, "-m", "ibsweep", *SWEEP, *more],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(fact, seconds=240):
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.5)


def is_begun(store):
    return (store.networks()["status"] == "FINISHED").any()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert command(folder, *SWEEP).returncode == 0
    return numbers(store_of(folder).networks())


def assert_same(runs, undisturbed):
    done = runs[runs["status"] == "FINISHED"]
    assert len(done) == done["fingerprint"].nunique() == JOBS
    assert not (runs["status"] == "RUNNING").any()
    assert numbers(done).equals(undisturbed)


@contextmanager
def small_disk(folder, megabytes):
    """Mount a small file system, and yield a function that makes it larger."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    done = subprocess.run([*mount, f"size={megabytes}m", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip(f"mounting a file system takes rights: {done.stderr.decode().strip()}")

    def enlarge(size):
        subprocess.run([*mount, f"remount,size={size}m", "tmpfs", folder], check=True)

    try:
        yield enlarge
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_nothing(tmp_path, undisturbed):
    disk = tmp_path / "disk"
    with small_disk(disk, 9) as enlarge:
        full = command(disk, *SWEEP)
        assert full.returncode != 0
        assert "Traceback" not in full.stdout + full.stderr
        assert "disk" in full.stderr + full.stdout or "space" in full.stderr + full.stdout
        enlarge(200)
        again = command(disk, *SWEEP)
        assert again.returncode == 0, again.stderr
        assert_same(store_of(disk).networks(), undisturbed)
        doctor = [sys.executable, "-m", "ibsweep.cli", "doctor"]
        checked = subprocess.run(doctor, cwd=disk, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


def test_a_server_that_restarts_in_the_middle_costs_time_alone(tmp_path, undisturbed):
    port = free_port()
    uri, servers = f"http://127.0.0.1:{port}", [serve(tmp_path, port)]
    try:
        wait_for(f"{uri}/health")
        process = start(tmp_path, "tracking=server", f"tracking.uri={uri}")
        store = open_store(TrackingOptions(uri, "ibsweep", "metrics", tmp_path))
        wait_until(lambda: is_begun(store))
        stop(servers[0])
        time.sleep(8)
        servers.append(serve(tmp_path, port))
        output, _ = process.communicate(timeout=900)
        assert process.returncode == 0, output
        assert "Traceback" not in output
        runs = store.networks()
        runs = runs[runs["status"] != "RUNNING"]  # a creation whose answer was lost: next start's
        assert_same(runs, undisturbed)
    finally:
        stop(servers[-1])


def test_a_store_that_is_locked_for_a_minute_costs_time_alone(tmp_path, undisturbed):
    process = start(tmp_path)
    wait_until((tmp_path / "outputs" / "mlflow.db").exists)
    store = store_of(tmp_path)
    wait_until(lambda: is_begun(store))
    locked(store, 60).join()
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    assert_same(store.networks(), undisturbed)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_told_to_stop_stops_and_goes_on(tmp_path, undisturbed, how):
    process = start(tmp_path)
    wait_until((tmp_path / "outputs" / "mlflow.db").exists)
    store = store_of(tmp_path)
    wait_until(lambda: is_begun(store))
    process.send_signal(how)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in (130, 143), output
    assert "Traceback" not in output
    again = command(tmp_path, *SWEEP)
    assert again.returncode == 0 and "already finished" in again.stdout + again.stderr
    assert_same(store.networks(), undisturbed)
