"""Draws the traces of an interactive plane; `page.js` finds each by its `uid`."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from plotly import graph_objects as go

from ibsweep.plots.style import FAINT, GRID, INK, epoch_colour_scale

Numbers = dict[str, list[float | None]]
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
_HOVER = "I(X; T) %{x:.3f} bits<br>I(T; Y) %{y:.3f} bits"
_DIGITS = 4


class Layer(NamedTuple):
    """A layer's numbers, in bits.

    Attributes:
        label: Its name for readers.
        short: Its name for where room is scarce.
        mean: At each epoch of the slider the mean `x, y` and `x_half, y_half`, of one number each.
        seeds: At each epoch `x, y` of the seeds, and `x_error, y_error` where they are known.
        names: The seeds.
        floor: `i_xt, i_ty_floor` at the epochs at which the floor is known.
    """

    label: str
    short: str
    mean: list[Numbers]
    seeds: list[Numbers]
    names: list[int]
    floor: pd.DataFrame


def plain(value: float) -> float | None:
    """Return a number as JSON can say it: rounded, or none if it is not finite."""
    return round(float(value), _DIGITS) if math.isfinite(value) else None


def plane_figure(layers: Sequence[Layer], epochs: np.ndarray, *, last: int) -> go.Figure:
    """Draw the plane at its last epoch.

    Args:
        layers: What is drawn.
        epochs: Epochs of the slider.
        last: The epoch at which the colours end.

    Returns:
        A figure whose traces are named `path k`, `floor k`, `seeds k` and `mean k` for layer k,
        and `one seed`, by their `uid`.
    """
    traces = [trace for k, layer in enumerate(layers) for trace in _traces(layer, k, epochs)]
    figure = go.Figure([*traces, _one_seed()])
    figure.update_layout(_layout(last))
    line = {"gridcolor": GRID, "zeroline": False, "linecolor": FAINT, "ticks": "outside"}
    figure.update_xaxes(line, rangemode="tozero")
    figure.update_yaxes(line, rangemode="tozero")
    return figure


def draw_ceiling(figure: go.Figure, ceiling: float, text: str) -> None:
    """Mark the most that any layer can carry about the input.

    Args:
        figure: Where.
        ceiling: That, in bits.
        text: What is written beside it.
    """
    figure.add_vline(
        ceiling,
        line={"color": FAINT, "width": 1.2, "dash": "dash"},
        annotation={"text": text, "font": {"color": FAINT, "size": 11}, "xanchor": "right"}
        | {"yanchor": "bottom", "y": 1.0, "yref": "paper"},
    )


def _traces(layer: Layer, place: int, epochs: np.ndarray) -> Iterator[go.Scatter]:
    """Yield a layer's path, floor, seeds and mean."""
    shade = np.log10(epochs + 1.0).tolist()
    symbol = _SYMBOLS[place % len(_SYMBOLS)]
    side = ("top center", "bottom center")[place % 2]  # neighbours may coincide
    now = {"meta": int(epochs[-1])}
    path, floor = _path(layer, epochs, shade), _floor(layer)
    seeds, mean = _seeds(layer, symbol, shade[-1]), _mean(layer, symbol, shade[-1])
    traces = {"path": path, "floor": floor, "seeds": seeds.update(now), "mean": mean.update(now)}
    mean.textposition = side
    for name, trace in traces.items():
        yield trace.update(uid=f"{name} {place}")


def _path(layer: Layer, epochs: np.ndarray, shade: list[float]) -> go.Scatter:
    """Return the way of a layer's mean through the epochs."""
    return go.Scatter(
        x=[one["x"][0] for one in layer.mean],
        y=[one["y"][0] for one in layer.mean],
        name=f"{layer.label}, mean",
        text=epochs.tolist(),
        mode="lines+markers",
        line={"color": "#c8c9cf", "width": 1.2},
        marker={"size": 4, "color": shade, "coloraxis": "coloraxis"},
        hovertemplate=f"epoch %{{text}}<br>{_HOVER}",
    )


def _floor(layer: Layer) -> go.Scatter:
    """Return what is read of permuted labels."""
    return go.Scatter(
        x=[plain(value) for value in layer.floor["i_xt"]],
        y=[plain(value) for value in layer.floor.get("i_ty_floor", [])],
        name=f"{layer.label}, floor",
        mode="lines",
        line={"color": FAINT, "width": 1.2, "dash": "dot"},
        hovertemplate="I(T; Y) of permuted labels: %{y:.3f} bits",
    )


def _seeds(layer: Layer, symbol: str, shade: float) -> go.Scatter:
    """Return the seeds at the last epoch, with thin bars where errors are known."""
    last = layer.seeds[-1]
    thin = {"color": FAINT, "thickness": 0.6, "width": 0}
    bars = {
        f"error_{axis}": {"array": last[f"{axis}_error"], **thin}
        for axis in "xy"
        if f"{axis}_error" in last
    }
    colours = [shade] * len(last["x"])
    return go.Scatter(
        {"x": last["x"], "y": last["y"], **bars},
        name=layer.label,
        mode="markers",
        marker={"size": 6, "opacity": 0.5, "symbol": symbol, "color": colours},
        marker_coloraxis="coloraxis",
        customdata=layer.names,
        visible=len(colours) > 1,
        hovertemplate=f"seed %{{customdata}}, epoch %{{meta}}<br>{_HOVER}",
    )


def _mean(layer: Layer, symbol: str, shade: float) -> go.Scatter:
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
        marker={"size": 11, "symbol": symbol, "color": [shade], "coloraxis": "coloraxis"},
        marker_line={"color": INK, "width": 1.2},
        cliponaxis=False,
        hovertemplate=f"mean, epoch %{{meta}}<br>{_HOVER}",
    )


def _one_seed() -> go.Scatter:
    """Return the path of the seed that a reader follows, empty at first."""
    return go.Scatter(
        uid="one seed",
        mode="lines+markers",
        line={"color": INK, "width": 1},
        marker={"size": 4, "coloraxis": "coloraxis"},
        hovertemplate=f"%{{text}}<br>{_HOVER}",
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
    colours = {"colorscale": epoch_colour_scale(), "cmin": 0, "cmax": math.log10(last + 1)}
    return {
        "coloraxis": {**colours, "colorbar": bar},
        "font": {"color": INK, "size": 12, "family": "system-ui, DejaVu Sans, sans-serif"},
        "margin": {"l": 52, "r": 18, "t": 30, "b": 104},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "pan",
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
    }
