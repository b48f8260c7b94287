"""Draws interactive information planes: an epoch slider, layers and seeds to choose, in HTML."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from plotly import graph_objects as go

from ibsweep.analysis import mean_curves
from ibsweep.checks import integer
from ibsweep.plots import pages
from ibsweep.plots.drawing import check_one_plane, known_errors
from ibsweep.plots.labels import saturated_layers
from ibsweep.plots.style import (
    FAINT,
    GRID,
    INK,
    epoch_colour_scale,
    long_name,
    short_name,
    spread,
)

_EPOCHS = 40
_DIGITS = 4
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
_AXES = {"x": "i_xt", "y": "i_ty"}
_HOVER = "I(X; T) %{x:.3f} bits<br>I(T; Y) %{y:.3f} bits"


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
    figure = _figure(layers, means, epochs)
    _draw_ceiling(figure, ceiling, f"log₂ {samples} = {ceiling:.4g} bits")
    what = estimand or str(curves["estimator"].iloc[0])
    figure.update_xaxes(title=f"I(X; T) by {what}  [bits]")
    figure.update_yaxes(title=f"I(T; Y) by {what}  [bits]")
    payload = {
        "figure": json.loads(figure.to_json()),
        "epochs": epochs.tolist(),
        "layers": [{"label": one.label, "mean": one.mean, "seeds": one.seeds} for one in layers],
        "seeds": curves["seed"].unique().tolist(),
    }
    notes = _notes(curves, epochs, saturated=bool(saturated))
    return pages.fragment("plane.html", title=title, payload=payload, notes=notes)


class _Layer(NamedTuple):
    """A layer's numbers; `mean` and `seeds` hold those of each epoch on the slider."""

    label: str
    short: str
    mean: list[dict[str, list[float | None]]]
    seeds: list[dict[str, list[float | None]]]
    names: list[int]
    floor: pd.DataFrame


def _shown(means: pd.DataFrame) -> np.ndarray:
    """Return the epochs of the slider."""
    epochs = means["epoch"].unique()
    return epochs[spread(np.log1p(epochs.astype(float)), _EPOCHS)]


def _layer(
    curves: pd.DataFrame, means: pd.DataFrame, epochs: np.ndarray, *, name: str, mark: str
) -> _Layer:
    """Collect a layer's numbers."""
    mean = means[means["layer"] == name].set_index("epoch")
    shown = mean.loc[epochs]
    rows = curves[(curves["layer"] == name) & curves["epoch"].isin(epochs)]
    known = known_errors(curves)
    columns = _AXES | {f"{k}_error": f"{name}_error" for k, name in _AXES.items() if name in known}
    clouds = {
        key: rows.pivot(index="epoch", columns="seed", values=column)
        for key, column in columns.items()
    }
    quantities = {"x": shown["i_xt"], "y": shown["i_ty"]}
    for axis, quantity in _AXES.items():
        alone = clouds.get(f"{axis}_error") if clouds["x"].shape[1] == 1 else None
        interval = shown[f"{quantity}_high"] - shown[quantity]
        quantities[f"{axis}_half"] = interval if alone is None else alone.iloc[:, 0]
    return _Layer(
        label=long_name(name) + mark,
        short=short_name(name) + mark,
        mean=[
            {key: [_plain(values.iloc[k])] for key, values in quantities.items()}
            for k in range(len(epochs))
        ],
        seeds=[
            {key: [_plain(v) for v in cloud.iloc[k]] for key, cloud in clouds.items()}
            for k in range(len(epochs))
        ],
        names=rows["seed"].unique().tolist(),
        floor=mean.dropna(subset="i_ty_floor") if "i_ty_floor" in mean else mean.iloc[:0],
    )


def _plain(value: float) -> float | None:
    """Return a number as JSON can say it: rounded, or none if it is not finite."""
    return round(float(value), _DIGITS) if math.isfinite(value) else None


def _figure(layers: list[_Layer], means: pd.DataFrame, epochs: np.ndarray) -> go.Figure:
    """Draw the plane at its last epoch."""
    traces = [trace for k, layer in enumerate(layers) for trace in _traces(layer, k, epochs)]
    one_seed = go.Scatter(
        mode="lines+markers",
        line={"color": INK, "width": 1},
        marker={"size": 4, "coloraxis": "coloraxis"},
        hovertemplate=f"%{{text}}<br>{_HOVER}",
    )
    figure = go.Figure([*traces, one_seed])
    last = max(int(means["epoch"].max()), 1)
    figure.update_layout(_layout(last))
    line = {"gridcolor": GRID, "zeroline": False, "linecolor": FAINT, "ticks": "outside"}
    figure.update_xaxes(line, rangemode="tozero")
    figure.update_yaxes(line, rangemode="tozero")
    return figure


def _traces(layer: _Layer, place: int, epochs: np.ndarray) -> Iterator[go.Scatter]:
    """Yield a layer's path, floor, seeds and mean at the last epoch, as `page.js` orders them."""
    symbol = _SYMBOLS[place % len(_SYMBOLS)]
    shade = np.log10(epochs + 1.0).tolist()
    yield go.Scatter(
        x=[one["x"][0] for one in layer.mean],
        y=[one["y"][0] for one in layer.mean],
        name=f"{layer.label}, mean",
        text=epochs.tolist(),
        mode="lines+markers",
        line={"color": "#c8c9cf", "width": 1.2},
        marker={"size": 4, "color": shade, "coloraxis": "coloraxis"},
        hovertemplate=f"epoch %{{text}}<br>{_HOVER}",
    )
    yield go.Scatter(
        x=[_plain(value) for value in layer.floor["i_xt"]],
        y=[_plain(value) for value in layer.floor.get("i_ty_floor", [])],
        name=f"{layer.label}, floor",
        mode="lines",
        line={"color": FAINT, "width": 1.2, "dash": "dot"},
        hovertemplate="I(T; Y) of permuted labels: %{y:.3f} bits",
    )
    count = len(layer.seeds[-1]["x"])
    yield go.Scatter(
        _points(layer.seeds[-1]),
        name=layer.label,
        mode="markers",
        marker={"size": 6, "opacity": 0.5, "symbol": symbol, "coloraxis": "coloraxis"}
        | {"color": shade[-1:] * count},
        customdata=layer.names,
        meta=int(epochs[-1]),
        visible=count > 1,
        hovertemplate=f"seed %{{customdata}}, epoch %{{meta}}<br>{_HOVER}",
    )
    now = _now(layer, int(epochs[-1]))
    now.marker.update(symbol=symbol, color=shade[-1:])
    now.textposition = ("top center", "bottom center")[place % 2]  # neighbours may coincide
    yield now


def _points(seeds: dict[str, list[float | None]]) -> dict[str, object]:
    """Return where seeds are drawn, with thin bars where errors are known."""
    thin = {"color": FAINT, "thickness": 0.6, "width": 0}
    bars = {
        f"error_{axis}": {"array": seeds[f"{axis}_error"], **thin}
        for axis in "xy"
        if f"{axis}_error" in seeds
    }
    return {"x": seeds["x"], "y": seeds["y"], **bars}


def _now(layer: _Layer, epoch: int) -> go.Scatter:
    """Return a layer's mean at the last epoch, with its interval."""
    last = layer.mean[-1]
    bars = {"color": INK, "thickness": 1, "width": 0}
    return go.Scatter(
        x=last["x"],
        y=last["y"],
        error_x={"array": last["x_half"], **bars},
        error_y={"array": last["y_half"], **bars},
        name=f"{layer.label}, mean",
        mode="markers+text",
        text=[layer.short],
        textfont={"color": INK, "size": 13, "weight": "bold"},
        marker={"size": 11, "coloraxis": "coloraxis", "line": {"color": INK, "width": 1.2}},
        meta=epoch,
        cliponaxis=False,
        hovertemplate=f"mean, epoch %{{meta}}<br>{_HOVER}",
    )


def _layout(last: int) -> dict[str, object]:
    """Return the layout, with the logarithmic colour bar of the epochs below the plane."""
    decades = range(int(math.log10(last + 1)) + 1)
    bar = {
        "orientation": "h",
        "thickness": 8,
        "len": 0.6,
        "y": 0.01,
        "yanchor": "bottom",
        "yref": "container",
        "outlinewidth": 0,
        "title": {"text": "epoch + 1", "side": "bottom", "font": {"size": 12}},
        "tickvals": list(decades),
        "ticktext": [f"{10**k}" for k in decades],
    }
    return {
        "coloraxis": {"colorscale": epoch_colour_scale(), "cmin": 0, "colorbar": bar}
        | {"cmax": math.log10(last + 1)},
        "font": {"color": INK, "size": 12, "family": "system-ui, DejaVu Sans, sans-serif"},
        "margin": {"l": 52, "r": 18, "t": 30, "b": 104},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "pan",
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
    }


def _draw_ceiling(figure: go.Figure, ceiling: float, text: str) -> None:
    """Mark the most that any layer can carry about the input."""
    figure.add_vline(
        ceiling,
        line={"color": FAINT, "width": 1.2, "dash": "dash"},
        annotation={"text": text, "font": {"color": FAINT, "size": 11}, "xanchor": "right"}
        | {"yanchor": "bottom", "y": 1.0, "yref": "paper"},
    )


def _notes(curves: pd.DataFrame, epochs: np.ndarray, *, saturated: bool) -> list[str]:
    """Say how to read the plane, and what it leaves out."""
    count, held = curves["network"].nunique(), curves["epoch"].nunique()
    notes = [f"{count} networks; mean and 95 % interval over them (Student's t)."]
    if count == 1:
        notes = ["One network."]
    notes.append(f"The slider shows {len(epochs)} of {held} snapshots, evenly in log epoch.")
    if known_errors(curves):
        whose = "thin bars of networks" if count > 1 else "bars"
        notes.append(f"One standard error of an estimate: {whose}.")
    if "i_ty_floor" in curves and curves["i_ty_floor"].notna().any():
        notes.append("Dotted: floor, I(T; Y) of permuted labels.")
    if saturated:
        notes.append("* at the ceiling all along: cannot show compression.")
    lost = int((~np.isfinite(curves[["i_xt", "i_ty"]].to_numpy(float)).all(axis=1)).sum())
    if lost:
        notes.append(f"{lost} undefined or infinite points not shown.")
    return notes
