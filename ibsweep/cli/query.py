"""Asks a store: tables of networks and curves, the paper's claims."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from ibsweep import checks, names
from ibsweep.analysis.claims import PAPER_ESTIMATOR, claims
from ibsweep.analysis.summaries import choice_columns
from ibsweep.cli.options import Place, UserPath, store_options
from ibsweep.cli.tables import FORMATS, write_table
from ibsweep.scores.phases import phases
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


@click.command("claims")
@query_options
@FORMAT
@click.option(
    "--estimator", default=PAPER_ESTIMATOR, show_default=True, help="The adaptive estimator."
)
def judge(output: Path | None, format: str | None, estimator: str, query: Query) -> None:
    """Test the claims C1 to C7 of Chelombiev et al. (2019) on the networks of a store."""
    runs = query.runs()
    checks.choice("estimator", estimator, names.estimators(runs))
    samples = runs.drop_duplicates("samples")["samples"]
    if len(samples) > 1:
        raise ValueError(f"samples must be the same, got {samples.tolist()}: use --filter")
    curves = querying.curves(runs).query("estimator == @estimator")
    table = claims(runs, phases(curves, int(samples.iloc[0])), estimator=estimator)
    if output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        _show(table)


def _headlines(runs: pd.DataFrame) -> list[str]:
    """Return the columns that fit a screen: names, choices that differ, main scores."""
    choices = [name for name in choice_columns(runs) if runs[name].nunique() > 1]
    scores = [name for name in runs if names.is_headline(str(name))]
    return ["run_id", "name", *choices, *scores, names.FAILED] if len(runs) else []


def _show(findings: pd.DataFrame) -> None:
    """Print each claim with its rule, then one row a group of networks."""
    console = Console(highlight=False, markup=False, emoji=False)
    for (number, statement), rows in findings.groupby(["claim", "statement"], sort=False):
        console.print(f"\n{number}: {statement}", style="bold")
        for rule, group in rows.groupby("rule", sort=False):
            console.print(f"  {rule}")
            console.print(_groups(group))


def _groups(rows: pd.DataFrame) -> Table:
    """Return the findings of one claim and rule as a table."""
    table = Table(box=None, padding=(0, 2))
    for name in ("group", "measured", "effect [95 % interval]", "p", "n", "verdict"):
        table.add_column(name)
    for row in rows.itertuples():
        effect = f"{row.effect:.3f} [{row.low:.3f}, {row.high:.3f}]" if row.measure else ""
        p = "" if pd.isna(row.p) else f"{row.p:.2g}"
        table.add_row(row.group, row.measure, effect, p, str(row.n), row.verdict)
    return table
