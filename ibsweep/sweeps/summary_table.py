"""The table that a sweep ends with."""

import pandas as pd
from rich.table import Table

from ibsweep import names

COUNTS = ("n", "failed", names.FAILED)
CAPTION = (
    "mean ± half-width of the 95 % interval over seeds (Student's t); failed: runs that stopped;"
    " failed to train: never better than a constant answer;"
    " undef.: no score, a dead layer"
)


def summary_table(summary: pd.DataFrame) -> Table:
    """Lay out a summary for a terminal: one row for each configuration and its estimators.

    Args:
        summary: As `analysis.summarize` returns it.
    """
    labels = [name for name in summary.columns[: list(summary.columns).index("n")]]
    shown = [name for name in labels[1:] if name != "estimator"]
    estimators = names.estimators(summary)
    outcome = names.outcome(summary)
    table = Table(caption=CAPTION, padding=(0, 1, 0, 0))
    for name in [*shown, "estimator"]:
        table.add_column(name.rsplit(".", 1)[-1].replace("_", " "), overflow="fold")
    for name in (*COUNTS, names.in_words(outcome), "hidden score", "last score"):
        table.add_column(name.replace("_", " "), justify="right")
    for _, row in summary.iterrows():
        first = ["–" if pd.isna(row[name]) else str(row[name]) for name in shown]
        counts = [f"{row[name]:.0f}" for name in COUNTS]
        begin = [*first, "{}", *counts, _cell(row, outcome)]
        for estimator in _measured_by(row, estimators) or ["–"]:
            scores = [
                _cell(row, names.compression(estimator, layers)) for layers in names.HEADLINES
            ]
            table.add_row(*(text.replace("{}", estimator) for text in begin), *scores)
            begin = ["" if text != "{}" else text for text in begin]
    return table


def _measured_by(row: pd.Series, estimators: list[str]) -> list[str]:
    """Return the estimators that measured a configuration."""
    if "estimator" not in row or pd.isna(row["estimator"]):
        return estimators
    return [name for name in estimators if name in str(row["estimator"]).split(",")]


def _cell(row: pd.Series, score: str) -> str:
    """Return mean and interval of a score, and how many networks have none; – if all failed."""
    if score not in row:
        return "–"
    undefined = int(row[names.undefined(score)])
    note = f" ({undefined} undef.)" if undefined else ""
    half = row[names.interval(score)]
    interval = f" ± {half:.3f}" if pd.notna(half) else ""
    return f"{row[score]:.3f}{interval}{note}"
