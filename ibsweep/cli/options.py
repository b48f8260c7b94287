"""The options that say which store, shared by every command."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from ibsweep.tracking import Store, StoreError, TrackingOptions, open_store


def store_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which store."""
    for option in (
        click.option("--study", default="ibsweep", show_default=True, help="As tracking.study."),
        click.option(
            "--directory",
            default="outputs",
            show_default=True,
            type=click.Path(path_type=Path),
            help="Folder that holds mlflow.db, if there is no --uri.",
        ),
        click.option(
            "--uri",
            envvar="MLFLOW_TRACKING_URI",
            help="Server or database, as tracking.uri; or set MLFLOW_TRACKING_URI.",
        ),
    ):
        command = option(command)
    return command


def opened(uri: str | None, directory: Path, study: str) -> Store:
    """Open a store that exists.

    Raises:
        click.ClickException: If there is none.
    """
    try:
        options = TrackingOptions(uri or None, study, "metrics", Path(os.path.abspath(directory)))
        if options.database and not options.database.is_file():
            raise StoreError(f"--directory must hold a store, got no {options.database}")
        return open_store(options)
    except (ValueError, StoreError) as error:
        raise click.ClickException(str(error)) from error
