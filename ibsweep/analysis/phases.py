"""Phases of a layer's I(X;T) through training: does it fit, compress, and in which order?"""

import math

import numpy as np
import pandas as pd

from ibsweep import checks
from ibsweep.compression import SATURATION

VERDICTS = ("fits", "compresses", "compresses_first", "static", "cannot_tell")
BANDWIDTH = 0.5  # octaves of the epoch, at least
NEIGHBOURS = 6  # snapshots that the bandwidth reaches, at least: there are few early ones
BLOCK = 5  # neighbouring residuals are resampled together, since they are alike
_NEED = {"network", "epoch", "layer", "estimator", "part", "i_xt"}


def phases(
    curves: pd.DataFrame,
    *,
    samples: int,
    draws: int = 200,
    least_share: float = 0.01,
    noises: float = 6.0,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Say of each network and layer what I(X;T) does through training.

    The curve is smoothed over log2(1 + epoch) by local linear regression (Gaussian kernel of half
    an octave, wider where that reaches fewer than six snapshots). Its largest rise is
    max_{i<j} s_j − s_i, its largest fall max_{i<j} s_i − s_j. Either counts if it exceeds both
    `least_share` · log2 N and `noises` times the noise of the smoothed curve, which is estimated
    from the second differences of the raw one. Then the layer

    - `cannot_tell`, if it is above .97 log2 N all along: at the ceiling nothing can be seen;
    - is `static`, if neither counts;
    - `fits`, if only the rise counts;
    - `compresses`, if only the fall counts, or the rise begins before the fall;
    - `compresses_first`, if both count and the fall begins before the rise.

    The probability is the share of curves with that verdict among curves made of the smooth one
    and resampled residuals (in blocks of five).

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt` (bits), of one part of the data.
        samples: Number of patterns N that information was measured on.
        draws: Number of resampled curves.
        least_share: Least rise or fall, as a share of log2 N.
        noises: Least rise or fall, in standard deviations of the smoothed curve.
        seed: Of the resampling.

    Returns:
        One row for each `network, estimator, layer`: `verdict`, `probability`, `fitted` and
        `compressed` (largest rise and fall, bits), `fit_from`, `fit_to`, `compression_from`,
        `compression_to` (epochs), `noise` (standard deviation of the smoothed curve, bits).

    Raises:
        ValueError: If a column is missing, there is more than one part, or an option is wrong.

    References:
        Chelombiev et al. (2019), arXiv:1902.09037, §4 and Fig. 5, tell these apart by eye.
    """
    missing = _NEED - set(curves)
    if missing:
        raise ValueError(f"curves must have the columns {', '.join(sorted(missing))}, got none")
    if curves["part"].nunique() > 1:
        raise ValueError(f"curves must be of one part, got {sorted(curves['part'].unique())}")
    ceiling = math.log2(checks.integer("samples", samples, minimum=2))
    checks.integer("draws", draws, minimum=1)
    rng, rows = np.random.default_rng(seed), []
    ordered = curves.sort_values("epoch", kind="stable")
    for key, layer in ordered.groupby(["network", "estimator", "layer"], sort=False):
        judge = _Judge(layer["epoch"].to_numpy(), ceiling, least_share * ceiling, noises)
        row = judge.describe(layer["i_xt"].to_numpy(float), draws=draws, rng=rng)
        rows.append({"network": key[0], "estimator": key[1], "layer": key[2], **row})
    return pd.DataFrame(rows)


class _Judge:
    """Judges curves at given epochs."""

    def __init__(self, epochs: np.ndarray, ceiling: float, least: float, noises: float) -> None:
        self._epochs = epochs
        self._ceiling = ceiling
        self._least = least
        self._noises = noises
        self._smoother = smoother(np.log2(1 + epochs))
        self._gain = float(np.sqrt((self._smoother**2).sum(axis=1)).max())

    def describe(
        self, curve: np.ndarray, *, draws: int, rng: np.random.Generator
    ) -> dict[str, object]:
        """Return the verdict on a curve, its probability, and what it rests on."""
        if not np.isfinite(curve).all():
            return {"verdict": "cannot_tell", "probability": np.nan}
        smooth = self._smoother @ curve
        noise = self._gain * noise_of(curve)
        drawn = smooth + _resampled(curve - smooth, draws, rng)
        if curve.min() > SATURATION * self._ceiling:
            verdicts = np.where(
                drawn.min(axis=1) > SATURATION * self._ceiling, "cannot_tell", "static"
            )
            verdict = "cannot_tell"
        else:
            verdict = str(self._verdicts(smooth[None], noise)[0])
            verdicts = self._verdicts(drawn @ self._smoother.T, noise)
        rise, fall = largest_rise(smooth[None]), largest_rise(-smooth[None])
        epochs = self._epochs
        return {
            "verdict": verdict,
            "probability": float(np.mean(verdicts == verdict)),
            "fitted": float(rise[0][0]),
            "compressed": float(fall[0][0]),
            "fit_from": int(epochs[rise[1][0]]),
            "fit_to": int(epochs[rise[2][0]]),
            "compression_from": int(epochs[fall[1][0]]),
            "compression_to": int(epochs[fall[2][0]]),
            "noise": noise,
        }

    def _verdicts(self, smooth: np.ndarray, noise: float) -> np.ndarray:
        """Return the verdict on each smoothed curve, shape `(curves, snapshots)`."""
        least = max(self._least, self._noises * noise)
        rise, rises_from, _ = largest_rise(smooth)
        fall, falls_from, _ = largest_rise(-smooth)
        cases = [
            (rise <= least) & (fall <= least),
            fall <= least,
            rise <= least,
            falls_from < rises_from,
        ]
        return np.select(cases, ["static", "fits", "compresses", "compresses_first"], "compresses")


def smoother(positions: np.ndarray) -> np.ndarray:
    """Return the matrix of local linear regression with a Gaussian kernel, each row summing to 1.

    Args:
        positions: Ascending, shape `(points,)`.

    References:
        Cleveland, Robust locally weighted regression, 1979. https://doi.org/10.2307/2286407

    Example:
        >>> line = np.arange(1.0, 5.0)
        >>> (smoother(line) @ (2 * line)).round(6).tolist()
        [2.0, 4.0, 6.0, 8.0]
    """
    away = positions[None, :] - positions[:, None]
    reach = np.sort(np.abs(away), axis=1)[:, [min(NEIGHBOURS, len(positions) - 1)]]
    weight = np.exp(-0.5 * (away / np.maximum(BANDWIDTH, reach)) ** 2)
    total, first, second = (
        (weight * away**power).sum(axis=1, keepdims=True) for power in (0, 1, 2)
    )
    scale = total * second - first**2
    lone = scale <= 1e-12 * total**2  # nothing near enough to fit a slope to
    fitted = weight * (second - first * away) / np.where(lone, 1.0, scale)
    return np.where(lone, weight / total, fitted)


def noise_of(curve: np.ndarray) -> float:
    """Estimate the standard deviation of a curve's noise from its second differences, robustly.

    Args:
        curve: Values at neighbouring snapshots, shape `(snapshots,)`.
    """
    if len(curve) < 4:
        return 0.0
    bends = np.diff(curve, 2)
    return float(1.4826 * np.median(np.abs(bends - np.median(bends))) / math.sqrt(6))


def largest_rise(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find max_{i ≤ j} s_j − s_i of each curve.

    Args:
        curves: Shape `(curves, snapshots)`.

    Returns:
        The rise, and the positions i and j, each of shape `(curves,)`.

    Example:
        >>> [int(found[0]) for found in largest_rise(np.array([[3, 1, 2, 5, 0]]))]
        [4, 1, 3]
    """
    lowest = np.minimum.accumulate(curves, axis=1)
    end = (curves - lowest).argmax(axis=1)
    rows = np.arange(len(curves))
    start = (curves == lowest[rows, end][:, None]).argmax(axis=1)
    return curves[rows, end] - curves[rows, start], start, end


def _resampled(residuals: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw residuals in blocks, shape `(draws, snapshots)`."""
    count = len(residuals)
    block = min(BLOCK, count)
    starts = rng.integers(0, count - block + 1, size=(draws, -(-count // block)))
    places = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :count]
    return residuals[places]
