"""Opens a store to read: nothing is created or changed, and no right to write is needed."""

import functools
import os
from typing import TYPE_CHECKING

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.database import is_made
from ibsweep.tracking.experiments import artifact_folder, check_active
from ibsweep.tracking.options import NotThere, TrackingOptions
from ibsweep.tracking.reaching import as_store_errors, client, import_mlflow, require_server
from ibsweep.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment


def read_store(options: TrackingOptions) -> Store:
    """Open a store to read a study that is there.

    Raises:
        NotThere: If there is no such store or study; the message lists those that there are.
        StoreError: If the study was deleted, the server does not answer, or the installed MLflow
            cannot use the store.
    """
    return _read(options, os.getpid())


def find_store(options: TrackingOptions) -> Store | None:
    """Open a store to read, as `read_store`, or return None if there is no such store or study."""
    try:
        return read_store(options)
    except NotThere:
        return None


def studies(options: TrackingOptions) -> list[str]:
    """Return the names of the studies that a store holds.

    Raises:
        NotThere: If there is no such store.
        StoreError: As `read_store`.
    """
    made = _client(options)
    with as_store_errors(options.address):
        return _studies(made)


@functools.lru_cache(maxsize=16)
def _read(options: TrackingOptions, process: int) -> Store:
    """Open the store once per process: a forked child must not use its parent's connections."""
    made = _client(options)
    with as_store_errors(options.address):
        experiments = [_study(made, name) for name in (options.study, options.summary_study)]
        if None in experiments:
            known = ", ".join(_studies(made)) or "none yet"
            raise NotThere(f"study must be one of the store's ({known}), got {options.study!r}")
    roots = {
        one.experiment_id: artifact_folder(one, options) for one in experiments if one is not None
    }
    networks, summary = roots
    return Store(Connection(options, made, networks, summary, artifact_roots=roots))


def _client(options: TrackingOptions) -> "MlflowClient":
    """Return a client of a store that is there.

    Raises:
        NotThere: If it is not.
    """
    key = "uri" if options.uri else "directory"
    if options.database and not options.database.is_file():
        raise NotThere(f"{key} must hold a store, got no {options.database}")
    if options.address.startswith("http"):
        require_server(options.address)
    import_mlflow()
    with as_store_errors(options.address):
        if not options.address.startswith("http") and not is_made(options.address):
            rule = "must hold a store of the installed MLflow (or one that is made just now)"
            raise NotThere(f"{key} {rule}, got {options.address!r}")
        return client(options.address)


def _study(client: "MlflowClient", name: str) -> "Experiment | None":
    """Return an experiment by name.

    Raises:
        StoreError: If it was deleted.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        check_active(experiment)
    return experiment


def _studies(client: "MlflowClient") -> list[str]:
    """Return the names of the studies that a store holds."""
    names, token = set(), None
    while True:
        page = client.search_experiments(page_token=token)
        names |= {one.name for one in page}
        token = page.token
        if not token:
            return sorted(name for name in names if f"{name}-summary" in names)
