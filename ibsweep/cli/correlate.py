"""Answers whether compression goes with accuracy, a line a group of networks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pandas as pd

from ibsweep import names
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.headlines import (
    ADJUSTED,
    OVERALL,
    finding,
    headline_correlations,
    interval,
    main_scores,
    p_text,
)
from ibsweep.cli.options import UserPath, chosen_sweep
from ibsweep.cli.query import FORMAT, Query, query_options
from ibsweep.cli.tables import check_picture, write_table
from ibsweep.plots.axes import Figure
from ibsweep.reports.clouds import group_clouds
from ibsweep.stored import querying

LINES, COLUMNS = 12, 100  # that are printed at most
_LEAST = 8  # characters of a group's name
_HEADING = ("networks", "layers", "r [95 % interval]", "adj. p")


@click.command()
@query_options
@FORMAT
@click.option("--by", multiple=True, help="Column that makes groups, e.g. activation.")
@click.option("--score", multiple=True, help="Column of scores; by default the main ones.")
@click.option("--against", multiple=True, help="Outcome; by default accuracy/test or rmse/test.")
@click.option("--resamples", default=2000, show_default=True, help="Of bootstrap, permutation.")
@click.option("--plot", type=UserPath(), help="File (png, svg, pdf) to draw the networks into.")
@click.option("--all", "whole", is_flag=True, help="The whole table, with all scores.")
@click.option("--log", is_flag=True, help="Also keep the whole table with the sweep's run.")
def correlate(
    output: Path | None,
    format: str | None,
    by: tuple[str, ...],
    score: tuple[str, ...],
    against: tuple[str, ...],
    resamples: int,
    plot: Path | None,
    whole: bool,
    log: bool,
    query: Query,
) -> None:
    """Say whether compression goes with accuracy, over networks: a line a group.

    The networks are those of the latest sweep, unless --sweep names another or is 'all'.
    "relu +3" are the relu networks with the 3 that failed to train, "overall" are all networks,
    each less the mean of its group. p is by permutation, adjusted by Holm's rule over all groups
    and main scores; intervals are bootstrap percentiles. With --all, or in a file or another
    format: the whole table, each score with and without networks that failed to train.
    """  # noqa: DOC501 - the text is the command's help
    query = query._replace(sweep=chosen_sweep(query.place.open(), query.sweep))
    if log and query.sweep is None:
        raise click.UsageError("--log needs --sweep, the sweep whose run keeps the table")
    runs = query.runs()
    against = against or (names.outcome(runs),)
    if plot is not None:
        _draw(plot, group_clouds(runs, by=by, score=score, against=against[0]))
        return
    if whole or log or output or format not in (None, "table"):
        table = correlations(
            runs, by=by, score=score or None, against=against, resamples=resamples
        )
        write_table(table, output, format)
        if log and query.sweep is not None:
            content = {"correlations.csv": table.to_csv(index=False)}
            querying.store_of(runs).add_to_sweep(query.sweep, content)
        return
    table = headline_correlations(runs, by=by, score=score, against=against, resamples=resamples)
    chosen = table[table["score"].isin(score or main_scores(runs))]
    click.echo(_title(query, table))
    heading = (*_HEADING, f"does compression go with {', '.join(against)}?")
    click.echo("\n".join(_capped(_aligned([heading, *_cells(chosen)]))))


def _draw(path: Path, figure: Figure) -> None:
    """Write a figure."""
    check_picture("plot", path)
    figure.savefig(path, bbox_inches="tight", dpi=300)
    click.echo(path)


def _title(query: Query, table: pd.DataFrame) -> str:
    """Say of which networks the lines are, and over how many of them p is adjusted."""
    which = f"sweep {query.sweep}" if query.sweep else f"study {query.place.study}"
    which += ", --filter a family of its own" if query.filter else ""
    title = f"{which}: p adjusted over {table['without_failed'].sum()} correlations"
    groups = table["group"].nunique()
    return title + (f"; {OVERALL}: less each group's mean" if groups > 1 else "")


def _cells(table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row; of networks that failed to train only where there are some."""
    keys = ["group", "score", "against"]
    sizes = table["n"] + table["undefined"]
    failed = sizes - sizes.groupby([table[name] for name in keys]).transform("min")
    alone = table["group"].nunique() == 1
    for label, count, row in zip(_labels(table), failed, table.to_dict("records"), strict=True):
        if row["without_failed"]:
            group = str(row["group"])
        elif count and (alone or row["group"] != OVERALL):
            group = f"{row['group']} +{count}"
        else:
            continue
        yield group, label, interval(row), p_text(row[ADJUSTED]), finding(row)


def _labels(table: pd.DataFrame) -> list[str]:
    """Return what each row's score is called: `hidden`, or whole where there are several kinds."""
    kinds = {str(score).rpartition("/")[0] for score in table["score"]}
    labels = [
        str(score).rpartition("/")[2] if len(kinds) == 1 else str(score)
        for score in table["score"]
    ]
    if table["against"].nunique() == 1:
        return labels
    return [f"{label}, {name}" for label, name in zip(labels, table["against"], strict=True)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines of at most `COLUMNS` characters; names of groups are cut for that."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= COLUMNS else 1
    left = COLUMNS - sum(widths[1:]) - gap * (len(widths) - 1)
    widths[0] = min(widths[0], max(left, _LEAST))
    lines = []
    for group, *others in rows:
        name = group if len(group) <= widths[0] else f"{group[: widths[0] - 1]}…"
        cells = zip([name, *others], widths, strict=True)
        line = (" " * gap).join(cell.ljust(width) for cell, width in cells).rstrip()
        lines.append(line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…")
    return lines


def _capped(lines: list[str]) -> list[str]:
    """Return the lines that are printed below the title, and how many are not."""
    most = LINES - 1
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"… {len(lines) - most + 1} more rows; the whole table: --all"]
