"""Draws what claims came to: each effect with its interval, beside what its rule asks for."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ibsweep.plots.axes import TWO_COLUMNS, canvas
from ibsweep.plots.style import FAINT, INK

VERDICTS: Mapping[str, tuple[str, str]] = {  # colour and marker
    "supported": ("#009e73", "o"),
    "not supported": ("#d55e00", "X"),
    "undecided": (FAINT, "s"),
}
_ROW = 0.2  # inches
_ABOVE = 0.55  # inches of a panel's title and axis


def claims_figure(findings: pd.DataFrame, title: str) -> Figure:
    """Draw the effects of a paper's claims, a panel for each claim and rule.

    Args:
        findings: One row a finding, with the columns of `analysis.effects.Finding`.
        title: Title of the figure.

    Returns:
        A figure of a page's width. A claim that lacks networks says what it needs.

    Raises:
        ValueError: If there are no findings.
    """
    if findings.empty:
        raise ValueError("findings must hold one, got none")
    groups = findings.groupby(["claim", "statement", "thresholds"], sort=False, dropna=False)
    panels = [(claim, statement, rows) for (claim, statement, _), rows in groups]
    heights = [_ROW * (len(rows) + 0.6) for *_, rows in panels]
    figure = canvas(TWO_COLUMNS, sum(heights) + _ABOVE * len(panels) + 0.7)
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (claim, statement, rows) in zip(grid, panels, strict=True):
        _draw(axes, rows)
        text = "\n".join(textwrap.wrap(f"{claim}: {statement}", 95))
        axes.set_title(text, fontsize=8.5, color=INK, loc="left")
    figure.suptitle(title, fontsize=9.5, color=INK)
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=name)
        for name, (colour, marker) in VERDICTS.items()
    ]
    rule = Line2D(
        [], [], color=INK, linestyle=":", linewidth=1, label="what the rule compares with"
    )
    figure.legend(
        handles=[*handles, rule], loc="outside lower center", ncols=4, fontsize=7.5, frameon=False
    )
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the findings of one claim and rule, the first on top."""
    places = np.arange(len(rows))[::-1]
    for threshold in rows["thresholds"].iloc[0]:
        axes.axvline(threshold, color=INK, linestyle=":", linewidth=1, zorder=1)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        if pd.isna(row["effect"]):
            note = textwrap.shorten(str(row["rule"]), 90, placeholder=" …")
            axes.annotate(
                note,
                (0.01, place),
                xycoords=("axes fraction", "data"),
                fontsize=7,
                color=FAINT,
                va="center",
            )
            continue
        colour, marker = VERDICTS[str(row["verdict"])]
        axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.8)
        axes.plot(row["effect"], place, color=colour, marker=marker, markersize=5)
    axes.set_yticks(places, _names(rows), fontsize=7, color=INK)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    measures = rows.loc[rows["measure"] != "", "measure"].unique()
    axes.set_xlabel(_measure(measures), fontsize=7.5, color=INK)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.06)
    if not len(measures):
        axes.set_xticks([])


def _names(rows: pd.DataFrame) -> list[str]:
    """Return the name of each row: its group, what is measured if that differs, and n."""
    alike = rows.loc[rows["measure"] != "", "measure"].nunique() < 2
    names = []
    for row in rows.to_dict("records"):
        parts = (
            [str(row["group"])]
            if alike or not row["measure"]
            else [
                str(row["group"]),
                str(row["measure"]).partition(" (")[0],
            ]
        )
        names.append(", ".join(parts) + f" (n {row['n']})")
    return names


def _measure(measures: np.ndarray) -> str:
    """Return what the axis shows, where that is one thing."""
    return str(measures[0]).partition(" (")[0] if len(measures) == 1 else ""
