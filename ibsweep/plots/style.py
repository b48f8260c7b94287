"""What all drawings share: inks, the colours of epochs, names of layers, which points to show."""

import functools

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap, to_hex

INK = "#30323a"
FAINT = "#9a9ca5"
GRID = "#e8e8ec"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31")
"""Colours for up to eight series; the first seven are Okabe & Ito's, safe for the colour-blind."""


@functools.cache
def epoch_colours() -> Colormap:
    """Return an even map that colour-blind readers can order, without its palest end."""
    return ListedColormap(colormaps["plasma"](np.linspace(0.02, 0.9, 256)))


def epoch_colour_scale(stops: int = 12) -> list[tuple[float, str]]:
    """Return the same map as plotly wants it: positions in [0, 1] with their colours.

    Args:
        stops: Number of positions, ≥ 2.
    """
    colours = epoch_colours()
    return [(float(place), to_hex(colours(place))) for place in np.linspace(0, 1, stops)]


def short_name(layer: str) -> str:
    """Return a layer's name for where room is scarce.

    Example:
        >>> short_name("layer_3"), short_name("output")
        ('3', 'out')
    """
    return "out" if layer == "output" else layer.removeprefix("layer_")


def long_name(layer: str) -> str:
    """Return a layer's name for readers.

    Example:
        >>> long_name("layer_3")
        'layer 3'
    """
    return layer.replace("_", " ")


def spread(positions: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of at most `count` ascending positions, evenly spread, ends included."""
    wanted = np.linspace(positions[0], positions[-1], count)
    return np.unique(np.abs(positions[None, :] - wanted[:, None]).argmin(axis=1))
