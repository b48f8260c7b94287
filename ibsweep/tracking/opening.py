"""Opens a store to write: reaches the server or creates the database, from many processes."""

import errno
import functools
import os
from pathlib import Path

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.experiments import open_experiment
from ibsweep.tracking.file_systems import refuse_network
from ibsweep.tracking.finding import find_store
from ibsweep.tracking.locking import first_use_lock
from ibsweep.tracking.options import StoreError, TrackingOptions
from ibsweep.tracking.reaching import as_store_errors, client, import_mlflow, require_server
from ibsweep.tracking.store import Store


def open_store(options: TrackingOptions) -> Store:
    """Open the store, creating folders, tables and the study's two experiments if they are absent.

    Any number of processes may do so at once, on an empty folder too. Opening again costs nothing.

    Raises:
        StoreError: If the server does not answer, the folder cannot be written or is on a network
            file system, the study was deleted, or the installed MLflow cannot use the store.
    """
    return _open(options, os.getpid())


def check_store(options: TrackingOptions) -> None:
    """Check what `open_store` would complain of; nothing is created or changed.

    Raises:
        StoreError: As `open_store`.
    """
    refuse_network(options)
    if options.database:
        _check_folder(options.database.parent, key=_folder_key(options))
    find_store(options)


@functools.lru_cache(maxsize=16)
def _open(options: TrackingOptions, process: int) -> Store:
    """Open the store once per process: a forked child must not use its parent's connections."""
    refuse_network(options)
    if options.database:
        _make_folder(options.database.parent, key=_folder_key(options))
    elif options.address.startswith("http"):
        require_server(options.address)
    import_mlflow()
    return Store(_connect(options))


def _connect(options: TrackingOptions) -> Connection:
    """Connect MLflow, and find or create the two experiments."""
    with as_store_errors(options.address), first_use_lock(options):
        made = client(options.address)
        networks, folder = open_experiment(made, options, options.study)
        summary, summary_folder = open_experiment(made, options, options.summary_study)
    roots = {networks: folder, summary: summary_folder}
    return Connection(options, made, networks, summary, artifact_roots=roots)


def _folder_key(options: TrackingOptions) -> str:
    return "tracking.uri" if options.uri else "directory"


def _check_folder(folder: Path, *, key: str) -> None:
    """Check that a folder can be created and written, as far as can be seen without doing so.

    Raises:
        StoreError: If it cannot.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        reason = f"got {str(folder)!r} ({os.strerror(errno.ENOTDIR)})"
        raise StoreError(f"{key} must be in a folder that can be created, {reason}")
    if not os.access(there, os.W_OK):
        raise StoreError(f"{key} must be in a folder that can be written, got {str(folder)!r}")


def _make_folder(folder: Path, *, key: str) -> None:
    """Create the store's folder, and check that it can be written.

    Raises:
        StoreError: If it cannot.
    """
    _check_folder(folder, key=key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"got {str(folder)!r} ({error.strerror})"
        raise StoreError(f"{key} must be in a folder that can be created, {reason}") from error
