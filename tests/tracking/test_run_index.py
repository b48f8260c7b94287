"""The index of runs: what it gives is what the database holds, whatever happened since."""

import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from ibsweep.tracking import TrackingOptions, open_store, run_index
from tests.support.records import make_record


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Five networks, few as they are, with an index of them."""
    monkeypatch.setattr(run_index, "LEAST", 3)
    store = open_store(TrackingOptions.at(tmp_path))
    for seed in range(5):
        store.log_network(make_record(seed), figures={})
    store.networks()
    assert index(store).exists()
    return store


def index(store):
    return run_index.index_path(store.options.database, store.connection.networks, kind="network")


def execute(store, query, *values):
    with closing(sqlite3.connect(store.options.database)) as connection, connection:
        connection.execute(query, values)


def from_scratch(store):
    """Return the table without any index."""
    index(store).unlink(missing_ok=True)
    return store.networks()


def log_another(store, run_id):
    store.log_network(make_record(9, activation="elu"), figures={})


def log_a_metric(store, run_id):
    store.connection.client.log_metric(run_id, "accuracy/test", 0.125, step=10**6)
    store.connection.client.log_metric(run_id, "mine/new", 2.0)


def log_a_parameter(store, run_id):
    store.connection.client.log_param(run_id, "mine.note", "seven")


def change_a_tag(store, run_id):
    store.connection.client.set_tag(run_id, "activation", "mine")


def rename(store, run_id):
    store.connection.client.update_run(run_id, name="renamed")


def delete(store, run_id):
    store.connection.client.delete_run(run_id)


def delete_and_restore(store, run_id):
    """Let the index be written while the run is deleted."""
    store.connection.client.delete_run(run_id)
    from_scratch(store)
    store.connection.client.restore_run(run_id)


def use_row_numbers_again(store, run_id):
    """Remove the newest run for good, as MLflow's collection does, and log another."""
    newest = store.networks()["run_id"].iloc[0]
    for table in ("tags", "params", "metrics", "latest_metrics", "runs"):
        execute(store, f"DELETE FROM {table} WHERE run_uuid = ?", newest)
    store.log_network(make_record(11), figures={})


def vacuum(store, run_id):
    """Remove an old run and number the rows anew, then add."""
    oldest = store.networks()["run_id"].iloc[-1]
    for table in ("tags", "params", "metrics", "latest_metrics", "runs"):
        execute(store, f"DELETE FROM {table} WHERE run_uuid = ?", oldest)
    with closing(sqlite3.connect(store.options.database)) as connection:
        connection.execute("VACUUM")
    log_a_metric(store, run_id)


@pytest.mark.parametrize(
    "change",
    [
        *(log_another, log_a_metric, log_a_parameter, change_a_tag, rename, delete),
        *(delete_and_restore, use_row_numbers_again, vacuum),
    ],
)
def test_whatever_changed_the_index_gives_what_the_database_holds(store, change):
    before = store.networks()
    change(store, before["run_id"].iloc[2])
    indexed = store.networks()
    whole = from_scratch(store)
    pd.testing.assert_frame_equal(indexed[sorted(indexed)], whole[sorted(whole)])
    assert change is delete_and_restore or not indexed.equals(before)


def test_the_index_is_what_is_read(store):
    """A value that MLflow never changes in place, changed: the index still has the old one."""
    run_id = store.networks()["run_id"].iloc[0]
    execute(store, "UPDATE params SET value = '77' WHERE run_uuid = ? AND key = 'seed'", run_id)
    query = "UPDATE latest_metrics SET value = 77 WHERE run_uuid = ? AND key = 'accuracy/test'"
    execute(store, query, run_id)
    assert 77 not in store.networks()["accuracy/test"].tolist()
    assert 77 in from_scratch(store)["accuracy/test"].tolist()


def test_an_unchanged_store_is_read_from_the_index_alone(store, monkeypatch):
    expected = store.networks()
    read = []
    monkeypatch.setattr(run_index, "_read", lambda *given: read.append(given))
    pd.testing.assert_frame_equal(store.networks(), expected)
    assert read == []


def test_a_damaged_index_is_said_and_written_anew(store, caplog):
    expected = from_scratch(store)
    index(store).write_bytes(index(store).read_bytes()[:-30])
    pd.testing.assert_frame_equal(store.networks(), expected)
    assert "cannot be read and is written anew" in caplog.text
    caplog.clear()
    pd.testing.assert_frame_equal(store.networks(), expected)
    assert not caplog.text


def test_a_sweep_reads_its_runs_alone_and_few_runs_need_no_index(store, tmp_path):
    index(store).unlink()
    assert store.networks(sweep="none").empty
    assert not index(store).exists()
    other = open_store(TrackingOptions.at(tmp_path / "small"))
    other.log_network(make_record(0), figures={})
    assert len(other.networks()) == 1
    assert not index(other).exists()
