"""Names the layers of a plane, and its ceiling."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ibsweep.plots.style import FAINT, INK, long_name, short_name
from ibsweep.scores.compression import SATURATION

_ROOMY = 8
_LEADER = {
    "arrowstyle": "-",
    "color": FAINT,
    "linewidth": 0.6,
    "relpos": (0.5, -0.2),
    "patchA": None,
    "shrinkA": 0,
    "shrinkB": 0,
}  # it begins below the name and ends below the point's dot: clipping it takes 5 ms


def draw_ceiling(axes: Axes, samples: int, *, labelled: bool = False, given: float = 0.0) -> None:
    """Mark the most that any layer can carry about the input.

    Args:
        axes: Where; its limits are set.
        samples: Number of patterns that information was measured on; its log2 is the ceiling.
        labelled: Write the numbers beside it.
        given: Bits that are given, as H(Y) is for I(X;T|Y).
    """
    ceiling = math.log2(samples) - given
    axes.axvline(ceiling, ymax=0.88, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    if not labelled:
        return
    axes.annotate(
        f"log₂ {samples} = {ceiling:.4g} bits",
        (ceiling, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        rotation=90,
        ha="left",
        va="bottom",
        fontsize=7.5,
        color=FAINT,
    )


def saturated_layers(curves: pd.DataFrame, ceiling: float) -> set[str]:
    """Return the layers that are at the ceiling all along: they cannot show compression.

    Args:
        curves: `layer, i_xt` of one network or of means.
        ceiling: log2 of the number of samples, bits.
    """
    lowest = curves.groupby("layer", sort=False)["i_xt"].min()
    return set(lowest.index[lowest > SATURATION * ceiling])


def is_undersampled(curves: pd.DataFrame) -> bool:
    """Say whether a layer at an epoch has too few samples for the states that it takes.

    Args:
        curves: Of one plane, perhaps with the detail `undersampled`.
    """
    return "undersampled" in curves and bool((curves["undersampled"] > 0).any())


def label_layers(
    axes: Axes, curves: pd.DataFrame, ceiling: float, *, compact: bool = False
) -> set[str]:
    """Write each layer's name above the plane, tied to its last point; * if it is saturated.

    Args:
        axes: Where; its limits are set.
        curves: `epoch, layer, i_xt, i_ty` of one plane, epochs ascending.
        ceiling: log2 of the number of samples, bits.
        compact: Use short names.

    Returns:
        The saturated layers; the figure's text says what * means.
    """
    saturated = saturated_layers(curves, ceiling)
    final = curves.groupby("layer", sort=False).tail(1).sort_values("i_xt", kind="stable")
    left, right = axes.get_xlim()
    places = _apart((final["i_xt"].to_numpy(float) - left) / (right - left))
    crowded = compact or len(final) > _ROOMY
    for row, place in zip(final.itertuples(), places, strict=True):
        name = str(row.layer)
        label = short_name(name) if crowded else long_name(name)
        axes.annotate(
            label + "*" * (name in saturated),
            (row.i_xt, row.i_ty),
            xytext=(place, 0.955),
            textcoords="axes fraction",
            ha="center",
            va="center",
            fontsize=7.5 if crowded else 8.5,
            color=INK,
            arrowprops=_LEADER,
            zorder=4,
        )
    return saturated


def _apart(wanted: np.ndarray) -> np.ndarray:
    """Move ascending positions in [0, 1] as little as needed to keep labels from touching."""
    from scipy.optimize import isotonic_regression  # half a second, which only labels need

    gap = min(0.115 if len(wanted) <= _ROOMY else 0.06, 0.9 / max(len(wanted) - 1, 1))
    steps = gap * np.arange(len(wanted))
    placed = np.asarray(isotonic_regression(wanted - steps).x)
    return np.clip(placed, 0.05, 0.95 - steps[-1]) + steps
