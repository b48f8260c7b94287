"""Draws interactive information planes: an epoch slider, layers and seeds to choose, in HTML."""

import json
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup

from ibsweep.analysis import mean_curves
from ibsweep.checks import integer
from ibsweep.plots import pages
from ibsweep.plots.drawing import check_one_plane, known_errors
from ibsweep.plots.labels import is_undersampled, saturated_layers
from ibsweep.plots.style import long_name, short_name, spread
from ibsweep.plots.traces import Layer, Numbers, draw_ceiling, plain, plane_figure

_EPOCHS = 40
_AXES = {"x": "i_xt", "y": "i_ty"}


def interactive_plane(
    curves: pd.DataFrame,
    *,
    samples: int,
    title: str,
    seeds: Mapping[str, int] | None = None,
    estimand: str | None = None,
) -> Markup:
    """Draw one estimator's information plane as a part of a page (`pages.page` makes the page).

    Its slider moves each layer's mean and seeds through the epochs, of which at most 40 are shown,
    evenly spread over the logarithm of time. Layers, mean and seeds can be hidden, a seed's path
    followed. Bars are the 95 % interval of the mean, and one standard error of each estimate.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt, i_ty` in bits, of one estimator and
            part of the data; the networks should be the seeds of one configuration. A column
            `i_ty_floor` is drawn as a dotted line, its mean over networks; `i_xt_error` and
            `i_ty_error` as bars, where they are known.
        samples: N, the number of patterns measured on; log2 N is the ceiling of I(X;T).
        title: Title of the plane.
        seeds: Network to seed, for what is shown on hovering; networks are counted if None.
        estimand: What is estimated, e.g. `H(EBAB30(T))`; the estimator's name if None.

    Returns:
        HTML, numbers and figure included, but not plotly.js, which a page holds once.

    Raises:
        ValueError: If the curves are not of one estimator and part.
    """
    check_one_plane(curves, "estimator", "part")
    ceiling = math.log2(integer("samples", samples, minimum=1))
    names = seeds or {one: k for k, one in enumerate(curves["network"].unique())}
    curves = curves.assign(seed=curves["network"].map(names))
    curves = curves.sort_values(["epoch", "seed"], kind="stable")
    means = mean_curves(curves)
    epochs = _shown(means)
    saturated = saturated_layers(means, ceiling)
    layers = [
        _layer(curves, means, epochs, name=str(name), mark="*" * (name in saturated))
        for name in means["layer"].unique()
    ]
    figure = plane_figure(layers, epochs, last=max(int(means["epoch"].max()), 1))
    draw_ceiling(figure, ceiling, f"log₂ {samples} = {ceiling:.4g} bits")
    what = estimand or str(curves["estimator"].iloc[0])
    figure.update_xaxes(title=f"I(X; T) by {what}  [bits]")
    figure.update_yaxes(title=f"I(T; Y) by {what}  [bits]")
    payload = {
        "figure": json.loads(figure.to_json(remove_uids=False)),
        "epochs": epochs.tolist(),
        "layers": [{"label": one.label, "mean": one.mean, "seeds": one.seeds} for one in layers],
        "seeds": curves["seed"].unique().tolist(),
    }
    notes = _notes(curves, epochs, saturated=bool(saturated))
    return pages.fragment("plane.html", title=title, payload=payload, notes=notes)


def _shown(means: pd.DataFrame) -> np.ndarray:
    """Return the epochs of the slider."""
    epochs = means["epoch"].unique()
    return epochs[spread(np.log1p(epochs.astype(float)), _EPOCHS)]


def _layer(
    curves: pd.DataFrame, means: pd.DataFrame, epochs: np.ndarray, *, name: str, mark: str
) -> Layer:
    """Collect a layer's numbers."""
    mean = means[means["layer"] == name].set_index("epoch")
    rows = curves[(curves["layer"] == name) & curves["epoch"].isin(epochs)]
    seeds = _seeds(rows, known_errors(curves))
    return Layer(
        label=long_name(name) + mark,
        short=short_name(name) + mark,
        mean=_each_epoch(_mean(mean.loc[epochs], seeds)),
        seeds=_each_epoch(seeds),
        names=rows["seed"].unique().tolist(),
        floor=mean.dropna(subset="i_ty_floor") if "i_ty_floor" in mean else mean.iloc[:0],
    )


def _seeds(rows: pd.DataFrame, known: list[str]) -> dict[str, pd.DataFrame]:
    """Return a layer's `x, y`, and the errors that are known: a row an epoch, a column a seed."""
    columns = _AXES | {
        f"{axis}_error": f"{name}_error" for axis, name in _AXES.items() if name in known
    }
    return {
        key: rows.pivot(index="epoch", columns="seed", values=column)
        for key, column in columns.items()
    }


def _mean(shown: pd.DataFrame, seeds: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return a layer's mean `x, y` with half an interval, or of one seed its standard error."""
    mean: dict[str, pd.DataFrame] = {}
    for axis, quantity in _AXES.items():
        half = shown[f"{quantity}_high"] - shown[quantity]
        if seeds["x"].shape[1] == 1 and f"{axis}_error" in seeds:
            half = seeds[f"{axis}_error"].iloc[:, 0]
        mean |= {axis: shown[[quantity]], f"{axis}_half": half.to_frame()}
    return mean


def _each_epoch(tables: dict[str, pd.DataFrame]) -> list[Numbers]:
    """Return the numbers of each row, by the tables' names."""
    rows = {
        key: [[plain(v) for v in row] for row in t.to_numpy(float)] for key, t in tables.items()
    }
    return [dict(zip(rows, numbers, strict=True)) for numbers in zip(*rows.values(), strict=True)]


def _notes(curves: pd.DataFrame, epochs: np.ndarray, *, saturated: bool) -> list[str]:
    """Say how to read the plane, and what it leaves out."""
    count, snapshots = curves["network"].nunique(), curves["epoch"].nunique()
    notes = [f"{count} networks; mean and 95 % interval over them (Student's t)."]
    if count == 1:
        notes = ["One network."]
    notes.append(f"The slider shows {len(epochs)} of {snapshots} snapshots, evenly in log epoch.")
    if known_errors(curves):
        whose = "thin bars of networks" if count > 1 else "bars"
        notes.append(f"One standard error of an estimate: {whose}.")
    if "i_ty_floor" in curves and curves["i_ty_floor"].notna().any():
        notes.append("Dotted: floor, I(T; Y) of permuted labels.")
    if saturated:
        notes.append("* at the ceiling all along: cannot show compression.")
    if is_undersampled(curves):
        notes.append("Undersampled: too few samples for the states; I(X; T) > .1 bits too low.")
    lost = int((~np.isfinite(curves[["i_xt", "i_ty"]].to_numpy(float)).all(axis=1)).sum())
    if lost:
        notes.append(f"{lost} undefined or infinite points not shown.")
    return notes
