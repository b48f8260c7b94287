"""Lets one process at a time create the tables and experiments of a store."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from filelock import FileLock

from ibsweep.tracking.options import TrackingOptions

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
def _advisory_lock(address: str) -> Iterator[None]:
    """Hold a lock in the PostgreSQL database; it ends with the connection."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({_KEY})"))
        yield
