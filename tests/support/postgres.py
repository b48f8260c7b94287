"""A real PostgreSQL on loopback, stopped by its process id."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.servers import free_port


def postgres_programs():
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return Path(found).parent if found else (folders[-1] if folders else None)


@contextlib.contextmanager
def postgres():
    """Start a PostgreSQL of our own on loopback; it refuses to run as root."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg2")
    user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="ibsweep-pg-"))  # pytest's folders are closed to others
    if user:
        shutil.chown(folder, **user)
    port = free_port()
    make = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "ibsweep",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    subprocess.run(make, cwd=folder, check=True, stdout=subprocess.DEVNULL, **user)
    settings = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-c", "fsync=off"]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *settings],
            cwd=folder,
            stdout=log,
            stderr=log,
            **user,
        )
    try:
        make = ["createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "ibsweep", "runs"]
        for _ in range(60):
            if subprocess.run(make, cwd=folder, capture_output=True).returncode == 0:
                break
            time.sleep(0.5)
        yield f"postgresql+psycopg2://127.0.0.1:{port}/runs"
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown
        server.wait(timeout=30)
        shutil.rmtree(folder)
