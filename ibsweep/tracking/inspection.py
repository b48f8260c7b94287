"""Checks stored runs: everything there, everything readable, everything as it was written."""

import re
from collections.abc import Iterator

from ibsweep.tracking import checksums, files, reading
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.metrics import curve_points, training_points

TABLES = ("curves.parquet", "training.parquet")
_ACTIVITY = re.compile(r"activations/epoch_(\d+)\.npz")
REQUIRED = (*TABLES, "weights.npz", "config.yaml")


def finished_runs(connection: Connection) -> tuple[list[str], list[str]]:
    """Return the FINISHED runs of networks, and those of aggregates and sweeps."""
    clause = "attributes.status = 'FINISHED' AND tags.`ibsweep.kind` != ''"
    networks, summaries = (
        [run.info.run_id for run in reading.search(connection, clause, experiment=experiment)]
        for experiment in (connection.networks, connection.summary)
    )
    return networks, summaries


def problems(connection: Connection, run_id: str, *, network: bool) -> list[str]:
    """Return a line for each thing that a FINISHED run lacks, or that was altered."""
    of_files = list(_file_problems(connection, run_id))
    return of_files or (list(_record_problems(connection, run_id)) if network else [])


def logged_epochs(connection: Connection, run_id: str) -> list[int]:
    """Return the epochs whose activity was logged, ascending."""
    matches = (_ACTIVITY.fullmatch(name) for name in files.file_names(connection, run_id))
    return sorted(int(match[1]) for match in matches if match)


def _file_problems(connection: Connection, run_id: str) -> Iterator[str]:
    """Yield a line for each file of a run that is missing, altered or unreadable."""
    try:
        names = files.file_names(connection, run_id)
    except OSError as error:
        yield str(error)
        return
    for name in names:
        try:
            _read(connection, run_id, name)
        except (OSError, ValueError) as error:
            yield str(error)


def _record_problems(connection: Connection, run_id: str) -> Iterator[str]:
    """Yield a line for each thing that a FINISHED network should have and has not."""
    run = connection.client.get_run(run_id)
    if run.data.tags.get("ibsweep.complete") != "1":
        yield f"run {run_id}: it is FINISHED but has no tag ibsweep.complete"
    names = files.file_names(connection, run_id)
    missing = [name for name in REQUIRED if name not in names]
    for name in missing:
        yield f"run {run_id}: {name} was not written"
    if missing:
        return
    curves, training = (files.read_table(connection, [run_id], name) for name in TABLES)
    points = [
        *curve_points(curves, points=1),
        *training_points(training.drop(columns="network"), points=1),
    ]
    for name in sorted({point.name for point in points} - set(run.data.metrics)):
        yield f"run {run_id}: its metric {name} is missing"


def _read(connection: Connection, run_id: str, name: str) -> None:
    """Read a file in the way that fits it, or at least compare its checksum."""
    if name.endswith(".parquet"):
        files.read_table(connection, [run_id], name)
    elif name.endswith(".npz"):
        files.read_arrays(connection, run_id, name)
    elif name != checksums.NAME:
        with files.fetched(connection, run_id, name):
            pass
