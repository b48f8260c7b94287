"""What is stored of runs, but curves and files: a column for each tag, parameter and metric."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ibsweep.tracking.database import RunHead

if TYPE_CHECKING:
    from mlflow.entities import Run


class RunColumns(NamedTuple):
    """Runs, newest first, and in the same order what is stored of them.

    Attributes:
        heads: One for each run.
        tags: Texts; a column for each tag, missing where a run has none.
        params: Texts, likewise.
        metrics: The last value of each metric, NaN where a run has none.
    """

    heads: Sequence[RunHead]
    tags: pd.DataFrame
    params: pd.DataFrame
    metrics: pd.DataFrame


def columns_of(runs: Iterable["Run"]) -> RunColumns:
    """Return the columns of runs that MLflow returned."""
    runs = list(runs)
    heads = [
        RunHead(run.info.run_id, run.info.run_name, run.info.status, run.info.start_time)
        for run in runs
    ]
    ids = [head.run_id for head in heads]
    tags, params, metrics = (
        [
            (run.info.run_id, key, value)
            for run in runs
            for key, value in getattr(run.data, part).items()
        ]
        for part in ("tags", "params", "metrics")
    )
    return RunColumns(
        heads, text_columns(tags, ids), text_columns(params, ids), number_columns(metrics, ids)
    )


def text_columns(rows: Sequence[tuple[str, str, str]], run_ids: Sequence[str]) -> pd.DataFrame:
    """Return a row for each run and a column for each key, None where there is no value."""
    return _columns(rows, run_ids, None)


def number_columns(
    rows: Sequence[tuple[str, str, float | None]], run_ids: Sequence[str]
) -> pd.DataFrame:
    """Return a row for each run and a column for each key, NaN where there is no value."""
    return _columns(rows, run_ids, math.nan)


def _columns(
    rows: Sequence[tuple[str, str, object]], run_ids: Sequence[str], missing: object
) -> pd.DataFrame:
    """Spread run, key and value over a table."""
    ids, names, values = zip(*rows, strict=True) if rows else ((), (), ())
    places, keys = pd.factorize(np.array(names, dtype=object))
    lines = pd.Index(run_ids, dtype=object).get_indexer(np.array(ids, dtype=object))
    dtype = object if missing is None else float
    table = np.full((len(run_ids), len(keys)), missing, dtype=dtype)
    table[lines, places] = np.array(values, dtype=dtype)
    return pd.DataFrame(table, index=pd.Index(run_ids, dtype=object), columns=keys)
