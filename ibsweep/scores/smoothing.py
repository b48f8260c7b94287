"""Curves smoothed over the logarithm of the epoch, and how sure that is."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

BANDWIDTH = 0.5  # doublings of the epoch over which a curve is smoothed
LEAST = 5  # snapshots of a curve
_MAD = 1.4826  # makes the median of |residual| a standard deviation
_QUANTITIES = ("i_xt", "i_ty")


class Smoother(NamedTuple):
    """What smoothing does at given epochs.

    Attributes:
        matrix: Measured to smoothed values, shape `(snapshots, snapshots)`.
        residual: Standard deviation of a residual if that of the noise is 1, shape `(snapshots,)`.
        difference: Largest standard error of a difference of two smoothed values, for noise 1.
    """

    matrix: np.ndarray
    residual: np.ndarray
    difference: float


class Resampled(NamedTuple):
    """A smoothed curve, and others that the noise might have made of it.

    Attributes:
        epochs: Shape `(snapshots,)`.
        smooth: The smoothed curve, then the others smoothed, shape `(1 + resamples, snapshots)`.
        noise: Standard deviation of a measured value.
        difference: Largest standard error of a difference of two smoothed values, for noise 1.
    """

    epochs: np.ndarray
    smooth: np.ndarray
    noise: float
    difference: float


def smoother(epochs: np.ndarray) -> Smoother:
    """Return the local lines through values at these epochs, over log2(1 + epoch).

    Args:
        epochs: Ascending, at least 5.

    Raises:
        ValueError: If there are fewer.
    """
    if len(epochs) < LEAST:
        raise ValueError(f"a curve must have at least {LEAST} snapshots, got {len(epochs)}")
    return _smoother(tuple(epochs.tolist()))


@lru_cache(maxsize=16)
def _smoother(epochs: tuple[int, ...]) -> Smoother:
    place = np.log2(1.0 + np.array(epochs))
    apart = place[None, :] - place[:, None]
    weights = np.exp(-0.5 * (apart / BANDWIDTH) ** 2)
    s0, s1, s2 = ((weights * apart**power).sum(axis=1, keepdims=True) for power in range(3))
    flat = (
        s0 * s2 - s1**2 < 1e-9 * s0 * s0
    )  # no neighbour near enough for a line: the value itself
    matrix = weights * (s2 - s1 * apart) / np.where(flat, 1.0, s0 * s2 - s1**2)
    matrix = np.where(flat, np.eye(len(epochs)), matrix)
    left = np.eye(len(epochs)) - matrix
    residual = np.maximum(np.linalg.norm(left, axis=1), 1e-3)
    return Smoother(matrix, residual, float(np.sqrt(2) * np.linalg.norm(matrix, axis=1).max()))


def resample(epochs: np.ndarray, values: np.ndarray, *, resamples: int, seed: int) -> Resampled:
    """Smooth a curve, and curves made of it and new noise.

    Args:
        epochs: Ascending, at least 5, shape `(snapshots,)`.
        values: Measured at these.
        resamples: How many curves are made.
        seed: Seed of their noise.

    Raises:
        ValueError: If there are fewer snapshots.
    """
    lines = smoother(epochs)
    smooth = lines.matrix @ values
    noise = _MAD * float(np.median(np.abs(values - smooth) / lines.residual))
    drawn = np.random.default_rng(seed).normal(size=(resamples, len(values)))
    curves = np.vstack([smooth, smooth + noise * drawn @ lines.matrix.T])
    return Resampled(epochs, curves, noise, lines.difference)


def smoothed(curves: pd.DataFrame) -> pd.DataFrame:
    """Add what is left of one network's curves without the noise of measuring.

    Args:
        curves: `epoch, layer, estimator, part, i_xt, i_ty`.

    Returns:
        The same with `i_xt_smooth` and `i_ty_smooth` (bits), lines as `phases` uses them, NaN
        where a curve has fewer than 5 snapshots or an infinite value.
    """
    table = curves.assign(**{f"{name}_smooth": np.nan for name in _QUANTITIES})
    for _, rows in table.groupby(["layer", "estimator", "part"], sort=False):
        ordered = rows.sort_values("epoch", kind="stable")
        if len(ordered) < LEAST:
            continue
        matrix = smoother(ordered["epoch"].to_numpy()).matrix
        for name in _QUANTITIES:
            values = ordered[name].to_numpy()
            if np.isfinite(values).all():
                table.loc[ordered.index, f"{name}_smooth"] = matrix @ values
    return table
