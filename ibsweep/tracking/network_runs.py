"""Writes the run of one network: what it was, its curves and scores, and its files."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ibsweep.records import Job, NetworkRecord
from ibsweep.tracking.checksums import inside
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.database import tag_runs
from ibsweep.tracking.datasets import log_data
from ibsweep.tracking.metrics import log_points, run_points
from ibsweep.tracking.notes import NOTE, failure_note, network_note
from ibsweep.tracking.tags import (
    COMPLETE,
    job_params,
    job_tags,
    process_tags,
    sweep_tag,
    tag_text,
)

log = logging.getLogger(__name__)


def log_network(
    connection: Connection, record: NetworkRecord, *, figures: Mapping[str, object]
) -> str:
    """Write a finished network and its Matplotlib figures (`<name>.png`), and return its run.

    A kill at any instant leaves a run that is not FINISHED, or one with all its metrics and files.
    A figure that cannot be drawn is left out, and the tag `ibsweep.not_drawn` says why.
    """
    extra = {"ibsweep.samples": str(record.samples)}
    if record.weights_from is not None:
        extra["ibsweep.weights_from"] = record.weights_from
    run_id = create_run(connection, record.job, started=record.started, extra=extra)
    try:
        with connection.artifact_folder(connection.networks, run_id) as folder:
            _write_tables(folder, record)
            problems = write_figures(folder, figures)
        _log_numbers(connection, run_id, record, tags=_last_tags(record, figures, problems))
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        connection.client.set_tag(run_id, "ibsweep.failure", tag_text(reason))
        connection.client.set_terminated(run_id, status="FAILED")
        raise
    finish(connection, run_id)
    return run_id


def log_ended(
    connection: Connection, record: NetworkRecord, reason: str, *, epoch: int, status: str
) -> str:
    """Write what was measured of a network whose training ended early, and return its run.

    Args:
        connection: The store.
        record: What there is of it.
        reason: Why it ended, in a line.
        epoch: Epoch at which it ended.
        status: `FAILED`, or `KILLED` where it was interrupted.
    """
    extra = {
        "ibsweep.samples": str(record.samples),
        "ibsweep.failure": tag_text(reason),
        "ibsweep.failed_epoch": str(epoch),
        NOTE: tag_text(failure_note(record.job.name, reason, epoch=epoch)),
    }
    run_id = create_run(connection, record.job, started=record.started, extra=extra)
    with connection.artifact_folder(connection.networks, run_id) as folder:
        _write_tables(folder, record)
    _log_numbers(connection, run_id, record)
    connection.client.set_terminated(run_id, status=status)
    return run_id


def log_failure(
    connection: Connection, job: Job, reason: str, *, started: float, epoch: int | None = None
) -> str:
    """Write the FAILED run of a job that could not be trained or measured, and return it.

    Args:
        connection: The store.
        job: What was asked for.
        reason: What went wrong, in a line.
        started: Unix time in seconds at which the training began.
        epoch: Epoch at which it went wrong, if known.
    """
    note = failure_note(job.name, reason, epoch=epoch)
    extra = {"ibsweep.failure": tag_text(reason), NOTE: tag_text(note)}
    if epoch is not None:
        extra["ibsweep.failed_epoch"] = str(epoch)
    run_id = create_run(connection, job, started=started, extra=extra)
    log_points(connection, run_id, (), parameters=job_params(job), started=started)
    with connection.artifact_folder(connection.networks, run_id) as folder:
        (folder / "config.yaml").write_text(job.config, encoding="utf-8")
    connection.client.set_terminated(run_id, status="FAILED")
    return run_id


def join_sweep(connection: Connection, run_ids: Iterable[str], sweep: str) -> None:
    """Mark runs of an earlier sweep as belonging to this one too, in the database all at once."""
    database = connection.options.database
    if database:
        tag_runs(database, run_ids, sweep_tag(sweep))
        return
    for run_id in run_ids:
        connection.client.set_tag(run_id, sweep_tag(sweep), "1")


def finish(connection: Connection, run_id: str) -> None:
    """End a run whose tags say already that it is `COMPLETE`, last of all."""
    connection.client.set_terminated(run_id, status="FINISHED")


def write_figures(folder: Path, figures: Mapping[str, object]) -> dict[str, str]:
    """Write Matplotlib figures as `<name>.png`; return why some of them cannot be drawn."""
    problems = {}
    for name, figure in figures.items():
        path = inside(folder, f"{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            figure.savefig(path)  # type: ignore[attr-defined]
        except Exception as error:  # whatever it is: the numbers count; the error is reported
            path.unlink(missing_ok=True)
            problems[name] = f"{type(error).__name__}: {' '.join(str(error).split())}"
            log.warning("the figure %s: %s could not be drawn", name, problems[name])
    return problems


def create_run(
    connection: Connection, job: Job, *, started: float, extra: Mapping[str, str]
) -> str:
    """Create the run of a job, with its tags and its data set."""
    run = connection.client.create_run(
        connection.networks,
        start_time=int(1000 * started),
        run_name=job.name,
        tags={**process_tags(), **job_tags(job), **extra},
    )
    run_id = str(run.info.run_id)
    log_data(connection, run_id, job.data)
    return run_id


def _last_tags(
    record: NetworkRecord, figures: Mapping[str, object], problems: Mapping[str, str]
) -> dict[str, str]:
    """Return the tags that are written when all else is: the note, and that the run is complete.

    `problems` are those of the figures that could not be drawn.
    """
    drawn = [name for name in figures if name not in problems]
    tags = {NOTE: tag_text(network_note(record.job.name, record.scores, drawn))}
    if problems:
        lines = (f"{name}: {reason}" for name, reason in problems.items())
        tags["ibsweep.not_drawn"] = tag_text("; ".join(lines))
    return tags | COMPLETE


def _write_tables(folder: Path, record: NetworkRecord) -> None:
    """Write everything that was measured, without loss: plain arrays and columns, no pickle."""
    record.curves.to_parquet(folder / "curves.parquet", index=False)
    record.training.to_parquet(folder / "training.parquet", index=False)
    _save_arrays(folder / "weights.npz", record.weights)
    (folder / "config.yaml").write_text(record.job.config, encoding="utf-8")
    layers = {name: values for name, values in record.activity.items() if name != "epochs"}
    for k, epoch in enumerate(record.activity.get("epochs", ())):
        (folder / "activations").mkdir(exist_ok=True)
        activity = {name: values[k] for name, values in layers.items()}
        _save_arrays(folder / f"activations/epoch_{epoch}.npz", activity)


def _save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as they are: compressing takes twenty times as long and saves half at best."""
    np.savez(path, **arrays)  # type: ignore[arg-type]  # its stub has an option of another type


def _log_numbers(
    connection: Connection,
    run_id: str,
    record: NetworkRecord,
    *,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write curves, scores and durations; a score outranks a curve's point of the same name."""
    durations = {f"duration/{name}": seconds for name, seconds in record.durations.items()}
    scores = {**record.scores, **durations}
    numbers = run_points(record.curves, record.training, scores, options=connection.options)
    log_points(
        connection,
        run_id,
        numbers,
        parameters=job_params(record.job),
        started=record.started,
        tags=tags,
    )
