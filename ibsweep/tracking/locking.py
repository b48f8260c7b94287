"""Lets one process at a time create a store's tables and experiments, or merge others into it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from filelock import FileLock, Timeout

from ibsweep.tracking.options import StoreError, TrackingOptions

_KEY = 0x6962_7377_6565_70  # "ibsweep": the number of our advisory lock


def first_use_lock(options: TrackingOptions) -> AbstractContextManager[object]:
    """Return the lock to hold while a store is opened: MLflow's own first use is not safe.

    A server needs none, since it creates its tables itself, before it answers.
    """
    if options.database:
        return FileLock(f"{options.database}.lock")
    if options.address.startswith("postgresql"):
        return _advisory_lock(options.address)
    return nullcontext()


@contextmanager
def merge_lock(options: TrackingOptions) -> Iterator[None]:
    """Let one process merge into a SQLite store; into a server several may, but should not.

    Raises:
        StoreError: If another one does so now.
    """
    if options.database is None:
        yield
        return
    try:
        with FileLock(f"{options.database}.merge.lock", timeout=0):
            yield
    except Timeout as error:
        reason = f"got {str(options.database)!r}, into which another process merges now"
        raise StoreError(f"--into must be a store that nobody merges into, {reason}") from error


@contextmanager
def _advisory_lock(address: str) -> Iterator[None]:
    """Hold a lock in the PostgreSQL database; it ends with the connection."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({_KEY})"))
        yield
