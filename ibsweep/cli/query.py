"""Asks a store: tables of networks and curves."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd

from ibsweep import names
from ibsweep.analysis.summaries import choice_columns
from ibsweep.cli.options import Place, UserPath, store_options
from ibsweep.cli.tables import FORMATS, write_table
from ibsweep.stored import querying

_QUERY = (
    click.option("--filter", help="Query on the columns, e.g. \"activation == 'relu'\"."),
    click.option("--sweep", help="Only this sweep."),
    click.option("--output", type=UserPath(), help="File to write the table to."),
)
FORMAT = click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="Default: as --output ends, else a readable table.",
)


class Query(NamedTuple):
    """Which networks are asked about.

    Attributes:
        place: Where they are stored.
        filter: Condition on the table's columns, or None.
        sweep: Only those of this sweep, or None.
    """

    place: Place
    filter: str | None
    sweep: str | None

    def runs(self) -> pd.DataFrame:
        """Return them, one row each."""
        return self.place.runs(self.filter, sweep=self.sweep)


def query_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose networks, which come as `query`, and where the answer goes."""

    @functools.wraps(command)
    def asked(*, place: Place, filter: str | None, sweep: str | None, **others: Any) -> None:  # noqa: ANN401
        command(query=Query(place, filter, sweep), **others)

    for option in _QUERY:
        asked = option(asked)
    return store_options(asked)


@click.command("runs")
@query_options
@FORMAT
def list_runs(output: Path | None, format: str | None, query: Query) -> None:
    """List the finished networks, one row each: options, scores, accuracies.

    To read: what differs and the main scores. In a file or another format: every column.
    """
    table = query.runs().drop(columns="run_ids")
    to_read = format == "table" or (format is None and output is None)
    write_table(table[_headlines(table)] if to_read else table, output, format)


@click.command("curves")
@query_options
@FORMAT
def list_curves(output: Path | None, format: str | None, query: Query) -> None:
    """List I(X;T) and I(T;Y) in bits, at every snapshot of every layer."""
    write_table(querying.curves(query.runs()), output, format)


def _headlines(runs: pd.DataFrame) -> list[str]:
    """Return the columns that fit a screen: names, choices that differ, main scores."""
    choices = [name for name in choice_columns(runs) if runs[name].nunique() > 1]
    scores = [name for name in runs if names.is_headline(str(name))]
    return ["run_id", "name", *choices, *scores, names.FAILED] if len(runs) else []
