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

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from ibsweep.tracking.patience import SECONDS
from ibsweep.tracking.tags import sweep_tag

_CHOSEN = """
    SELECT run.run_uuid FROM runs run
    JOIN tags kind ON kind.run_uuid = run.run_uuid
    WHERE kind.key = 'ibsweep.kind' AND kind.value = :kind
    AND run.experiment_id = :experiment AND run.lifecycle_stage = 'active'
    AND (:sweep IS NULL OR EXISTS (
        SELECT 1 FROM tags sweep
        WHERE sweep.run_uuid = run.run_uuid AND sweep.key = :sweep AND sweep.value = '1'
    ))
"""
_RUNS = f"""
    SELECT run_uuid, name, status, start_time FROM runs WHERE run_uuid IN ({_CHOSEN})
    ORDER BY start_time DESC, run_uuid
"""
_PAIRS = f"SELECT run_uuid, key, value FROM {{table}} WHERE {{run}} IN ({_CHOSEN})"
_METRICS = f"""
    SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics
    WHERE {{run}} IN ({_CHOSEN})
"""
_FINISHED = """
    SELECT fingerprint.value, run.run_uuid FROM runs run
    JOIN tags fingerprint ON fingerprint.run_uuid = run.run_uuid
    JOIN tags complete ON complete.run_uuid = run.run_uuid
    WHERE fingerprint.key = ?
    AND complete.key = 'ibsweep.complete' AND complete.value = '1'
    AND run.experiment_id = ? AND run.status = 'FINISHED' AND run.lifecycle_stage = 'active'
    ORDER BY run.end_time
"""


class StoredRun(NamedTuple):
    """What is stored of a run, but its curves and files.

    Attributes:
        run_id: Its identifier.
        name: Its name.
        status: MLflow's status, e.g. `FINISHED`.
        started: When it started, in milliseconds since 1970.
        tags: All tags.
        params: Its parameters as they are stored.
        metrics: The last value of every metric.
    """

    run_id: str
    name: str
    status: str
    started: int
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]


def stored_runs(
    database: Path, experiment: str, *, kind: str, sweep: str | None
) -> list[StoredRun]:
    """Return the runs of a kind, of one sweep or all, newest first."""
    tag = sweep_tag(sweep) if sweep else None
    chosen = {"experiment": int(experiment), "kind": kind, "sweep": tag}
    run = "run_uuid" if sweep else "+run_uuid"  # all runs: by reading through, not by the index
    queries = [_PAIRS.format(table=table, run=run) for table in ("tags", "params")]
    queries.append(_METRICS.format(run=run))
    with _opened(database) as connection:
        runs = connection.execute(_RUNS, chosen).fetchall()
        tags, params, metrics = (
            _by_run(connection.execute(query, chosen).fetchall()) for query in queries
        )
    return [
        StoredRun(run, name, status, started, tags[run], params[run], _numbers(metrics[run]))
        for run, name, status, started in runs
    ]


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


def _by_run(rows: Sequence[tuple[str, str, object]]) -> dict[str, dict]:
    """Return run → key → value."""
    values: dict[str, dict] = defaultdict(dict)
    for run_id, key, value in rows:
        values[run_id][key] = value
    return values


def _numbers(metrics: dict[str, float | None]) -> dict[str, float]:
    """Return metrics with NaN where SQL has NULL."""
    return {name: math.nan if value is None else value for name, value in metrics.items()}
