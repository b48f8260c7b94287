"""The two MLflow experiments of a study, with their artifacts beside the database."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from ibsweep.tracking.database import move_artifacts
from ibsweep.tracking.options import StoreError, TrackingOptions

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment


def open_experiment(
    client: "MlflowClient", options: TrackingOptions, name: str
) -> tuple[str, Path | None]:
    """Find the experiment or create it; in a store that was moved, find its artifacts again.

    Returns:
        The experiment's identifier, and the folder of its artifacts (None: a server keeps them).

    Raises:
        StoreError: If the experiment was deleted.
    """
    experiment = client.get_experiment_by_name(name) or _create(client, name, options)
    check_active(experiment)
    known = artifact_folder(experiment, options)
    number, before = experiment.experiment_id, experiment.artifact_location
    if options.database and known and known != _local_folder(before):
        move_artifacts(options.database, number, before=before, now=known.as_uri())
    return number, known


def check_active(experiment: "Experiment") -> None:
    """Check that an experiment was not deleted.

    Raises:
        StoreError: If it was.
    """
    if experiment.lifecycle_stage != "active":
        raise StoreError(
            "tracking.study must not be a deleted experiment: restore"
            f" {experiment.name!r} or choose another"
        )


def artifact_folder(experiment: "Experiment", options: TrackingOptions) -> Path | None:
    """Return where an experiment's artifacts are, also in a store that was moved.

    None if a server keeps them.
    """
    known = _local_folder(experiment.artifact_location)
    folder = _default_folder(options, experiment.name)
    moved = options.database and folder and _was_moved(experiment, known, folder)
    return folder if moved else known


def _create(client: "MlflowClient", name: str, options: TrackingOptions) -> "Experiment":
    """Create the experiment, unless another process was faster."""
    from mlflow.exceptions import MlflowException

    folder = _default_folder(options, name)
    try:
        client.create_experiment(name, artifact_location=folder.as_uri() if folder else None)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    created = client.get_experiment_by_name(name)
    assert created is not None
    return created


def _default_folder(options: TrackingOptions, name: str) -> Path | None:
    """Return where a new experiment's artifacts go, None if the server chooses."""
    if options.database:
        return options.database.parent / "artifacts" / name
    if options.address.startswith("http"):
        return None
    return Path(options.directory).resolve() / "artifacts" / name


def _was_moved(experiment: "Experiment", known: Path | None, folder: Path) -> bool:
    """Say whether the database remembers a folder elsewhere for artifacts that lie beside it."""
    ours = experiment.artifact_location.endswith(f"/artifacts/{quote(experiment.name)}")
    if not ours or known is None or known == folder:
        return False
    return folder.exists() or not known.exists()


def _local_folder(location: str) -> Path | None:
    """Return the folder of an artifact location on this machine, None if it is remote."""
    if location.startswith("file:"):
        return Path(url2pathname(location.removeprefix("file:").removeprefix("//")))
    return None if urlsplit(location).scheme else Path(location)
