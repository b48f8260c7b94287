"""Reaches a store by MLflow: imports it, asks a server for a sign of life, makes the client."""

import importlib
import logging
import os
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING

from ibsweep.tracking.options import StoreError
from ibsweep.tracking.patience import patient, patiently

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PROBE_SECONDS = 2.0
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def import_mlflow() -> None:
    """Import the slow parts of MLflow, before other processes are made to wait."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _silence():
        importlib.import_module("mlflow.tracking")
        importlib.import_module("mlflow.store.tracking.sqlalchemy_store")


def client(address: str) -> "MlflowClient":
    """Return MLflow's client, which waits for a store that is locked or restarts."""
    from mlflow import MlflowClient

    return patient(patiently(lambda: MlflowClient(address), address), address)


@contextmanager
def as_store_errors(address: str) -> Iterator[None]:
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


def require_server(uri: str) -> None:
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
