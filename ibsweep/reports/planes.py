"""Figures 1 to 8 of Chelombiev et al. (2019), arXiv:1902.09037: activity and planes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ibsweep import analysis
from ibsweep.analysis.bounds import conditional
from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.estimators.ebab import equal_edges
from ibsweep.names import FAILED, OUTPUT, compression, option
from ibsweep.plots.activity import activity_bins, largest_activity
from ibsweep.plots.axes import Figure
from ibsweep.plots.panels import plane_grid
from ibsweep.plots.penalties import penalties
from ibsweep.reports.source import Source


def fig1(source: Source) -> Figure:
    """Largest activity at each epoch, of one ReLU network and its layers."""
    run = source.runs("relu").iloc[:1]
    return largest_activity(source.store.read_training(run["run_id"]))


def fig2(source: Source) -> Figure:
    """One layer's activity, with the edges of fixed bins and of EBAB.

    The layer is the last hidden one, after training; the fixed bins span the activities of all
    hidden layers and snapshots, which for ReLU begin at 0.
    """
    run = source.runs("relu").iloc[0]
    training = source.store.read_training([run["run_id"]])
    epoch = max(source.store.logged_epochs(run["run_id"]))
    layers = source.store.read_activity(run["run_id"], epoch)
    name = [one for one in layers if one != OUTPUT][-1]
    bins = int(run[option(PAPER_ESTIMATOR, "bins")])
    fixed = np.linspace(0, training["max_activity/hidden"].max(), bins + 1)[1:-1]
    edges = {
        f"{bins} bins of one width": fixed,
        f"{bins} adaptive bins (EBAB)": equal_edges(layers[name], bins=bins),
    }
    return activity_bins(layers[name], edges, title=f"{name.replace('_', ' ')}, epoch {epoch}")


def fig3(source: Source) -> Figure:
    """One ReLU network, measured with fixed bins and with EBAB."""
    titles = {"binning_global": "fixed bins", PAPER_ESTIMATOR: "adaptive bins (EBAB)"}
    return _two_estimators(source, titles)


def fig4(source: Source) -> Figure:
    """The same network, measured with KDE of fixed and of adaptive noise."""
    return _two_estimators(source, {"kde": "KDE, fixed noise", "akde": "adaptive KDE"})


def fig5(source: Source) -> Figure:
    """Three ReLU initialisations: the earliest compression, the most fitting, the least change."""
    runs = source.runs("relu")
    runs = runs[runs[FAILED] == 0]
    curves, seeds = source.curves(runs), runs.set_index("run_id")["seed"]
    panels = {
        f"{kind}, seed {seeds[run]}": curves[curves["network"] == run]
        for kind, run in three_kinds(curves).items()
    }
    note = "chosen by I(X;T) averaged over hidden layers."
    return plane_grid(panels, samples=_samples(runs), columns=3, note=note)


def gallery(source: Source) -> Figure:
    """All ReLU initialisations, sorted by the compression score of their hidden layers."""
    score = compression(PAPER_ESTIMATOR)
    runs = source.runs("relu").sort_values(score, ascending=False)
    curves = source.curves(runs)
    panels = {
        f"seed {run['seed']}: {run[score]:.3f}" + " failed" * bool(run[FAILED]): curves[
            curves["network"] == run["run_id"]
        ]
        for _, run in runs.iterrows()
    }
    return plane_grid(panels, samples=_samples(runs), columns=8)


def fig6(source: Source) -> Figure:
    """Planes averaged over seeds: ReLU and tanh."""
    return _averages(source, ["relu", "tanh"], columns=2)


def conditional_planes(source: Source) -> Figure:
    """One network's plane, and its conditional plane, whose horizontal axis is I(X;T|Y).

    After Tezuka & Namekawa (2021); ReLU above, tanh below.
    """
    panels, samples, given = {}, 0, {}
    for name in ("relu", "tanh"):
        run = source.runs(name).iloc[:1]
        curves, samples = source.curves(run), _samples(run)
        panels[f"{name}: I(X; T)"] = curves
        panels[f"{name}: I(X; T | Y)"] = conditional(curves)
        given[f"{name}: I(X; T | Y)"] = source.label_entropy(run["run_id"].iloc[0])
    axis = "I(X; T), right I(X; T | Y)"
    return plane_grid(panels, samples=samples, columns=2, about_input=axis, given=given)


def fig7(source: Source) -> Figure:
    """Planes averaged over seeds: six activations that do not saturate."""
    names = ["abs", "prelu", "elu", "softplus", "centered_softplus", "swish"]
    return _averages(source, names, columns=3)


def fig8(source: Source) -> Figure:
    """ReLU with growing L2 penalties, 0 among them, averaged over seeds."""
    plain = source.runs("relu")
    means = {0.0: analysis.mean_curves(source.curves(plain))}
    for value in source.penalties("relu"):
        runs = source.runs("relu", regularization="l2", penalty=value)
        means[value] = analysis.mean_curves(source.curves(runs))
    return penalties(means, samples=_samples(plain))


def three_kinds(curves: pd.DataFrame) -> dict[str, str]:
    """Choose three different networks by h, the mean of I(X;T) over the hidden layers.

    Args:
        curves: `network, epoch, layer, i_xt`, bits.

    Returns:
        `early compression`: where h falls most below its first value within the first half of the
        training's snapshots; then, of the others, `fitting`: where h rises most above its lowest
        value before; and `neither`: where h varies least.
    """
    hidden = curves[curves["layer"] != OUTPUT]
    h = hidden.pivot_table(index="epoch", columns="network", values="i_xt", sort=True)
    early = (h.iloc[0] - h.iloc[: len(h) // 2].min()).idxmax()
    h = h.drop(columns=early)
    fitting = (h - h.cummin()).max().idxmax()
    h = h.drop(columns=fitting)
    neither = (h.max() - h.min()).idxmin()
    return {"early compression": str(early), "fitting": str(fitting), "neither": str(neither)}


def _two_estimators(source: Source, titles: dict[str, str]) -> Figure:
    run = source.runs("relu", estimators=list(titles)).iloc[:1]
    panels = {title: source.curves(run, name) for name, title in titles.items()}
    return plane_grid(panels, samples=_samples(run), note=f"seed {run['seed'].iloc[0]}.")


def _averages(source: Source, activations: Sequence[str], *, columns: int) -> Figure:
    runs = {name: source.runs(name) for name in activations}
    panels = {
        f"{name.replace('_', ' ')}, {len(networks)} seeds": analysis.mean_curves(
            source.curves(networks)
        )
        for name, networks in runs.items()
    }
    first = next(iter(runs.values()))
    note = "crosses: 95 % intervals over seeds."
    return plane_grid(panels, samples=_samples(first), columns=columns, band=True, note=note)


def _samples(runs: pd.DataFrame) -> int:
    return int(runs["samples"].iloc[0])
