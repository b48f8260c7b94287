"""Shows a store in MLflow's user interface."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable

from ibsweep.tracking.options import StoreError
from ibsweep.tracking.store import Store

_START_SECONDS = 120


def page(store: Store, address: str) -> str:
    """Return the address of the study's networks in the interface at `address`."""
    number = store.connection.networks
    return f"{address.rstrip('/')}/#/experiments/{number}/runs?workflowType=machine_learning"


def serve(store: Store, *, host: str, port: int, ready: Callable[[str], object]) -> int:
    """Run MLflow's server on a store until it is stopped, and return its exit status.

    Args:
        store: A store that is not behind a server already.
        host: Network interface to listen on.
        port: Port to listen on.
        ready: Called with the page's address as soon as the server answers.

    Raises:
        StoreError: If the server does not start.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port)]
    command += ["--backend-store-uri", store.options.address, "--workers", "1"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(command, env=os.environ | quiet, start_new_session=True)
    try:
        _wait(server, f"http://{host}:{port}")
        ready(page(store, f"http://{host}:{port}"))
        return server.wait()
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


def _wait(server: "subprocess.Popen[bytes]", address: str) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                if server.poll() is None:
                    return
        except OSError:
            time.sleep(0.25)
    raise StoreError(f"--port must be free for MLflow's server, got no answer at {address}")
