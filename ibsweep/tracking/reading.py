"""Reads runs back: a table with one row a run."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.database import complete_runs
from ibsweep.tracking.run_columns import columns_of
from ibsweep.tracking.run_index import read_columns
from ibsweep.tracking.tables import network_table
from ibsweep.tracking.tags import sweep_tag

if TYPE_CHECKING:
    from mlflow.entities import Run

_MOST_QUERIES = 300


def finished(connection: Connection, fingerprints: Iterable[str], *, tag: str) -> dict[str, str]:
    """Return tag value → run of those that are stored completely (the latest of several)."""
    wanted = set(fingerprints)
    database = connection.options.database
    complete = (
        complete_runs(database, connection.networks, tag)
        if database
        else _complete_on_server(connection, wanted, tag)
    )
    return {fingerprint: run for fingerprint, run in complete if fingerprint in wanted}


def runs(
    connection: Connection, *, kind: str, sweep: str | None, filter_string: str
) -> pd.DataFrame:
    """Return one row a run: identity, choices, parameters, and the last value of every metric."""
    database = connection.options.database
    if database and not filter_string.strip():
        columns = read_columns(database, connection.networks, kind=kind, sweep=sweep)
        return network_table(columns)
    clauses = [f"tags.`ibsweep.kind` = '{kind}'"]
    clauses += [f"tags.`{sweep_tag(sweep)}` = '1'"] if sweep else []
    clauses += [filter_string] if filter_string.strip() else []
    return network_table(columns_of(search(connection, " AND ".join(clauses))))


def states(connection: Connection) -> pd.DataFrame:
    """Return one row a network's run and sweep: `run_id, name, sweep, status, failure`."""
    rows = []
    for run in search(connection, "tags.`ibsweep.kind` = 'network'"):
        tags = run.data.tags
        prefix = sweep_tag("")
        sweeps = [name.removeprefix(prefix) for name in tags if name.startswith(prefix)]
        for sweep in sweeps or [""]:
            failure = tags.get("ibsweep.failure", "")
            rows.append((run.info.run_id, run.info.run_name, sweep, run.info.status, failure))
    return pd.DataFrame(rows, columns=["run_id", "name", "sweep", "status", "failure"])


def _complete_on_server(
    connection: Connection, wanted: set[str], tag: str
) -> Iterator[tuple[str, str]]:
    """Ask for each of a few fingerprints, or read through all complete runs if they are many."""
    clause = "tags.`ibsweep.complete` = '1' AND attributes.status = 'FINISHED'"
    clauses = [clause]
    if len(wanted) <= _MOST_QUERIES:
        clauses = [f"{clause} AND tags.`{tag}` = '{text}'" for text in wanted]
    for some in clauses:
        for run in search(connection, some, order="attributes.end_time ASC"):
            yield run.data.tags.get(tag, ""), run.info.run_id


def search(
    connection: Connection, clause: str, *, order: str | None = None, experiment: str | None = None
) -> Iterator["Run"]:
    """Yield the runs that fit a filter, page by page: networks, or those of another experiment."""
    from mlflow.exceptions import MlflowException

    orders, token = [order] if order else None, None
    experiments = [experiment or connection.networks]
    while True:
        try:
            page = connection.client.search_runs(
                experiments, clause, max_results=1000, order_by=orders, page_token=token
            )
        except MlflowException as error:
            if error.error_code != "INVALID_PARAMETER_VALUE":
                raise
            reason = str(error).strip().splitlines()[0]
            raise ValueError(
                f"filter must be an MLflow filter, got {clause!r} ({reason})"
            ) from error
        yield from page
        token = page.token
        if not token:
            return
