"""Fig 9a of Chelombiev et al. (2019) for every group of networks: compression and accuracy."""

from collections.abc import Iterator, Sequence

import pandas as pd

from ibsweep import names
from ibsweep.analysis.headlines import (
    ADJUSTED,
    OVERALL,
    grouping,
    headline_correlations,
    interval,
    main_scores,
    p_text,
)
from ibsweep.plots.axes import Figure
from ibsweep.plots.clouds import Cloud, clouds

_MOST_GROUPS = 12  # that are drawn


def group_clouds(
    runs: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    score: Sequence[str] = (),
    against: str | None = None,
) -> Figure:
    """Draw the main scores of each group of networks against their accuracy.

    Args:
        runs: Table of `ibsweep.runs`, one row a network.
        by: Columns whose values make groups; by default those in which networks differ.
        score: Columns of scores; by default the hidden and the last of the main estimator.
        against: Column of outcomes; None: test accuracy, or the error of regressions.

    Raises:
        ValueError: If a column is not in the table.
    """
    shown, against = list(score) or main_scores(runs), against or names.outcome(runs)
    keys = list(by) or grouping(runs)
    table = headline_correlations(runs, by=keys, score=shown, against=[against])
    notes = {
        (row["group"], row["score"]): f"r {interval(row)}, adjusted p {p_text(row[ADJUSTED])}"
        for row in table[table["without_failed"]].to_dict("records")
    }
    panels = [
        Cloud(
            title=_title(group, column),
            score=rows[column].to_numpy(float),
            outcome=rows[against].to_numpy(float),
            failed=(rows[names.FAILED] == 1.0).to_numpy(),
            note=notes[group, column],
        )
        for group, rows in _groups(runs, keys)
        for column in shown
    ]
    return clouds(panels, columns=len(shown), outcome=names.in_words(against))


def _groups(runs: pd.DataFrame, keys: list[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name and the networks of each group, the first ones if they are many."""
    if not keys:
        yield OVERALL, runs
        return
    for number, (values, rows) in enumerate(runs.groupby(keys, dropna=False)):
        if number < _MOST_GROUPS:
            yield ", ".join(str(value) for value in values if pd.notna(value)), rows


def _title(group: str, column: str) -> str:
    """Name the networks of a panel and the layers of its score."""
    layers = {"hidden": "hidden layers", "last": "output layer"}
    name = column.rpartition("/")[2]
    networks = "all networks" if group == OVERALL else group.replace("_", " ")
    return f"{networks}, {layers.get(name, name.replace('_', ' '))}"
