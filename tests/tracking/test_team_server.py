"""A team's server: PostgreSQL, MLflow with passwords, two users; no password is written down."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.request

import pandas as pd
import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.postgres import postgres
from tests.support.servers import free_port, stop, wait_for
from tests.sweeps.test_command_line import TINY, command, numbers, said, store_of

PASSWORDS = {"admin": "administration-8d1f", "ann": "secret-of-ann-77", "bob": "secret-of-bob-99"}
AUTHENTICATION = """\
[mlflow]
default_permission = EDIT
database_uri = sqlite:///{folder}/users.db
admin_username = admin
admin_password = {admin}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


@contextlib.contextmanager
def team_server(folder, database):
    """Run an MLflow server that asks for a user and a password; yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (folder / "auth.ini").write_text(AUTHENTICATION.format(folder=folder, **PASSWORDS))
    words = ["--app-name", "basic-auth", "--workers", "1", "--port", str(port)]
    words += ["--backend-store-uri", database, "--artifacts-destination", str(folder / "served")]
    environment = {
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "cookies",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *words],
            env=os.environ | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(f"{address}/health")
        yield address
    finally:
        stop(server)


def user(name):
    return {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": PASSWORDS[name]}


def add_user(address, name):
    request = urllib.request.Request(
        f"{address}/api/2.0/mlflow/users/create",
        data=json.dumps({"username": name, "password": PASSWORDS[name]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    login = f"admin:{PASSWORDS['admin']}".encode()
    request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.mark.slow
def test_two_users_share_a_server_and_no_password_is_written(tmp_path, monkeypatch):
    pytest.importorskip("flask_wtf")
    monkeypatch.setenv("PGUSER", "ibsweep")
    folders = {name: tmp_path / name for name in ("server", "local", "ann", "bob")}
    for folder in folders.values():
        folder.mkdir()
    sweep = ["-m", *TINY, "activation=relu,tanh", "seed=range(3)"]
    said(command(folders["local"], *sweep))
    printed = []
    with postgres() as database, team_server(folders["server"], database) as address:
        for name in ("ann", "bob"):
            add_user(address, name)
        at = f"tracking.uri={address}"
        wrong = {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "a-wrong-one-55"}
        refused = command(folders["ann"], *sweep, at, **wrong)
        printed.append(refused.stderr)
        assert refused.returncode == 2 and len(refused.stderr.strip().splitlines()) == 1, printed
        assert "MLFLOW_TRACKING_PASSWORD" in refused.stderr
        half = [word for word in sweep if word != "activation=relu,tanh"]
        printed.append(said(command(folders["ann"], *half, at, **user("ann"))))
        printed.append(said(command(folders["bob"], *sweep, at, **user("bob"))))
        assert "3 of 6 already finished" in printed[-1]
        for key, value in user("bob").items():
            monkeypatch.setenv(key, value)
        runs = open_store(TrackingOptions.at(tmp_path, uri=address)).networks()
        dump = subprocess.run(
            ["pg_dump", "-h", "127.0.0.1", "-p", database.split(":")[-1].split("/")[0], "runs"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert set(runs["status"]) == {"FINISHED"}
    assert runs["fingerprint"].is_unique
    local = numbers(store_of(folders["local"]).networks())
    pd.testing.assert_frame_equal(numbers(runs).loc[local.index], local)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "auth.ini"]
    secrets = [*PASSWORDS.values(), "a-wrong-one-55"]
    for secret in secrets:
        assert secret not in dump
        assert not [text for text in printed if secret in text]
        assert not [path for path in files if secret.encode() in path.read_bytes()]
