"""Does compression go with accuracy? The headline scores of a sweep, each group in a sentence."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ibsweep import names
from ibsweep.analysis import resampling
from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.summaries import varying

ADJUSTED = "r_p_adjusted"
OVERALL = "overall"
LEVEL = 0.05  # of an adjusted p
LEAST_NETWORKS = 4  # that have an interval


def headline_correlations(
    runs: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    score: Sequence[str] = (),
    against: Sequence[str] = (),
    resamples: int = 2000,
) -> pd.DataFrame:
    """Correlate the hidden and the last score of every estimator with accuracies, in every group.

    Args:
        runs: Table of `ibsweep.runs`, one row a network.
        by: Columns whose values make groups; by default those in which the networks differ, other
            than in how they were measured.
        score: Further columns of scores.
        against: Columns of outcomes; by default test accuracy, or the error of regressions.
        resamples: Bootstrap resamples, and permutations.

    Returns:
        The rows and columns of `correlations` for each group, and `overall`: all networks, each
        value less its group's mean (if there is one group, that is the only row). `r_p_adjusted`
        is Holm's p over all rows with the same `without_failed`: a family of all groups, scores
        and outcomes. Rows without networks that failed to train come first.

    Raises:
        ValueError: If a column is not in the table, or it holds no headline score.
    """
    scores = list(dict.fromkeys([*headline_scores(runs), *score]))
    keys = list(by) or grouping(runs)
    outcomes = list(against) or [names.outcome(runs)]
    table = correlations(runs, by=keys, score=scores, against=outcomes, resamples=resamples)
    table = table[table["group"] != "all"] if keys else table
    table = table.replace({"group": {"centred": OVERALL, "all": OVERALL}})
    table = pd.concat([table[table["group"] == OVERALL], table[table["group"] != OVERALL]])
    p = table.groupby("without_failed")["r_p"].transform(lambda p: resampling.holm(p.to_numpy()))
    return table.assign(**{ADJUSTED: p}).sort_values(
        "without_failed", ascending=False, kind="stable", ignore_index=True
    )


def headline_scores(runs: pd.DataFrame) -> list[str]:
    """Return the columns of hidden and last scores, estimator by estimator.

    Raises:
        ValueError: If there is none.
    """
    scores = [
        names.compression(estimator, layers)
        for estimator in names.estimators(runs)
        for layers in names.HEADLINES
        if names.compression(estimator, layers) in runs
    ]
    if not scores:
        raise ValueError("runs must have compression scores of hidden layers, got none")
    return scores


def main_scores(runs: pd.DataFrame) -> list[str]:
    """Return those of the estimator that reports are about.

    Raises:
        ValueError: If there is none.
    """
    scores = headline_scores(runs)
    kinds = [score.partition("/")[0] for score in scores]
    chosen = PAPER_ESTIMATOR if PAPER_ESTIMATOR in kinds else kinds[0]
    return [score for score, kind in zip(scores, kinds, strict=True) if kind == chosen]


def grouping(runs: pd.DataFrame) -> list[str]:
    """Return the columns in which networks differ, but for their seeds and their measurement."""
    varied = [str(name) for name in varying(runs)]
    return [name for name in varied if name.partition(".")[0] != "estimator"]


def finding(row: Mapping[Hashable, Any]) -> str:
    """Say in a sentence what a row of `headline_correlations` shows, or could have shown.

    Example:
        >>> none = {"against": "accuracy/test", "n": 10, "r": 0.3, "r_detectable": 0.785}
        >>> none["r_p_adjusted"] = 0.4
        >>> finding(none)
        'no correlation found; 10 networks could show |r| ≥ .79'
        >>> finding(none | {"r": -0.9, "r_p_adjusted": 0.01})
        'more compression goes with lower accuracy (10 networks)'
    """
    n = int(row["n"])
    if n < LEAST_NETWORKS:
        return f"{counted(n, 'network')} with a score: too few"
    if np.isnan(row["r"]):
        return f"{n} networks with equal scores or outcomes"
    if row[ADJUSTED] >= LEVEL:
        detectable = decimals(row["r_detectable"])
        return f"no correlation found; {n} networks could show |r| ≥ {detectable}"
    direction = "higher" if row["r"] > 0 else "lower"
    outcome = "accuracy" if row["against"] == names.TEST_ACCURACY else row["against"]
    return f"more compression goes with {direction} {outcome} ({n} networks)"


def interval(row: Mapping[Hashable, Any]) -> str:
    """Return r and its 95 % interval, `–` where there is none.

    Example:
        >>> interval({"r": -0.123, "r_low": -0.4, "r_high": 0.184})
        '-.12 [-.40, .18]'
    """
    if np.isnan(row["r_low"]):
        return "–"
    r, low, high = (decimals(row[name]) for name in ("r", "r_low", "r_high"))
    return f"{r} [{low}, {high}]"


def p_text(p: float) -> str:
    """Return a p value with three decimals, `–` where there is none.

    Example:
        >>> p_text(0.0412), p_text(0.0004)
        ('.041', '<.001')
    """
    if np.isnan(p):
        return "–"
    return "<.001" if p < 0.001 else decimals(p, 3)


def decimals(value: float, digits: int = 2) -> str:
    """Return a number between −1 and 1 without the zero before its point.

    Example:
        >>> decimals(-0.5), decimals(1.0)
        ('-.50', '1.00')
    """
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def counted(count: int, thing: str) -> str:
    """Return a number with what it counts.

    Example:
        >>> counted(1, "network"), counted(2, "network")
        ('1 network', '2 networks')
    """
    return f"{count} {thing}{'' if count == 1 else 's'}"
