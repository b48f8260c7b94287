"""The table of networks: one row a run."""

import functools
from collections.abc import Mapping, Sequence

import pandas as pd

from ibsweep.names import IDENTITY
from ibsweep.tracking.database import StoredRun
from ibsweep.tracking.tags import param_value


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
    floats = table.select_dtypes("float")
    for name in floats.columns[(floats.abs() > 2**52).any()]:
        values = [row.get(name) for row in rows]
        if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
            table[name] = pd.Series(values, dtype=object)
    return table


def _identity(run: StoredRun) -> dict[str, object]:
    """Return what names a run."""
    tags = run.tags
    known: dict[str, object] = {
        name: tags.get(f"ibsweep.{name}")
        for name in ("fingerprint", "training_fingerprint", "configuration", "failure")
    }
    return known | {
        "engine": tags.get("ibsweep.engine", "torch"),  # before 0.2 nothing else trained
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
