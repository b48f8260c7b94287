"""What goes wrong in MLflow or its database, in one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ibsweep.tracking.options import StoreError


@contextmanager
def store_errors(doing: str, address: str) -> Iterator[None]:
    """Turn the errors of MLflow and its database into one line for users.

    Args:
        doing: What is done inside, e.g. `the summary could not be stored`.
        address: The store's.

    Raises:
        StoreError: In place of an error of MLflow, SQLAlchemy or SQLite raised inside.
    """
    try:
        yield
    except Exception as error:
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        if not isinstance(error, MlflowException | SQLAlchemyError | sqlite3.Error):
            raise
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise StoreError(
            f"{doing}: tracking.uri must stay usable, {address!r}: {reason}"
        ) from error
