"""A store that is locked or restarts costs time, and no run."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest

from ibsweep.tracking import StoreError, TrackingOptions, open_store, patience
from tests.support.records import make_record
from tests.support.servers import free_port, serve, stop, wait_for


@pytest.fixture
def store(tmp_path):
    return open_store(TrackingOptions.at(tmp_path))


def hold(database, seconds, held):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        held.set()
        time.sleep(seconds)


def locked(store, seconds):
    """Lock the database from now on, for some seconds."""
    held = threading.Event()
    arguments = (store.options.database, seconds, held)
    thread = threading.Thread(target=hold, args=arguments)
    thread.start()
    held.wait()
    return thread


@pytest.mark.slow
def test_a_run_survives_a_lock_of_a_minute(store, capfd):
    record, begin = make_record(1), time.monotonic()
    thread = locked(store, 60)
    store.log_network(record, figures={})
    thread.join()
    assert time.monotonic() - begin > 60
    assert store.networks()["status"].tolist() == ["FINISHED"]
    assert store.finished([record.job.fingerprint])
    assert "Traceback" not in capfd.readouterr().err


def busy(times):
    """Return a call that finds the database locked the first times."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    tries = iter(range(times))

    def call():
        for _ in tries:
            raise MlflowException("database is locked\nmore", TEMPORARILY_UNAVAILABLE)
        return "written"

    return call


def test_a_call_is_made_again_until_the_store_is_free():
    assert patience.patiently(busy(3), "here") == "written"


def test_a_store_that_stays_locked_is_an_error_of_one_line():
    with pytest.raises(
        StoreError, match="must stay usable, got no use of 'here' in 1 s"
    ) as caught:
        patience.patiently(busy(1000), "here", seconds=0.6)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_tried_again(store):
    from mlflow.exceptions import MlflowException

    begin = time.monotonic()
    with pytest.raises(MlflowException, match="not found"):
        store.connection.client.get_run("0" * 32)
    assert time.monotonic() - begin < 1


class Interruption:
    """A figure that is drawn while the server dies, to come back five seconds later."""

    def __init__(self, server, restart):
        self.server, self.restart = server, restart

    def savefig(self, path):
        stop(self.server)
        path.write_bytes(b"\x89PNG")
        threading.Timer(5, self.restart).start()


@pytest.mark.slow
def test_a_run_survives_a_restart_of_the_server_in_the_middle_of_its_writing(tmp_path):
    port = free_port()
    uri, servers = f"http://127.0.0.1:{port}", [serve(tmp_path, port)]
    try:
        wait_for(f"{uri}/health")
        store = open_store(TrackingOptions.at(tmp_path, uri=uri))
        record = make_record(1)
        figure = Interruption(servers[0], lambda: servers.append(serve(tmp_path, port)))
        run_id = store.log_network(record, figures={"plane": figure})
        assert len(servers) == 2
        assert store.networks()["status"].tolist() == ["FINISHED"]
        assert store.finished([record.job.fingerprint]) == {record.job.fingerprint: run_id}
        assert len(store.read_curves([run_id])) == len(record.curves)
    finally:
        stop(servers[-1])
