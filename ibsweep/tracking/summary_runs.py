"""Writes the summary of a sweep: one run per configuration, and one for the sweep."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from ibsweep.records import ConfigurationResult
from ibsweep.tracking.checksums import copy_files, inside, write_checksums
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.files import file_checksums
from ibsweep.tracking.metrics import curve_points, final_points, log_points, training_points
from ibsweep.tracking.network_runs import finish, write_figures
from ibsweep.tracking.notes import NOTE, configuration_note
from ibsweep.tracking.reading import search
from ibsweep.tracking.tags import COMPLETE, param_texts, process_tags, sweep_tag, tag_text

if TYPE_CHECKING:
    from mlflow.entities import Run


def log_configuration(
    connection: Connection,
    result: ConfigurationResult,
    *,
    sweep: str,
    figures: Mapping[str, object],
) -> str:
    """Write the aggregate run of one configuration of a sweep; each figure is `<name>.png`."""
    tags = {**result.choices, "ibsweep.configuration": result.configuration}
    run_id = _create_run(connection, result.name, "configuration", sweep, tags)
    with connection.artifact_folder(connection.summary, run_id) as folder:
        result.curves.to_parquet(folder / "curves.parquet", index=False)
        result.training.to_parquet(folder / "training.parquet", index=False)
        problems = write_figures(folder, figures)
    last = int(result.curves["epoch"].max()) if len(result.curves) else 0
    points = [
        *curve_points(result.curves),
        *training_points(result.training),
        *final_points(result.statistics, last),
    ]
    drawn = [name for name in figures if name not in problems]
    note = configuration_note(result.name, result.statistics, drawn)
    log_points(
        connection,
        run_id,
        points,
        parameters=param_texts({**result.choices, **result.parameters}),
        started=time.time(),
        tags={NOTE: tag_text(note), **COMPLETE},
    )
    finish(connection, run_id)
    return run_id


def log_sweep(
    connection: Connection,
    sweep: str,
    *,
    command: str,
    summary: pd.DataFrame,
    files: Mapping[str, str],
    figures: Mapping[str, object] = MappingProxyType({}),
    note: str = "",
) -> str:
    """Write the run of a sweep, and return it.

    Args:
        connection: The store.
        sweep: The sweep's identifier.
        command: What the user typed.
        summary: Its table, one row a configuration; kept as `summary.csv`, `summary.html`.
        files: Text artifacts, name to content, e.g. `report.html`.
        figures: Matplotlib figures; each becomes the artifact `<name>.png`.
        note: What its page in MLflow begins with.
    """
    tags = {"ibsweep.command": tag_text(command)}
    tags |= {NOTE: tag_text(note)} if note else {}
    run_id = _create_run(connection, sweep, "sweep", sweep, tags)
    with connection.artifact_folder(connection.summary, run_id) as folder:
        summary.to_csv(folder / "summary.csv", index=False)
        summary.to_html(folder / "summary.html", index=False, float_format="{:.4g}".format)
        _write_texts(folder, files)
        write_figures(folder, figures)
    counts = {"configurations": float(len(summary))}
    counts |= {name: float(summary[name].sum()) for name in ("n", "failed") if name in summary}
    log_points(
        connection,
        run_id,
        final_points(counts, 0),
        parameters={},
        started=time.time(),
        tags=COMPLETE,
    )
    finish(connection, run_id)
    return run_id


def add_to_sweep(connection: Connection, sweep: str, files: Mapping[str, str]) -> str:
    """Add text files (name to content) to a sweep's newest run, or replace them; return the run.

    Its other files keep their checksums.

    Raises:
        ValueError: If the sweep has no run.
    """
    run = _sweep_run(connection, sweep)
    if run is None:
        raise ValueError(f"sweep must be one that ended with a summary, got {sweep!r}")
    run_id = str(run.info.run_id)
    known = file_checksums(connection, run_id)
    with tempfile.TemporaryDirectory(prefix="ibsweep-") as temporary:
        _write_texts(Path(temporary), files)
        write_checksums(Path(temporary), others=known)
        target = connection.artifacts(connection.summary, run_id)
        if target is None:
            connection.client.log_artifacts(run_id, temporary)
        else:
            copy_files(Path(temporary), target)
    return run_id


def sweep_tags(connection: Connection, sweep: str) -> dict[str, str]:
    """Return the tags of a sweep's newest run: command, versions, host; none if not stored."""
    run = _sweep_run(connection, sweep)
    return dict(run.data.tags) if run else {}


def latest_sweep(connection: Connection) -> str | None:
    """Return the identifier of the sweep that ended last; None if none has."""
    clause = "tags.`ibsweep.kind` = 'sweep'"
    run = next(search(connection, clause, experiment=connection.summary), None)  # newest first
    return str(run.info.run_name) if run else None


def _sweep_run(connection: Connection, sweep: str) -> "Run | None":
    clause = f"tags.`ibsweep.kind` = 'sweep' AND tags.`{sweep_tag(sweep)}` = '1'"
    return next(search(connection, clause, experiment=connection.summary), None)  # newest first


def _write_texts(folder: Path, files: Mapping[str, str]) -> None:
    """Write text files into a folder."""
    for name, text in files.items():
        path = inside(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _create_run(
    connection: Connection, name: str, kind: str, sweep: str, tags: Mapping[str, str]
) -> str:
    """Create a run of the summary."""
    run = connection.client.create_run(
        connection.summary,
        run_name=name,
        tags={**process_tags(), **tags, "ibsweep.kind": kind, sweep_tag(sweep): "1"},
    )
    return str(run.info.run_id)
