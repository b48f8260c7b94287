"""An index of a study's runs: a file of columns beside the store, which makes reading fast.

Reading 30 000 runs from the database takes some ten seconds, from columns one. The index holds
runs as they were when it was written. If the database has changed since, runs that are new, or
that got parameters or metrics, are read from it, and all tags, since MLflow changes those in
place. So an index is never wrong. It can be deleted at any time.
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

LEAST = 1000  # runs that are worth an index
_FORMAT = 2
_PRIVATE = [f"ibsweep.{name}" for name in PRIVATE]
_log = logging.getLogger(__name__)


class _Columns(NamedTuple):
    """What is stored of runs: a line for each run in each part."""

    tags: pd.DataFrame
    params: pd.DataFrame
    metrics: pd.DataFrame

    def without(self, run_ids: Collection[str]) -> "_Columns":
        """Return the columns of the other runs."""
        return _Columns(*(part[~part.index.isin(run_ids)] for part in self))

    def joined(self, others: "_Columns", run_ids: Sequence[str]) -> "_Columns":
        """Return the columns of these runs and others, in the order of the runs."""
        pairs = zip(self, others, strict=True)
        parts = (one if other.empty else pd.concat([one, other]) for one, other in pairs)
        return _Columns(*(part.reindex(run_ids) for part in parts))


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
        ids, marks = [head.run_id for head in heads], tables.marks()
        index, unchanged = _indexed(path, tables) if len(ids) >= LEAST else (_NONE, False)
        if unchanged:
            return RunColumns(heads, *index.joined(_NONE, ids))
        known = set(index.params.index)
        read = _read(tables, [run_id for run_id in ids if run_id not in known], ids)
    columns = index._replace(tags=_NONE.tags).joined(read, ids)
    if whole and len(ids) >= LEAST:
        _save(path, columns, marks)
    return RunColumns(heads, *columns)


def index_path(database: Path, experiment: str, kind: str) -> Path:
    """Return where the index of a kind of runs is."""
    return database.parent / "cache" / f"{database.stem}-{experiment}-{kind}.parquet"


def _read(tables: RunTables, new: Sequence[str], run_ids: Sequence[str]) -> _Columns:
    """Read the tags of all runs from the database, parameters and metrics of the new ones."""
    tags = tables.tags(run_ids, _PRIVATE, through=len(run_ids) >= LEAST)
    through = len(new) >= LEAST
    return _Columns(
        text_columns(tags, run_ids),
        text_columns(tables.params(new, through=through), new),
        number_columns(tables.metrics(new, through=through), new),
    )


def _indexed(path: Path, tables: RunTables) -> tuple[_Columns, bool]:
    """Return what the index holds of unchanged runs, and whether nothing at all has changed."""
    import pyarrow

    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        return _NONE, False
    except (OSError, pyarrow.ArrowInvalid) as error:
        _log.warning("the index %s cannot be read and is written anew (%s)", path, error)
        return _NONE, False
    if table.attrs.get("format") != _FORMAT:
        return _NONE, False
    marks = json.loads(table.attrs["marks"])
    changed = tables.changed_since(marks)
    if changed is None:
        return _NONE, False
    parts = (
        table.filter(regex=f"^{part}:").rename(columns=lambda name: name.partition(":")[2])
        for part in _Columns._fields
    )
    columns = _Columns(*parts)
    return columns.without(changed) if changed else columns, tables.is_unchanged(marks)


def _save(path: Path, columns: _Columns, marks: list) -> None:
    """Write the index, where that is allowed: a store may be there to be read only."""
    if not os.access(path.parent.parent, os.W_OK):
        return
    tags, params = (part.astype("category") for part in columns[:2])  # each text once
    parts = zip(_Columns._fields, (tags, params, columns.metrics), strict=True)
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


_NONE = _Columns(pd.DataFrame(), pd.DataFrame(), pd.DataFrame())
