"""Information planes of each estimator, with its name and options."""

from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from typing import BinaryIO, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.image import imsave

from ibsweep.plots.planes import DPI, plane_pixels
from ibsweep.scores.informative import informative

_COUNTS = "quantized"  # the estimator that counts what networks in few bits hold
_REBUILT = "network.output"  # an option of networks that rebuild their input


class Picture(NamedTuple):
    """A picture that is drawn when it is saved."""

    draw: Callable[[], np.ndarray]

    def savefig(self, file: str | PathLike[str] | BinaryIO) -> None:
        """Write it as PNG, quickly."""
        imsave(file, self.draw(), format="png", dpi=DPI, pil_kwargs={"compress_level": 1})


def information_planes(
    curves: pd.DataFrame,
    options: Mapping[str, object],
    *,
    samples: int,
    title: str,
    band: bool = False,
) -> dict[str, Picture]:
    """Return the plane of each estimator, measured on all of the data.

    Args:
        curves: Those of one network, or means over networks with their intervals.
        options: Dotted keys to values, among them the estimators' options.
        samples: Number of patterns that information was measured on.
        title: Title of the figures.
        band: Whether to draw the intervals.
    """
    whole = informative(curves[curves["part"] == "all"])
    return {
        f"information_plane/{name}": Picture(
            partial(
                plane_pixels,
                rows,
                samples=samples,
                title=title,
                band=band,
                estimand=estimand(str(name), options),
            )
        )
        for name, rows in whole.groupby("estimator")
    }


def estimand(estimator: str, options: Mapping[str, object]) -> str:
    """Name what an estimator computes, with its options.

    Args:
        estimator: Its name.
        options: Dotted keys to values; those of `estimator.<name>.` are its options, and shown but
            for those of its parts. With `quantization.…` among them, `quantized` counts codes,
            whatever its options. With `network.output`, of networks that rebuild their input, Y is
            what they tell.

    Example:
        >>> estimand("ebab", {"estimator.ebab.bins": 30, "estimator.ebab.edge_rule": "equal"})
        'ebab (bins 30, equal)'
        >>> estimand("quantized", {"estimator.quantized.bits": 8, "quantization.bits": 4})
        'quantized (codes)'
        >>> estimand("renyi", {"network.output": "sigmoid"})
        'renyi, Y = X′ (the output)'
    """
    if estimator == _COUNTS and any(key.startswith("quantization.") for key in options):
        return f"{estimator} (codes)"
    prefix = f"estimator.{estimator}."
    shown = [
        value
        if isinstance(value, str)
        else f"{key.removeprefix(prefix).replace('_', ' ')} {_short(value)}"
        for key, value in options.items()
        if key.startswith(prefix) and "." not in key.removeprefix(prefix)
    ]
    named = f"{estimator} ({', '.join(shown)})" if shown else estimator
    return f"{named}, Y = X′ (the output)" if _REBUILT in options else named


def _short(value: object) -> str:
    """Return a number without needless digits: a column of a table makes 30 to 30.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)
