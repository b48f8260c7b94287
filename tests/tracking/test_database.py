"""The file that asks MLflow's tables says what it relies on, and the installed MLflow has that."""

import re
import sqlite3
from contextlib import closing

import pytest

from ibsweep.tracking import database

ROW = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)


def columns():
    """Return the columns of the docstring's table, by MLflow's table."""
    listed = {}
    for table, names in ROW.findall(database.__doc__):
        listed.setdefault(table, []).extend(re.findall(r"`(\w+)`", names))
    return listed


def lacking(schema, relied):
    return [
        f"{table}.{name}"
        for table, names in relied.items()
        for name in names
        if table not in schema or name not in schema[table].columns
    ]


def test_the_installed_mlflow_has_the_columns_that_are_relied_on():
    import mlflow
    from mlflow.store.tracking.dbmodels.models import Base

    missing = lacking(Base.metadata.tables, columns())
    tables = {"experiments", "runs", "tags", "params", "metrics", "latest_metrics"}
    assert columns().keys() == tables
    assert not missing, f"MLflow {mlflow.__version__} has no {missing}: see {database.__file__}"
    assert lacking(Base.metadata.tables, {"runs": ["state"]}) == ["runs.state"]


@pytest.fixture
def listed(tmp_path):
    """Return a database that has the listed columns and no others."""
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, names in columns().items():
            connection.execute(f"CREATE TABLE {table} ({', '.join(names)})")
        connection.execute("INSERT INTO experiments VALUES (1, 'file:///old/a')")
        connection.execute(
            "INSERT INTO runs VALUES"
            " ('r', 1, 'relu', 'FINISHED', 'active', 'file:///old/a/r/artifacts', 5, 9)"
        )
        tags = [("ibsweep.kind", "network"), ("ibsweep.complete", "1"), ("fingerprint", "f")]
        connection.executemany("INSERT INTO tags VALUES ('r', ?, ?)", tags)
        connection.execute("INSERT INTO params VALUES ('r', 'lr', '.1')")
        connection.execute("INSERT INTO latest_metrics VALUES ('r', 'loss', 2.0, 0)")
    return path


def test_nothing_but_the_listed_columns_is_asked_or_changed(listed):
    database.tag_runs(listed, ["r"], "ibsweep.sweep.s")
    database.move_artifacts(listed, "1", before="file:///old/a", now="file:///new/a")
    with database.read_tables(listed) as tables:
        (head,) = tables.heads("1", kind="network", sweep="s")
        assert head == database.RunHead("r", "relu", "FINISHED", 5)
        assert tables.heads("1", kind="network", sweep="other") == []
        for through in (False, True):
            assert tables.params(["r"], through=through) == [("r", "lr", ".1")]
            assert tables.metrics(["r"], through=through) == [("r", "loss", 2)]
            tags = tables.tags(["r"], ["ibsweep.kind"], through=through)
            assert tags == [("r", "ibsweep.kind", "network"), ("r", "fingerprint", "f")]
    assert database.complete_runs(listed, "1", "fingerprint") == [("f", "r")]
    with closing(sqlite3.connect(listed)) as connection:
        homes = connection.execute("SELECT artifact_location, artifact_uri FROM experiments, runs")
        assert homes.fetchall() == [("file:///new/a", "file:///new/a/r/artifacts")]


def test_a_failed_change_changes_nothing(listed):
    with closing(sqlite3.connect(listed)) as connection, connection:
        connection.execute("ALTER TABLE runs RENAME COLUMN artifact_uri TO other")
    with pytest.raises(sqlite3.OperationalError, match="artifact_uri"):
        database.move_artifacts(listed, "1", before="file:///old/a", now="file:///new/a")
    with closing(sqlite3.connect(listed)) as connection:
        places = connection.execute("SELECT artifact_location FROM experiments").fetchall()
    assert places == [("file:///old/a",)]
