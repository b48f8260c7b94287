"""How far running sweeps have come: tags of the study, so that all who see the store find them."""

from ibsweep.tracking.connection import Connection
from ibsweep.tracking.reaching import as_store_errors

_PREFIX = "ibsweep.progress."


def publish_progress(connection: Connection, sweep: str, text: str | None) -> None:
    """Write down how far a sweep has come; without a text, remove that.

    Args:
        connection: Open store.
        sweep: Name of the sweep.
        text: At most 5000 characters.

    Raises:
        StoreError: If the store does not take it.
    """
    key, study = f"{_PREFIX}{sweep}", connection.networks
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
    with as_store_errors(connection.options.address):
        tags = connection.client.get_experiment(connection.networks).tags
    return {
        key.removeprefix(_PREFIX): value for key, value in tags.items() if key.startswith(_PREFIX)
    }
