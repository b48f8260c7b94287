"""A sweep on the nodes of a running Ray cluster, which see nothing of the client's folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.servers import free_port, mlflow_server, wait_for_port
from tests.sweeps.test_command_line import numbers, said, store_of
from tests.sweeps.test_far_workers import OVERRIDES, client, hides, split_far, started, sweep

pytest.importorskip("ray")
__all__ = ["client"]  # the fixture

RAY = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus", "1"]
HEAD = ["--head", "--node-ip-address", "127.0.0.1", "--include-dashboard", "false"]
HEAD += ["--disable-usage-stats"]


def wait_for_nodes(address, nodes):
    """Wait until so many nodes have joined a cluster."""
    count = f"import ray; ray.init({address!r}, log_to_driver=False); print(len(ray.nodes()))"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        counted = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True)
        if counted.stdout.strip() == str(nodes):
            return
        time.sleep(1)
    raise TimeoutError(f"{address} must have {nodes} nodes: {counted}")


@contextlib.contextmanager
def cluster(tmp_path, nodes):
    """Start nodes that do not see `tmp_path/client`; yield the address and the processes."""
    hide = hides(tmp_path / "client")
    if hide is None:
        pytest.skip("mount namespaces are not allowed here")
    port, code = free_port(), str(tmp_path / "code")
    address = f"127.0.0.1:{port}"
    path = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")]))
    head = [*hide, *RAY, *HEAD, "--port", str(port)]
    other = [*hide, *RAY, "--address", address]
    with contextlib.ExitStack() as stack:
        begin = [stack.enter_context(started(head, tmp_path / "node0", PYTHONPATH=path))]
        wait_for_port(port)
        for k in range(1, nodes):
            begin.append(
                stack.enter_context(started(other, tmp_path / f"node{k}", PYTHONPATH=path))
            )
            wait_for_nodes(address, k + 1)  # two that start at once take the same ports
        yield address, begin


@pytest.mark.slow
def test_a_node_of_ray_that_is_killed_costs_no_job_and_doubles_none(client, tmp_path):
    words = ["seed=range(60)", "training.epochs=2000", "hydra.launcher.max_ensemble=5"]
    local = tmp_path / "local"
    shutil.copytree(client, local)
    said(sweep(local, *OVERRIDES, *words))
    with mlflow_server(tmp_path) as server, cluster(tmp_path, 3) as (address, nodes):
        far = ["hydra.launcher.backend=ray", f"hydra.launcher.scheduler={address}"]
        words = [*OVERRIDES, *words, *far, f"tracking.uri={server}"]
        with ThreadPoolExecutor() as pool:
            running = pool.submit(sweep, client, *words)
            store = TrackingOptions.at(tmp_path, uri=server)
            while not running.done() and not len(open_store(store).networks()):
                time.sleep(0.5)
            os.killpg(nodes[-1].pid, signal.SIGKILL)
            said(running.result())
        runs = open_store(store).networks()
    assert sorted(runs.loc[runs["status"] == "FINISHED", "seed"]) == list(range(60))
    finished = numbers(runs[runs["status"] == "FINISHED"])
    pd.testing.assert_frame_equal(finished, numbers(store_of(local).networks()))


@pytest.mark.slow
def test_a_free_node_of_ray_takes_half_with_its_checkpoints(client, tmp_path):
    with mlflow_server(tmp_path) as server, cluster(tmp_path, 2) as (address, _):
        far = ["hydra.launcher.backend=ray", f"hydra.launcher.scheduler={address}"]
        split_far(client, tmp_path, server, *far)
