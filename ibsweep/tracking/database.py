"""MLflow's tables, asked and changed by SQL where MLflow has no call for it, or a slow one.

MLflow needs 10 ms for each run that it returns, the embedded database .3 ms. This file alone knows
the tables; of MLflow's it relies on these columns:

| table | columns |
|---|---|
| `experiments` | `experiment_id`, `artifact_location` |
| `runs` | `run_uuid`, `experiment_id`, `name`, `status`, `lifecycle_stage`, `artifact_uri` |
| `runs` | `start_time`, `end_time` |
| `tags` | `run_uuid`, `key`, `value` |
| `params` | `run_uuid`, `key`, `value` |
| `latest_metrics` | `run_uuid`, `key`, `value`, `is_nan` |
| `metrics` | `run_uuid`, `key`, `value`, `is_nan`, `timestamp`, `step` |
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ibsweep.tracking.patience import SECONDS
from ibsweep.tracking.tags import sweep_tag

_RUNS = """
    SELECT run.run_uuid, run.name, run.status, run.start_time FROM runs run
    JOIN tags kind ON kind.run_uuid = run.run_uuid
    WHERE kind.key = 'ibsweep.kind' AND kind.value = :kind
    AND run.experiment_id = :experiment AND run.lifecycle_stage = 'active'
    AND (:sweep IS NULL OR EXISTS (
        SELECT 1 FROM tags sweep
        WHERE sweep.run_uuid = run.run_uuid AND sweep.key = :sweep AND sweep.value = '1'
    ))
    ORDER BY run.start_time DESC, run.run_uuid
"""
_OF_RUNS = "{run} IN (SELECT value FROM json_each(?))"
_TAGS = f"""
    SELECT run_uuid, key, value FROM tags WHERE {_OF_RUNS} AND key NOT GLOB 'mlflow.*'
    AND (key NOT GLOB 'ibsweep.*' OR key IN (SELECT value FROM json_each(?)))
"""
_PARAMS = f"SELECT run_uuid, key, value FROM params WHERE {_OF_RUNS}"
_METRICS = f"""
    SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics
    WHERE {_OF_RUNS}
"""
_GROWING = ("params", "metrics")  # tables to whose rows MLflow only adds
_FINISHED = """
    SELECT fingerprint.value, run.run_uuid FROM runs run
    JOIN tags fingerprint ON fingerprint.run_uuid = run.run_uuid
    JOIN tags complete ON complete.run_uuid = run.run_uuid
    WHERE fingerprint.key = ?
    AND complete.key = 'ibsweep.complete' AND complete.value = '1'
    AND run.experiment_id = ? AND run.status = 'FINISHED' AND run.lifecycle_stage = 'active'
    ORDER BY run.end_time
"""


class RunHead(NamedTuple):
    """What a table of runs says of a run itself.

    Attributes:
        run_id: Its identifier.
        name: Its name.
        status: MLflow's status, e.g. `FINISHED`.
        started: When it started, in milliseconds since 1970.
    """

    run_id: str
    name: str
    status: str
    started: int


Row = tuple[str, str, Any]  # run, key and value


class RunTables:
    """The tables of runs at one instant; `read_tables` makes one.

    Args:
        connection: The database, in a transaction.
        path: Its file.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def heads(self, experiment: str, *, kind: str, sweep: str | None) -> list[RunHead]:
        """Return the runs of a kind, of one sweep or all, newest first."""
        tag = sweep_tag(sweep) if sweep else None
        chosen = {"experiment": int(experiment), "kind": kind, "sweep": tag}
        return [RunHead(*row) for row in self._connection.execute(_RUNS, chosen)]

    def tags(self, run_ids: Sequence[str], private: Iterable[str], *, through: bool) -> list[Row]:
        """Return the tags of runs: of those of MLflow and ibsweep only the private ones named.

        Args:
            run_ids: The runs.
            private: Names of tags.
            through: Read through the whole table, which is faster if most runs are asked for.
        """
        names = json.dumps(list(private))
        return self._read(_TAGS, run_ids, names, through=through)

    def params(self, run_ids: Sequence[str], *, through: bool) -> list[Row]:
        """Return the parameters of runs, see `tags`."""
        return self._read(_PARAMS, run_ids, through=through)

    def metrics(self, run_ids: Sequence[str], *, through: bool) -> list[Row]:
        """Return the last value of every metric of runs, None for NaN, see `tags`."""
        return self._read(_METRICS, run_ids, through=through)

    def marks(self) -> list:
        """Return marks of the present state, to find out later what has changed since."""
        last = [
            self._connection.execute(
                f"SELECT rowid, run_uuid, key FROM {table} ORDER BY rowid DESC LIMIT 1"
            ).fetchone()
            for table in _GROWING
        ]
        (schema,) = self._connection.execute("PRAGMA schema_version").fetchone()
        # `schema` changes when VACUUM numbers rows anew
        return [self._changes(), schema, *(list(row) if row else None for row in last)]

    def is_unchanged(self, marks: list) -> bool:
        """Say whether nothing at all was written since; False if that is not known."""
        return marks[0] is not None and marks == self.marks()

    def changed_since(self, marks: list) -> set[str] | None:
        """Return the runs that got parameters or metrics since; None if that is not known."""
        changed: set[str] = set()
        if marks[1] != self.marks()[1]:
            return None
        for table, mark in zip(_GROWING, marks[2:], strict=True):
            if mark is not None:  # the same row must still be there, or numbers were used twice
                query = f"SELECT rowid, run_uuid, key FROM {table} WHERE rowid = ?"
                row = self._connection.execute(query, mark[:1]).fetchone()
                if row is None or list(row) != mark:
                    return None
            query = f"SELECT DISTINCT run_uuid FROM {table} WHERE rowid > ?"
            rows = self._connection.execute(query, (mark[0] if mark else 0,))
            changed |= {run_id for (run_id,) in rows}
        return changed

    def _changes(self) -> int | None:
        """Return SQLite's count of changes to the file, None where it keeps none (with a WAL)."""
        (mode,) = self._connection.execute("PRAGMA journal_mode").fetchone()
        if mode == "wal":
            return None
        with self._path.open("rb") as file:  # nobody writes to it during the transaction
            return int.from_bytes(file.read(28)[24:], "big")

    def _read(self, query: str, run_ids: Sequence[str], *values: str, through: bool) -> list[Row]:
        """Return the rows of some runs."""
        query = query.format(run="+run_uuid" if through else "run_uuid")
        return self._connection.execute(query, (json.dumps(list(run_ids)), *values)).fetchall()


@contextmanager
def read_tables(database: Path) -> Iterator[RunTables]:
    """Open the tables of runs as they are now."""
    with _opened(database) as connection:
        yield RunTables(connection, database)


def metric_history(database: Path, run_id: str) -> list[tuple[str, float, int, int]]:
    """Return name, value, time in milliseconds and step of all points of a run's metrics."""
    query = "SELECT key, value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ?"
    with _opened(database) as connection:
        rows = connection.execute(query, (run_id,)).fetchall()
    return [(key, math.nan if nan else value, time, step) for key, value, nan, time, step in rows]


def complete_runs(database: Path, experiment: str, tag: str) -> list[tuple[str, str]]:
    """Return a tag's value and the run, of all complete runs, the latest last.

    MLflow needs 6 ms for each value that is asked for.
    """
    with _opened(database) as connection:
        return connection.execute(_FINISHED, (tag, int(experiment))).fetchall()


def tag_runs(database: Path, run_ids: Iterable[str], tag: str) -> None:
    """Give runs a tag of the value 1, all at once."""
    with _opened(database, to_write=True) as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO tags (key, value, run_uuid) VALUES (?, '1', ?)",
            [(tag, run_id) for run_id in run_ids],
        )


def move_artifacts(database: Path, experiment: str, *, before: str, now: str) -> None:
    """Replace the address that is remembered for an experiment's artifacts.

    MLflow has no call for it.
    """
    number = int(experiment)
    with _opened(database, to_write=True) as connection:
        connection.execute(
            "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (now, number)
        )
        connection.execute(
            "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?)"
            " WHERE experiment_id = ? AND substr(artifact_uri, 1, ?) = ?",
            (now, len(before) + 1, number, len(before), before),
        )


def is_made(address: str) -> bool:
    """Say whether a database, of any kind, has all that MLflow would create on opening it."""
    import sqlalchemy
    from mlflow.store.db.utils import _all_tables_exist

    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    if not _all_tables_exist(engine):
        return False
    with engine.connect() as connection:
        default = sqlalchemy.text("SELECT 1 FROM experiments WHERE experiment_id = 0")
        return connection.execute(default).first() is not None


@contextmanager
def _opened(database: Path, *, to_write: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the embedded database, to read its state of one instant, or to write all or nothing."""
    address = f"{database.as_uri()}?mode={'rw' if to_write else 'ro'}"
    with closing(sqlite3.connect(address, uri=True, timeout=SECONDS)) as connection, connection:
        connection.execute("BEGIN")
        yield connection
