"""Figure 9 of Chelombiev et al. (2019), arXiv:1902.09037: compression against accuracy."""

import math

import pandas as pd
from scipy import stats

from ibsweep.analysis import mean_interval
from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.analysis.multiverse import QUESTIONS, multiverse
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
    scores = {
        "hidden layers": compression(PAPER_ESTIMATOR),
        "last layer": compression(PAPER_ESTIMATOR, "last"),
    }
    trained = runs[runs[FAILED] == 0]
    notes = {
        title: f"all: {correlation_note(runs, score)}\n"
        f"without {len(runs) - len(trained)} failed: {correlation_note(trained, score)}"
        for title, score in scores.items()
    }
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
    table = means.rename(columns={"score": score, "accuracy": TEST_ACCURACY})
    note = f"{correlation_note(table, score)}\n{power_note(len(means))}"
    return activations_scatter(means, note=note)


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
    found = [
        multiverse(rows, estimators=names, seeds=sizes).assign(
            estimator=lambda verdicts, mark=mark: verdicts["estimator"] + mark
        )
        for rows, mark in ((table, ""), (trained, ", trained"))
    ]
    return multiverse_map(pd.concat(found))


def correlation_note(table: pd.DataFrame, score: str) -> str:
    """Say how a score and the test accuracy correlate: Pearson's r, Fisher's 95 % interval, p, n.

    Args:
        table: Columns `score` and `accuracy/test`; rows without a score are left out.
        score: The score's column.
    """
    kept = table.dropna(subset=[score, TEST_ACCURACY])
    if len(kept) < 4:
        return f"no correlation of n = {len(kept)}"
    found = stats.pearsonr(kept[score], kept[TEST_ACCURACY])
    low, high = found.confidence_interval(0.95)
    p = "< .001" if found.pvalue < 0.001 else f"= {found.pvalue:.3f}"
    lost = f" ({len(table) - len(kept)} undefined)" if len(kept) < len(table) else ""
    return f"r = {found.statistic:.2f} [{low:.2f}, {high:.2f}], p {p}, n = {len(kept)}{lost}"


def power_note(n: int) -> str:
    """Say which correlations n points can show: the critical |r|, the one found with 80 % power.

    Example:
        >>> power_note(8)
        'n = 8: |r| ≥ .71 is significant at 5 %, |r| ≥ .85 is found with 80 % power'
    """
    quantile = stats.t.ppf(0.975, n - 2)
    critical = quantile / math.sqrt(n - 2 + quantile**2)
    detectable = math.tanh((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / math.sqrt(n - 3))
    shown = (f"{value:.2f}".lstrip("0") for value in (critical, detectable))
    return "n = {}: |r| ≥ {} is significant at 5 %, |r| ≥ {} is found with 80 % power".format(
        n, *shown
    )
