"""Tags of a study, so that all who see the store find them.

How far running sweeps have come, and which copies of other stores were brought in.
"""

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.reaching import as_store_errors

_PROGRESS = "ibsweep.progress."
_COLLECTED = "ibsweep.collected."


def publish_progress(connection: Connection, sweep: str, text: str | None) -> None:
    """Write down how far a sweep has come; without a text, remove that.

    Args:
        connection: Open store.
        sweep: Name of the sweep.
        text: At most 5000 characters.

    Raises:
        StoreError: If the store does not take it.
    """
    key, study = f"{_PROGRESS}{sweep}", connection.networks
    with as_store_errors(connection.options.address):
        if text is None:
            connection.client.delete_experiment_tag(study, key)
        else:
            connection.client.set_experiment_tag(study, key, text)


def read_progress(connection: Connection) -> dict[str, str]:
    """Return how far each running sweep has come, by its name.

    Raises:
        StoreError: If the store cannot be read.
    """
    return _tags(connection, _PROGRESS)


def mark_collected(connection: Connection, name: str, state: str) -> None:
    """Write down that the runs of a copy of another store were brought in.

    Args:
        connection: Open store.
        name: Name of the copy.
        state: Which state it was in, as `copies.copy_state`.

    Raises:
        StoreError: If the store does not take it.
    """
    with as_store_errors(connection.options.address):
        connection.client.set_experiment_tag(connection.networks, f"{_COLLECTED}{name}", state)


def collected(connection: Connection) -> dict[str, str]:
    """Return the state in which copies of other stores were brought in, by their names.

    Raises:
        StoreError: If the store cannot be read.
    """
    return _tags(connection, _COLLECTED)


def _tags(connection: Connection, prefix: str) -> dict[str, str]:
    """Return the tags of the study that begin so, without their beginning."""
    with as_store_errors(connection.options.address):
        tags = connection.client.get_experiment(connection.networks).tags
    return {
        name.removeprefix(prefix): text for name, text in tags.items() if name.startswith(prefix)
    }
