"""Real MLflow servers for the tests, on loopback, stopped by their process ids."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def free_port():
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def serve(folder, port, database=None):
    """Start a server; its data lie in the folder, or in a database."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", database or f"sqlite:///{folder}/server.db"]
    command += ["--artifacts-destination", str(folder / "served")]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with open(folder / "server.log", "a") as log:
        return subprocess.Popen(
            command, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True
        )


def wait_for(address):
    """Wait until a server answers."""
    for _ in range(240):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.25)
    raise TimeoutError(address)


def stop(server, how=signal.SIGKILL):
    """End a server and its workers."""
    os.killpg(server.pid, how)
    server.wait(timeout=20)


@contextlib.contextmanager
def mlflow_server(folder, database=None):
    """Run a server, and yield its address."""
    port = free_port()
    server = serve(folder, port, database)
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server, signal.SIGTERM)


def wait_for_port(port):
    """Wait until somebody listens on a port of loopback."""
    for _ in range(240):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.25)
    raise TimeoutError(port)
