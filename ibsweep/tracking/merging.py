"""Copies the runs of one store into another, each once, however often it is asked."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ibsweep.tracking.checksums import copy_files
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.database import metric_history
from ibsweep.tracking.datasets import log_datasets
from ibsweep.tracking.inspection import problems
from ibsweep.tracking.locking import merge_lock
from ibsweep.tracking.metrics import log_whole
from ibsweep.tracking.network_runs import join_sweep
from ibsweep.tracking.reading import finished, search
from ibsweep.tracking.tags import sweep_tag

if TYPE_CHECKING:
    from mlflow.entities import Metric, Run

ORIGIN = "ibsweep.merged_from"  # the run that a copy was made of
WHOLE = "ibsweep.merged"  # written last, so that what an interruption left is recognised
FINGERPRINT, WEIGHTS_FROM = "ibsweep.fingerprint", "ibsweep.weights_from"
_LATE = ("ibsweep.pid_start", "ibsweep.complete")  # without the first no run counts as abandoned
_ENDED = ("FINISHED", "FAILED", "KILLED")


class Merged(NamedTuple):
    """What became of the runs of a store.

    Attributes:
        copied: Runs that were copied.
        known: Runs that were there already, by their origin or fingerprint.
        unfinished: Runs that have not ended, which stay where they are.
        damaged: Runs that are not as they were written, which stay where they are.
    """

    copied: int = 0
    known: int = 0
    unfinished: int = 0
    damaged: int = 0

    def __str__(self) -> str:
        """Say the numbers that are not 0, and always what was copied."""
        rest = [
            f"{count} {name}"
            for name, count in self._asdict().items()
            if count and name != "copied"
        ]
        return ", ".join([f"{self.copied} copied", *rest])


def merge(target: Connection, source: Connection, report: Callable[[str], object]) -> Merged:
    """Copy the runs of a study: networks, measurements, aggregates and sweeps, with their files.

    A run keeps its name, tags, times, parameters, metrics and files; it gets another identifier,
    and the tag `ibsweep.merged_from` names the former. A job that the target holds already is not
    copied: its run there joins the sweeps that the other belongs to. Interrupted, it goes on when
    called again.

    Args:
        target: Open store.
        source: Open store of the same study, which is not changed.
        report: Called with a line on every run that is damaged.

    Raises:
        StoreError: If another process merges into the target.
    """
    with merge_lock(target.options):
        return _merge(target, source, report)


def _merge(target: Connection, source: Connection, report: Callable[[str], object]) -> Merged:
    runs = [*_runs(source, source.networks), *_runs(source, source.summary)]
    fingerprints = {run.data.tags[FINGERPRINT] for run in runs if FINGERPRINT in run.data.tags}
    stored = finished(target, fingerprints, tag=FINGERPRINT)
    places = _copies(target)  # of runs of the source: their runs in the target
    counts: Counter[str] = Counter()
    for run in sorted(runs, key=lambda run: (WEIGHTS_FROM in run.data.tags, run.info.start_time)):
        origin, status = run.data.tags.get(ORIGIN, run.info.run_id), run.info.status
        if origin not in places and status == "FINISHED" and _fingerprint(run) in stored:
            places[origin] = stored[_fingerprint(run)]
        if origin in places:
            counts["known"] += 1
            for sweep in _sweeps(run):
                join_sweep(target, [places[origin]], sweep)
        elif status not in _ENDED:
            counts["unfinished"] += 1
        elif lines := _damage(source, run):
            counts["damaged"] += 1
            for line in lines:
                report(line)
        else:
            places[origin] = _copy(source, target, run, places)
            counts["copied"] += 1
    return Merged(**counts)


def _runs(connection: Connection, experiment: str) -> Iterator["Run"]:
    """Yield the runs that ibsweep wrote into an experiment."""
    return search(connection, "tags.`ibsweep.kind` != ''", experiment=experiment)


def _copies(target: Connection) -> dict[str, str]:
    """Return origin → run of the copies in a store; what an interrupted copy left is deleted."""
    copies = {}
    for experiment in (target.networks, target.summary):
        for run in search(target, f"tags.`{ORIGIN}` != ''", experiment=experiment):
            if WHOLE in run.data.tags:
                copies[run.data.tags[ORIGIN]] = run.info.run_id
            else:
                target.client.delete_run(run.info.run_id)
    return copies


def _damage(source: Connection, run: "Run") -> list[str]:
    """Return what is wrong with a run that says it is finished."""
    if run.info.status != "FINISHED":
        return []
    kind = run.data.tags["ibsweep.kind"]
    return problems(source, run.info.run_id, network=kind == "network")


def _copy(source: Connection, target: Connection, run: "Run", places: Mapping[str, str]) -> str:
    """Copy a run with its files, and return the copy; `places` are those of other runs."""
    tags = {name: text for name, text in run.data.tags.items() if name not in (*_LATE, WHOLE)}
    tags.setdefault(ORIGIN, run.info.run_id)
    if WEIGHTS_FROM in tags:
        tags[WEIGHTS_FROM] = places.get(tags[WEIGHTS_FROM], tags[WEIGHTS_FROM])
    is_network = run.info.experiment_id == source.networks
    experiment = target.networks if is_network else target.summary
    made = target.client.create_run(
        experiment, start_time=run.info.start_time, run_name=run.info.run_name, tags=tags
    )
    copy = str(made.info.run_id)
    if run.inputs is not None and run.inputs.dataset_inputs:
        log_datasets(target, copy, run.inputs.dataset_inputs)
    log_whole(target, copy, _metrics(source, run), run.data.params)
    _copy_files(source, target, run, target.artifacts(experiment, copy), copy)
    late = {name: text for name, text in run.data.tags.items() if name in _LATE}
    for name, text in (late | {WHOLE: "1"}).items():
        target.client.set_tag(copy, name, text)
    target.client.set_terminated(copy, status=run.info.status, end_time=run.info.end_time)
    return copy


def _copy_files(
    source: Connection, target: Connection, run: "Run", folder: Path | None, copy: str
) -> None:
    """Copy the files of a run into the folder of its copy, or to the server if there is none."""
    with tempfile.TemporaryDirectory(prefix="ibsweep-") as scratch:
        files = source.artifacts(run.info.experiment_id, run.info.run_id)
        if files is None:
            files = Path(source.client.download_artifacts(run.info.run_id, "", scratch))
        if not files.is_dir():
            return  # a run that failed early has none
        if folder is None:
            target.client.log_artifacts(copy, str(files))
        else:
            copy_files(files, folder)


def _metrics(source: Connection, run: "Run") -> list["Metric"]:
    """Return all points of all metrics of a run."""
    from mlflow.entities import Metric

    if source.options.database:
        points = metric_history(source.options.database, run.info.run_id)
        return [Metric(*point) for point in points]
    run_id, names = run.info.run_id, run.data.metrics
    return [point for name in names for point in source.client.get_metric_history(run_id, name)]


def _fingerprint(run: "Run") -> str:
    return str(run.data.tags.get(FINGERPRINT, ""))


def _sweeps(run: "Run") -> list[str]:
    prefix = sweep_tag("")
    return [name.removeprefix(prefix) for name in run.data.tags if name.startswith(prefix)]
