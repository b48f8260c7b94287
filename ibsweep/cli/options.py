"""The options that say which store, shared by every command."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd

from ibsweep.stored import querying
from ibsweep.tracking import Store, TrackingOptions, open_store, read_store

EVERY = "all"  # what --sweep is for the networks of all sweeps


class UserPath(click.Path):
    """A path; `~` is the home, also where the shell leaves it alone, as in `--directory=~/x`."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Return the path."""
        return super().convert(os.path.expanduser(value), param, ctx)


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

    def open(self, *, to_write: bool = False) -> Store:
        """Open the store, to read; or to write into a study that is there.

        Raises:
            ValueError: If an option breaks a rule.
            StoreError: If there is no such store or study.
        """
        store = read_store(self.options)
        return open_store(self.options) if to_write else store

    @property
    def options(self) -> TrackingOptions:
        """The same, as the store wants it.

        Raises:
            ValueError: If an option breaks a rule.
        """
        directory = Path(os.path.abspath(self.directory))  # whose name may begin with ~
        return TrackingOptions.at(directory, study=self.study, uri=self.uri)

    def runs(self, query: str | None = None, *, sweep: str | None = None) -> pd.DataFrame:
        """Return its finished networks, one row each.

        Raises:
            ValueError: If there is none, or the query is wrong.
            StoreError: If there is no such store or study.
        """
        runs = querying.runs_of(self.open(), query, sweep=sweep)
        if runs.empty:
            raise ValueError(f"the study {self.study!r} holds no such networks")
        return runs


def chosen_sweep(store: Store, sweep: str | None) -> str | None:
    """Return the sweep to look at, by default the latest; None means all networks of the study.

    What was chosen by default is said, beside the output.

    Args:
        store: The store.
        sweep: What was typed: a sweep, `all`, or None.
    """
    if sweep is not None:
        return None if sweep == EVERY else sweep
    latest = latest_sweep(store)
    if latest is None:
        study = store.options.study
        click.echo(f"no sweep has ended: all networks of the study {study}", err=True)
    return latest


def latest_sweep(store: Store) -> str | None:
    """Return the sweep that ended last and say which it is; None if none has ended."""
    latest = store.latest_sweep()
    if latest is not None:
        click.echo(f"sweep {latest}", err=True)
    return latest


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
            type=UserPath(),
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
