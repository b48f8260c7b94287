"""An index of a study's runs: a file of columns beside the store, which makes reading fast.

Reading the parameters and metrics of 30 000 runs from the database takes some ten seconds, from
columns one. The index holds them as they were when it was written. Runs that are new, or that got
parameters or metrics since, are read from the database; tags, names and states always are, since
MLflow changes those in place. So an index is never wrong. It can be deleted at any time.
"""

import json
import logging
import os
import uuid
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ibsweep.tracking.database import RunTables, read_tables
from ibsweep.tracking.run_columns import RunColumns, number_columns, text_columns
from ibsweep.tracking.tables import PRIVATE

LEAST = 1000  # new runs that are worth writing the index
_FORMAT = 1
_PRIVATE = [f"ibsweep.{name}" for name in PRIVATE]
_log = logging.getLogger(__name__)


class _Columns(NamedTuple):
    """Parameters and metrics of runs: a line for each run."""

    params: pd.DataFrame
    metrics: pd.DataFrame

    def without(self, run_ids: Collection[str]) -> "_Columns":
        """Return the columns of the other runs."""
        return _Columns(*(part[~part.index.isin(run_ids)] for part in self))

    def joined(self, others: "_Columns", run_ids: Sequence[str]) -> "_Columns":
        """Return the columns of these runs and others, in the order of the runs."""
        pairs = zip(self, others, strict=True)
        return _Columns(*(pd.concat(pair).reindex(run_ids) for pair in pairs))


def read_columns(
    database: Path, experiment: str, *, kind: str, sweep: str | None = None
) -> RunColumns:
    """Return the runs of a kind, of one sweep or all, newest first.

    Args:
        database: The SQLite file.
        experiment: MLflow's number of the experiment.
        kind: The runs' tag `ibsweep.kind`.
        sweep: Only the runs of this sweep.
    """
    path, whole = index_path(database, experiment, kind), sweep is None
    with read_tables(database) as tables:
        heads = tables.heads(experiment, kind=kind, sweep=sweep)
        ids = [head.run_id for head in heads]
        tags = text_columns(tables.tags(ids, _PRIVATE, through=whole), ids)
        indexed = _indexed(path, tables) if len(ids) >= LEAST else _NONE
        known = set(indexed.params.index)
        new = [run_id for run_id in ids if run_id not in known]
        read = _read(tables, new, through=whole and 2 * len(new) > len(ids))
        marks = tables.marks()
    columns = indexed.joined(read, ids)
    if whole and len(new) >= LEAST:
        _save(path, columns, marks)
    return RunColumns(heads, tags, *columns)


def index_path(database: Path, experiment: str, kind: str) -> Path:
    """Return where the index of a kind of runs is."""
    return database.parent / "cache" / f"{database.stem}-{experiment}-{kind}.parquet"


def _read(tables: RunTables, run_ids: Sequence[str], *, through: bool) -> _Columns:
    """Read the parameters and metrics of runs from the database."""
    params = text_columns(tables.params(run_ids, through=through), run_ids)
    return _Columns(params, number_columns(tables.metrics(run_ids, through=through), run_ids))


def _indexed(path: Path, tables: RunTables) -> _Columns:
    """Return what the index holds of runs that did not change since it was written."""
    import pyarrow

    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        return _NONE
    except (OSError, pyarrow.ArrowInvalid) as error:
        _log.warning("the index %s cannot be read and is written anew (%s)", path, error)
        return _NONE
    fits = table.attrs.get("format") == _FORMAT
    changed = tables.changed_since(json.loads(table.attrs["marks"])) if fits else None
    if changed is None:
        return _NONE
    parts = (
        table.filter(regex=f"^{part}:").rename(columns=lambda name: name.partition(":")[2])
        for part in _Columns._fields
    )
    return _Columns(*parts).without(changed)


def _save(path: Path, columns: _Columns, marks: list) -> None:
    """Write the index, where that is allowed: a store may be there to be read only."""
    if not os.access(path.parent.parent, os.W_OK):
        return
    parts = zip(_Columns._fields, columns, strict=True)
    table = pd.concat([part.add_prefix(f"{name}:") for name, part in parts], axis=1)
    table.attrs = {"format": _FORMAT, "marks": json.dumps(marks)}
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(exist_ok=True)
        table.to_parquet(draft)
        os.replace(draft, path)
    except OSError as error:
        _log.warning("the index %s could not be written (%s)", path, error)
        draft.unlink(missing_ok=True)


_NONE = _Columns(pd.DataFrame(), pd.DataFrame())
