"""Waits while a store is busy or restarts, so that no finished network is lost to it."""

import functools
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ibsweep.tracking.options import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
SECONDS = 120.0
LONGEST_PAUSE = 5.0
log = logging.getLogger(__name__)


def patient(client: "MlflowClient", address: str) -> "MlflowClient":
    """Return the client, each of whose calls is made `patiently`."""
    return cast("MlflowClient", _Patient(client, address))


def patiently(call: Callable[[], T], address: str, *, seconds: float = SECONDS) -> T:
    """Make a call; while the database is locked or restarting, make it again.

    MLflow itself waits 20 s for a lock, and some four minutes for a server that is gone. What it
    writes, it writes again without harm, but for a run's creation: if the answer to that is lost,
    an empty run stays RUNNING until the next start marks it KILLED.

    Args:
        call: What to do; each try is a transaction.
        address: The store's, for messages.
        seconds: No try begins later than this after the first.

    Raises:
        StoreError: If the store is still not usable then, or a server refuses user or password.
    """
    begin, pause = time.monotonic(), 0.1
    while True:
        try:
            with _quiet():
                return call()
        except Exception as error:
            if "failed with error code 401" in str(error):
                rule = "must be a server that lets you in: set MLFLOW_TRACKING_USERNAME and"
                reason = f"MLFLOW_TRACKING_PASSWORD, got {address!r} (error 401)"
                raise StoreError(f"tracking.uri {rule} {reason}") from error
            waited = time.monotonic() - begin
            if not _is_temporary(error):
                raise
            if _was_retried(error) or waited > seconds:
                reason = f"got no use of {address!r} in {waited:.0f} s ({_first_line(error)})"
                raise StoreError(f"tracking.uri must stay usable, {reason}") from error
            log.info("%s is busy, trying again: %s", address, _first_line(error))
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, LONGEST_PAUSE)


class _Patient:
    """Stands in for MLflow's client."""

    def __init__(self, client: "MlflowClient", address: str) -> None:
        self._client = client
        self._address = address

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        @functools.wraps(method)
        def call(*values: object, **options: object) -> object:
            return patiently(lambda: method(*values, **options), self._address)

        return call


def _is_temporary(error: Exception) -> bool:
    """Say whether a database was locked or away, or a server did not answer."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    code = error.error_code if isinstance(error, MlflowException) else ""
    locked = isinstance(error, OperationalError) and "locked" in str(error)
    return locked or code == "TEMPORARILY_UNAVAILABLE" or _was_retried(error)


def _was_retried(error: Exception) -> bool:
    """Say whether MLflow gave up on a server after many tries of its own."""
    return str(error).startswith("API request to ")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow from logging a traceback at each try."""
    logger = logging.getLogger("mlflow.store.db.utils")
    level = logger.level
    try:
        logger.setLevel(logging.CRITICAL)
        yield
    finally:
        logger.setLevel(level)
