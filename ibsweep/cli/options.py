"""The options that say which store, shared by every command."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd

from ibsweep import querying
from ibsweep.tracking import Store, StoreError, TrackingOptions, open_store


class Place(NamedTuple):
    """Where runs are stored.

    Attributes:
        uri: Server or database; None for the embedded store.
        directory: Folder of the embedded store.
        study: MLflow experiment of the networks.
    """

    uri: str | None
    directory: Path
    study: str

    def open(self) -> Store:
        """Open the store.

        Raises:
            click.ClickException: If there is none.
        """
        directory = Path(os.path.abspath(self.directory))
        try:
            options = TrackingOptions(self.uri or None, self.study, "metrics", directory)
            if options.database and not options.database.is_file():
                raise StoreError(f"--directory must hold a store, got no {options.database}")
            return open_store(options)
        except (ValueError, StoreError) as error:
            raise click.ClickException(str(error)) from error

    def runs(self, query: str | None = None, *, sweep: str | None = None) -> pd.DataFrame:
        """Return its finished networks, one row each.

        Raises:
            click.ClickException: If there is none, or the query is wrong.
        """
        try:
            found = querying.runs(query, sweep=sweep, **self._asdict())
        except (ValueError, StoreError) as error:
            raise click.ClickException(str(error)) from error
        if found.empty:
            raise click.ClickException(f"the study {self.study!r} holds no such networks")
        return found


def store_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which store; the command gets them as `place`."""

    @functools.wraps(command)
    def placed(*, uri: str | None, directory: Path, study: str, **others: Any) -> None:  # noqa: ANN401
        command(place=Place(uri, directory, study), **others)

    return _with_options(placed)


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
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
