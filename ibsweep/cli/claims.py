"""Tests the claims of papers on the networks of a store."""

from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from ibsweep import checks, names
from ibsweep.analysis.claims import PAPER_ESTIMATOR, PAPERS, Networks, claims, pruning, stopping
from ibsweep.cli.again import table_of
from ibsweep.cli.options import UserPath
from ibsweep.cli.query import FORMAT, Query, query_options
from ibsweep.cli.tables import check_picture, write_table
from ibsweep.plots.claims import claims_figure
from ibsweep.scores.phases import phases
from ibsweep.stored import querying
from ibsweep.sweeps.pruning import prune_network
from ibsweep.sweeps.stopping import stop_network

_TABLES = {  # that some papers need: their networks are run again
    stopping.TABLE: lambda runs: table_of(stop_network, runs, ("estimator=[ebab,posterior]",)),
    pruning.TABLE: lambda runs: table_of(prune_network, runs, ("estimator=[ebab,renyi_aligned]",)),
}


@click.command("claims")
@query_options
@FORMAT
@click.option(
    "--paper",
    type=click.Choice(list(PAPERS)),
    default="chelombiev2019",
    show_default=True,
    help="Whose claims.",
)
@click.option("--claim", "wanted", multiple=True, help="Only this claim, e.g. C7; repeatable.")
@click.option("--list", "show", is_flag=True, help="List the papers and their claims.")
@click.option("--figure", type=UserPath(), help="File (png, svg, pdf) to draw the effects into.")
@click.option(
    "--estimator", default=PAPER_ESTIMATOR, show_default=True, help="The estimator that counts."
)
def judge(
    output: Path | None,
    format: str | None,
    estimator: str,
    paper: str,
    wanted: tuple[str, ...],
    show: bool,
    figure: Path | None,
    query: Query,
) -> None:
    """Test the claims of a paper on the networks of a store: effect, interval, rule, verdict.

    Each paper names the experiment that trains the networks it is about: see --list.
    """
    if show:
        _list()
        return
    if figure is not None:
        check_picture("figure", figure)
    for claim in wanted:
        checks.choice("--claim", claim, PAPERS[paper].statements)
    networks = _networks(query, estimator)
    tables = {name: _TABLES[name](networks.runs) for name in PAPERS[paper].tables}
    networks = networks._replace(tables=tables)
    table = claims(networks, paper)
    if wanted:
        table = table[table["claim"].isin(wanted)]
    if figure is not None:
        claims_figure(table, PAPERS[paper].source).savefig(figure, bbox_inches="tight", dpi=200)
        click.echo(figure)
    elif output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        _show(table)


def _networks(query: Query, estimator: str) -> Networks:
    """Return what the claims are tested on.

    Raises:
        ValueError: If the networks were measured on different numbers of samples.
    """
    runs = query.runs()
    checks.choice("estimator", estimator, names.estimators(runs))
    samples = runs.drop_duplicates("samples")["samples"]
    if len(samples) > 1:
        raise ValueError(f"samples must be the same, got {samples.tolist()}: use --filter")
    curves = querying.curves(runs)
    measured = curves[curves["estimator"] == estimator]
    known = phases(measured, int(samples.iloc[0]))
    return Networks(runs, curves, known, estimator, querying.training(runs))


def _list() -> None:
    """Print each paper, the experiment that it needs, and its claims."""
    for name, paper in PAPERS.items():
        click.echo(f"{name}: {paper.source}")
        click.echo(f"  python -m ibsweep -m +experiment={paper.experiment}")
        click.echo(f"  ibsweep claims --paper {name} --sweep NAME")
        for number, statement in paper.statements.items():
            click.echo(f"  {number}  {statement}")


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
