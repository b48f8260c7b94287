"""Figure 9 of Chelombiev et al. (2019), arXiv:1902.09037: compression against accuracy."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ibsweep.analysis import mean_interval
from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.multiverse import QUESTIONS, multiverse
from ibsweep.analysis.resampling import critical_r, detectable_r
from ibsweep.names import FAILED, TEST_ACCURACY, compression
from ibsweep.plots.axes import Figure
from ibsweep.plots.multiverse import multiverse_map
from ibsweep.plots.scatter import activations_scatter, initialisations_scatter
from ibsweep.reports.source import MissingRuns, Source

_ACTIVATIONS = ("tanh", "relu", "abs", "prelu", "elu", "softplus", "centered_softplus", "swish")
_SIZES = (4, 10, 20, 40)


def fig9a(source: Source) -> Figure:
    """Each ReLU initialisation: score against accuracy, for the hidden layers and the last."""
    runs = source.runs("relu")
    failed = int((runs[FAILED] > 0).sum())
    scores = {
        "hidden layers": compression(PAPER_ESTIMATOR),
        "last layer": compression(PAPER_ESTIMATOR, "last"),
    }
    notes = {}
    for title, score in scores.items():
        every, trained = correlation_notes(runs, score)
        notes[title] = f"all: {every}\nwithout {failed} failed: {trained}"
    return initialisations_scatter(runs, scores, notes=notes)


def fig9b(source: Source) -> Figure:
    """Each activation: mean hidden score against mean accuracy."""
    score = compression(PAPER_ESTIMATOR)
    rows = []
    for name in _ACTIVATIONS:
        runs = source.runs(name)
        x, y = mean_interval(runs[score]), mean_interval(runs[TEST_ACCURACY])
        rows.append((name, x.mean, x.half_width, y.mean, y.half_width))
    columns = ["activation", "score", "score_half", "accuracy", "accuracy_half"]
    means = pd.DataFrame(rows, columns=columns)
    table = means.rename(columns={"score": score, "accuracy": TEST_ACCURACY}).assign(**{FAILED: 0})
    note, _ = correlation_notes(table, score)
    return activations_scatter(means, note=f"{note}\n{power_note(len(means))}")


def multiverse_figure(source: Source) -> Figure:
    """Verdicts on ReLU networks for every estimator that measured them, and fewer seeds.

    Raises:
        MissingRuns: If there are fewer than four networks.
    """
    table = source.merged("relu")
    if len(table) < _SIZES[0]:
        raise MissingRuns(f"multiverse needs ≥ {_SIZES[0]} relu networks, got {len(table)}")
    ending = f"/{QUESTIONS['compression']}"
    known = table[[name for name in table if name.endswith(ending)]].notna().sum()
    names = [name.removesuffix(ending) for name in known.index[known >= known.max() / 2]]
    scores = [f"{name}/{score}" for name in names for score in QUESTIONS.values()]
    most = int(table[scores].notna().sum().min())
    sizes = sorted({size for size in _SIZES if size < most} | {max(most, _SIZES[0])})
    trained = table[table[FAILED] == 0]
    verdicts = [
        multiverse(rows, estimators=names, seeds=sizes).assign(
            estimator=lambda answers, mark=mark: answers["estimator"] + mark
        )
        for rows, mark in ((table, ""), (trained, ", trained"))
    ]
    return multiverse_map(pd.concat(verdicts))


def correlation_notes(table: pd.DataFrame, score: str) -> tuple[str, str]:
    """Say how a score and the test accuracy correlate, as `analysis.correlations` finds.

    Args:
        table: Columns `score`, `accuracy/test` and `failed_to_train`, one row a network.
        score: The score's column.

    Returns:
        Pearson's r, its 95 % interval (bootstrap), p (permutation) and n: of all networks, and
        without those that failed to train.
    """
    rows = correlations(table, score=score, against=TEST_ACCURACY).to_dict("records")
    every, trained = (_note(row) for row in rows)
    return every, trained


def _note(row: Mapping[Hashable, Any]) -> str:
    """Say what a row of correlations holds; there is no interval of fewer than four networks."""
    if np.isnan(row["r_low"]):
        return f"no correlation of n = {row['n']}"
    p = "< .001" if row["r_p"] < 0.001 else f"= {row['r_p']:.3f}"
    lost = f" ({row['undefined']} undefined)" if row["undefined"] else ""
    interval = f"[{row['r_low']:.2f}, {row['r_high']:.2f}]"
    return f"r = {row['r']:.2f} {interval}, p {p}, n = {row['n']}{lost}"


def power_note(n: int) -> str:
    """Say which correlations n points can show: the critical |r|, the one found with 80 % power.

    Example:
        >>> power_note(8)
        'n = 8: |r| ≥ .71 is significant at 5 %, |r| ≥ .85 is found with 80 % power'
    """
    critical, detectable = (f"{r(n):.2f}".lstrip("0") for r in (critical_r, detectable_r))
    power = f"|r| ≥ {detectable} is found with 80 % power"
    return f"n = {n}: |r| ≥ {critical} is significant at 5 %, {power}"
