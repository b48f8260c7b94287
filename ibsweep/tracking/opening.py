"""Opens a store: reaches the server or creates the database, from many processes at once."""

import errno
import functools
import importlib
import logging
import os
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.experiments import check_active, open_experiment
from ibsweep.tracking.locking import first_use_lock
from ibsweep.tracking.options import StoreError, TrackingOptions
from ibsweep.tracking.patience import patient, patiently
from ibsweep.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PROBE_SECONDS = 2.0
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def open_store(options: TrackingOptions) -> Store:
    """Open the store, creating folders, tables and the study's two experiments if they are absent.

    Any number of processes may do so at once, on an empty folder too. Opening again costs nothing.

    Raises:
        StoreError: If the server does not answer, the folder cannot be written, the study was
            deleted, or the installed MLflow cannot use the store.
    """
    return _open(options, os.getpid())


def find_store(options: TrackingOptions) -> Store | None:
    """Open the store to read, if it is there; nothing is created or changed.

    Raises:
        StoreError: If the server does not answer, the study was deleted, or the installed MLflow
            cannot use the store.
    """
    if options.database and not options.database.is_file():
        return None
    if options.address.startswith("http"):
        _require_server(options.address)
    _import_mlflow()
    with _as_store_errors(options.address):
        client = _client(options.address)
        found = [client.get_experiment_by_name(n) for n in (options.study, options.summary_study)]
    for experiment in found:
        if experiment is not None:
            check_active(experiment)
    if None in found:
        return None
    networks, summary = (one.experiment_id for one in found if one is not None)
    return Store(Connection(options, client, networks, summary, artifact_roots={}))


def check_store(options: TrackingOptions) -> None:
    """Check what `open_store` would complain of; nothing is created or changed.

    Raises:
        StoreError: As `open_store`.
    """
    if options.database:
        _check_folder(options.database.parent, key=_folder_key(options))
    find_store(options)


@functools.lru_cache(maxsize=16)
def _open(options: TrackingOptions, process: int) -> Store:
    """Open the store once per process: a forked child must not use its parent's connections."""
    if options.database:
        _make_folder(options.database.parent, key=_folder_key(options))
    elif options.address.startswith("http"):
        _require_server(options.address)
    _import_mlflow()
    return Store(_connect(options))


def _import_mlflow() -> None:
    """Import the slow parts of MLflow, before other processes are made to wait."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _silence():
        importlib.import_module("mlflow.tracking")
        importlib.import_module("mlflow.store.tracking.sqlalchemy_store")


def _connect(options: TrackingOptions) -> Connection:
    """Connect MLflow, and find or create the two experiments."""
    with _as_store_errors(options.address), first_use_lock(options):
        client = _client(options.address)
        networks, folder = open_experiment(client, options, options.study)
        summary, summary_folder = open_experiment(client, options, options.summary_study)
    roots = {networks: folder, summary: summary_folder}
    return Connection(options, client, networks, summary, artifact_roots=roots)


def _client(address: str) -> "MlflowClient":
    """Return MLflow's client, which waits for a store that is locked or restarts."""
    from mlflow import MlflowClient

    return patient(patiently(lambda: MlflowClient(address), address), address)


@contextmanager
def _as_store_errors(address: str) -> Iterator[None]:
    """Tell what MLflow finds wrong with a store in a line.

    Raises:
        StoreError: Instead of MLflow's errors.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with _silence():
        try:
            yield
        except (MlflowException, SQLAlchemyError, ImportError) as error:
            reason = f"got {address!r} ({str(error).strip().splitlines()[0]})"
            raise StoreError(f"tracking.uri must be usable by MLflow, {reason}") from error


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


def _require_server(uri: str) -> None:
    """Ask the server for a sign of life, since MLflow itself would try for minutes.

    Any answer but a server error counts: behind a login or a proxy there may be no /health.

    Raises:
        StoreError: If there is none.
    """
    reason: object = None
    for path in ("/health", "/"):
        try:
            with urllib.request.urlopen(uri.rstrip("/") + path, timeout=_PROBE_SECONDS):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                return
            reason = f"it answers {error.code} {error.reason}"
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
    raise StoreError(
        f"tracking.uri must be the address of a running server, got {uri!r} ({reason});"
        " start one with `mlflow server`, or leave the key empty to store runs in a local file"
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep MLflow's and its database's notices of a first use from the user."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.WARNING)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
