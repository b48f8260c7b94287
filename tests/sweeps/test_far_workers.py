"""A sweep on Dask workers that see nothing of the folder in which it was typed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from ibsweep.config.instantiation import ConfigError
from ibsweep.launching import scratch
from ibsweep.sweeps.networks import Networks
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.postgres import postgres
from tests.support.servers import free_port, mlflow_server, stop, wait_for_port
from tests.sweeps.test_command_line import TINY, command, numbers, said, store_of
from tests.sweeps.test_splitting import SPLIT, eager

distributed = pytest.importorskip("distributed")

OWN = """
import torch
def bent(x):
    return torch.where(x > 0, x, 0.1 * x)
"""
ACTIVATION = """
_target_: ibsweep.networks.activations.Activation
function: {_target_: own.bent, _partial_: true}
gain: 1.0
learned: {}
"""
DASK = [sys.executable, "-m", "dask"]


def hides(folder):
    """Return a command that runs another one where a folder looks empty; None if not allowed."""
    if shutil.which("unshare") is None:
        return None
    hide = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {folder} && exec "$@"', "sh"]
    allowed = subprocess.run([*hide, "true"], capture_output=True).returncode == 0
    return hide if allowed else None


@contextlib.contextmanager
def started(words, folder, **environment):
    """Run a program in a folder of its own, which is its home too."""
    folder.mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=clean | {"HOME": str(folder)} | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            stop(process)


@contextlib.contextmanager
def cluster(tmp_path, workers):
    """Start a scheduler and workers that do not see `tmp_path/client`; yield its address."""
    hide = hides(tmp_path / "client")
    if hide is None:
        assert "CI" not in os.environ, "mount namespaces must be allowed in CI"
        pytest.skip("mount namespaces are not allowed here")
    port, code = free_port(), str(tmp_path / "code")
    address = f"tcp://127.0.0.1:{port}"
    scheduler = [*DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [*hide, *DASK, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    path = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")]))
    with contextlib.ExitStack() as stack:
        stack.enter_context(started(scheduler, tmp_path / "scheduler"))
        wait_for_port(port)
        processes = [
            stack.enter_context(started(worker, tmp_path / f"worker{k}", PYTHONPATH=path))
            for k in range(workers)
        ]
        yield address, processes


@pytest.fixture
def client(tmp_path):
    """Make the folder of a user with data, an activation and its configuration."""
    folder, code = tmp_path / "client", tmp_path / "code"
    (folder / "conf/activation").mkdir(parents=True)
    (folder / "conf/activation/bent.yaml").write_text(ACTIVATION)
    code.mkdir()
    (code / "own.py").write_text(OWN)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    np.savez(folder / "data.npz", x=x, y=(x[:, 0] > 0).astype(int))
    return folder


def sweep(folder, *words):
    code = os.pathsep.join(
        filter(None, [str(folder.parent / "code"), os.environ.get("PYTHONPATH")])
    )
    words = ["--config-dir", "conf", "-m", *TINY, *words]
    return command(folder, *words, PYTHONPATH=code)


OVERRIDES = [
    *("task=arrays", "task.path=data.npz", "activation=bent"),
    *("trusted_targets=[own.]", "network.hidden=[4,3]", "training.batch_size=64", "seed=range(4)"),
    "hydra.launcher.max_ensemble=2",
]


def test_workers_need_the_store_alone(client, tmp_path):
    local = tmp_path / "local"
    shutil.copytree(client, local)
    said(sweep(local, *OVERRIDES))
    with mlflow_server(tmp_path) as server, cluster(tmp_path, 2) as (scheduler, _):
        far = ["hydra.launcher.backend=dask", f"hydra.launcher.scheduler={scheduler}"]
        words = [*OVERRIDES, *far, f"tracking.uri={server}"]
        said(sweep(client, *words))
        runs = open_store(TrackingOptions.at(tmp_path, uri=server)).networks()
        pd.testing.assert_frame_equal(numbers(runs), numbers(store_of(local).networks()))
        assert "4 of 4 already finished" in said(sweep(client, *words))
        refused = sweep(client, *OVERRIDES, *far, "rerun=true")
        assert refused.returncode == 2
        (line,) = refused.stderr.strip().splitlines()[-1:]
        assert "tracking.uri must be a server's address" in line, refused.stderr
    (folder, *_) = sorted((client / "outputs/sweeps").iterdir())
    for num in range(4):
        assert (folder / str(num) / ".hydra/config.yaml").is_file()
        assert "accuracy" in (folder / str(num) / "ibsweep.log").read_text()
    assert not list(folder.glob(".running-*"))
    assert not list((tmp_path / "worker0").glob("**/*.npz"))


@pytest.mark.slow
def test_a_worker_that_is_killed_or_retired_costs_no_job_and_doubles_none(
    client, tmp_path, monkeypatch
):
    words = ["seed=range(60)", "training.epochs=2000", "hydra.launcher.max_ensemble=5"]
    local = tmp_path / "local"
    shutil.copytree(client, local)
    said(sweep(local, *OVERRIDES, *words))
    monkeypatch.setenv("PGUSER", "ibsweep")
    with (
        postgres() as database,
        mlflow_server(tmp_path, database) as server,
        cluster(tmp_path, 3) as (scheduler, workers),
    ):
        far = ["hydra.launcher.backend=dask", f"hydra.launcher.scheduler={scheduler}"]
        words = [*OVERRIDES, *words, *far, f"tracking.uri={server}"]
        with (
            ThreadPoolExecutor() as pool,
            distributed.Client(scheduler, set_as_default=False) as dask,
        ):
            running = pool.submit(sweep, client, *words)
            while not running.done() and not all(dask.processing().values()):
                time.sleep(0.1)
            time.sleep(1.0)
            os.kill(workers[0].pid, signal.SIGKILL)
            dask.retire_workers(workers=list(dask.scheduler_info()["workers"])[-1:])
            said(running.result())
        runs = open_store(TrackingOptions.at(tmp_path, uri=server)).networks()
    assert sorted(runs.loc[runs["status"] == "FINISHED", "seed"]) == list(range(60))
    finished = numbers(runs[runs["status"] == "FINISHED"])
    pd.testing.assert_frame_equal(finished, numbers(store_of(local).networks()))


def test_what_workers_differ_in_is_said():
    here = scratch.versions()
    assert scratch.difference(here, here) is None
    assert scratch.difference(here, here | {"torch": "1.0"}) == f"torch 1.0 for {here['torch']}"


def test_a_job_does_not_move_where_its_results_would_be_lost(composed, tmp_path):
    networks = Networks()
    with pytest.raises(ConfigError, match="tracking.uri must be a server's address, .* got None"):
        networks.move(composed(), tmp_path, False)
    config = composed("tracking.uri=http://127.0.0.1:5000", "task=mnist", "task.root=data/mnist")
    networks.move(config, tmp_path, False)
    assert config.directory == str(tmp_path / "outputs")
    assert config.task.root.startswith(str(tmp_path / "data"))


UNEVEN = ["training.epochs=5,3000", "training.engine=torch", "seed=range(6)"]


def split_far(client, tmp_path, server, *far):
    """Run an uneven sweep on far workers, and compare it with one of a single local worker."""
    local, code = tmp_path / "local", str(tmp_path / "code")
    shutil.copytree(client, local)
    words = [*OVERRIDES, *UNEVEN, "hydra.launcher.max_ensemble=6"]
    said(sweep(local, *words, "hydra.launcher.workers=1"))
    path = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")]))
    words = ["--config-dir", "conf", "-m", *TINY, *words, *far, f"tracking.uri={server}"]
    assert SPLIT in said(eager(client, *words, PYTHONPATH=path))
    runs = open_store(TrackingOptions.at(tmp_path, uri=server)).networks()
    assert list(runs["status"]) == ["FINISHED"] * 12
    pd.testing.assert_frame_equal(numbers(runs), numbers(store_of(local).networks()))


@pytest.mark.slow
def test_a_free_worker_far_away_takes_half_with_its_checkpoints(client, tmp_path):
    with mlflow_server(tmp_path) as server, cluster(tmp_path, 2) as (scheduler, _):
        far = ["hydra.launcher.backend=dask", f"hydra.launcher.scheduler={scheduler}"]
        split_far(client, tmp_path, server, *far)
