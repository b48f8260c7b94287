"""The table of networks: from MLflow's runs, or from the embedded database at once.

MLflow needs 10 ms for each run that it returns, the database .3 ms.
"""

import functools
import math
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ibsweep.names import IDENTITY
from ibsweep.tracking.patience import SECONDS
from ibsweep.tracking.tags import param_value, sweep_tag

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
_PAIRS = f"SELECT run_uuid, key, value FROM {{table}} WHERE run_uuid IN ({_CHOSEN})"
_METRICS = f"""
    SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics
    WHERE run_uuid IN ({_CHOSEN})
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
    """Return the runs of a kind in the embedded database, of one sweep or all, newest first."""
    tag = sweep_tag(sweep) if sweep else None
    chosen = {"experiment": int(experiment), "kind": kind, "sweep": tag}
    address = f"{database.as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=SECONDS)) as opened:
        opened.execute("BEGIN")  # so that the four answers are of one instant
        runs = opened.execute(_RUNS, chosen).fetchall()
        tags, params, metrics = (
            _by_run(opened.execute(query, chosen).fetchall())
            for query in (_PAIRS.format(table="tags"), _PAIRS.format(table="params"), _METRICS)
        )
    return [
        StoredRun(run, name, status, started, tags[run], params[run], _numbers(metrics[run]))
        for run, name, status, started in runs
    ]


def network_table(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Return one row a run: identity, choices, parameters, and the last value of every metric."""
    table = _exact([_identity(run) for run in runs], columns=list(IDENTITY))
    for column in (_choices, _parameters, _metrics):
        part = _exact([column(run) for run in runs])
        table = table.join(part[[name for name in part if name not in table]])
    return table


def _exact(rows: Sequence[Mapping[str, object]], columns: list[str] | None = None) -> pd.DataFrame:
    """Return a table of exact integers: float64, which gaps turn them to, rounds large ones."""
    table = pd.DataFrame(rows, columns=columns)
    for name in table.select_dtypes("float"):
        values = [row.get(name) for row in rows]
        if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
            table[name] = pd.Series(values, dtype=object)
    return table


def _by_run(rows: Sequence[tuple[str, str, object]]) -> dict[str, dict]:
    """Return run → key → value."""
    found: dict[str, dict] = defaultdict(dict)
    for run_id, key, value in rows:
        found[run_id][key] = value
    return found


def _numbers(metrics: dict[str, float | None]) -> dict[str, float]:
    """Return metrics with NaN where SQL has NULL."""
    return {name: math.nan if value is None else value for name, value in metrics.items()}


def _identity(run: StoredRun) -> dict[str, object]:
    """Return what names a run."""
    tags = run.tags
    known: dict[str, object] = {
        name: tags.get(f"ibsweep.{name}")
        for name in ("fingerprint", "training_fingerprint", "configuration", "failure")
    }
    return known | {
        "run_id": run.run_id,
        "name": run.name,
        "status": run.status,
        "seed": _integer(tags.get("seed")),
        "samples": _integer(tags.get("ibsweep.samples")),
        "started": pd.Timestamp(run.started, unit="ms", tz="UTC"),
    }


def _choices(run: StoredRun) -> dict[str, str]:
    """Return the tags that are neither MLflow's nor ours: the configuration groups' choices."""
    private = ("mlflow.", "ibsweep.")
    return {name: text for name, text in run.tags.items() if not name.startswith(private)}


def _parameters(run: StoredRun) -> dict[str, object]:
    """Return the parameters as numbers, truth values or text."""
    return {name: _value(text) for name, text in run.params.items()}


def _metrics(run: StoredRun) -> dict[str, float]:
    """Return the last value of every metric."""
    return run.metrics


@functools.lru_cache(maxsize=4096)
def _value(text: str) -> object:
    """Return what a parameter's text says; most texts occur again and again."""
    return param_value(text)


def _integer(text: str | None) -> int | None:
    """Return a tag's integer, exactly, or None if it holds none."""
    return int(text) if text is not None and text.strip().isdecimal() else None
