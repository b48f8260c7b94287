"""When a layer takes information in and when it gives it up: phases of one curve of I(X;T)."""

import numpy as np
import pandas as pd

from ibsweep.scores.compression import ceiling
from ibsweep.scores.smoothing import resample

LEAST_CHANGE = 0.1  # bits: a smaller rise or fall is no phase, however certain
STANDARD_ERRORS = 4.0  # of a difference of two smoothed values; less may be noise


def phases(
    curves: pd.DataFrame, samples: int, *, resamples: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Say for each layer of each network in which order it fits and compresses.

    I(X;T) is smoothed over log2(1 + epoch) by local lines (Gaussian weights, half a doubling
    wide). The noise is the scaled median of |residual|. A rise (from a lowest value so far) or
    fall (from a highest so far) of the smoothed curve counts from a threshold on: .1 bits, or 4
    standard errors of a difference of two smoothed values if that is more. Then

    - `cannot_tell`: all measured values are above .97 log2 N (saturated);
    - `static`: neither a rise nor a fall counts;
    - `compresses_first`: the first that counts is a fall (whether it rises later or not);
    - `compresses`: the first is a rise, and later a fall counts;
    - `fits`: a rise, and no fall.

    The probability is the part of curves with the same verdict among those made of the smoothed
    curve and new Gaussian noise of the estimated size. It says how sure the verdict is about this
    network's curve, not about other networks.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt`; the part `all` counts.
        samples: N, the number of samples; log2 N is the ceiling of I(X;T).
        resamples: How many curves are made.
        seed: Seed of their noise.

    Returns:
        One row for each `network, estimator, layer`: `verdict`; `probability`; `fitted`, the
        largest rise and `compressed`, the largest fall of the smoothed curve, in bits (also if
        they do not count); `peak_epoch` and `trough_epoch`, where that fall begins and ends;
        `peak`, the largest measured value in bits, and of how many `snapshots`; `noise`, the
        standard deviation of a measured value, and `threshold`, both in bits.

    Raises:
        ValueError: If a curve has fewer than 5 snapshots.

    Example:
        >>> epochs = 2 ** np.arange(12) - 1
        >>> curve = pd.DataFrame({"epoch": epochs, "i_xt": np.r_[1:7.0, 7:1:-1]})
        >>> named = curve.assign(network="r", layer="output", estimator="ebab", part="all")
        >>> phases(named, 4096)["verdict"].item()
        'compresses'
    """
    everything = curves[curves["part"] == "all"].sort_values("epoch", kind="stable")
    rows = []
    for names, table in everything.groupby(["network", "estimator", "layer"], sort=False):
        epochs, information = table["epoch"].to_numpy(), table["i_xt"].to_numpy()
        facts = _phases(epochs, information, samples=samples, resamples=resamples, seed=seed)
        rows.append(dict(zip(("network", "estimator", "layer"), names, strict=True)) | facts)
    return pd.DataFrame(rows)


def _phases(
    epochs: np.ndarray,
    information: np.ndarray,
    *,
    samples: int,
    resamples: int,
    seed: int,
) -> dict[str, object]:
    """Return what is known of one curve."""
    drawn = resample(epochs, information, resamples=resamples, seed=seed)
    smooth, noise = drawn.smooth[0], drawn.noise
    threshold = max(LEAST_CHANGE, STANDARD_ERRORS * noise * drawn.difference)
    falls = np.maximum.accumulate(smooth) - smooth
    trough = int(falls.argmax())
    peak = int(smooth[: trough + 1].argmax())
    facts: dict[str, object] = {
        "fitted": float((smooth - np.minimum.accumulate(smooth)).max()),
        "compressed": float(falls[trough]),
        "peak_epoch": int(epochs[peak]),
        "trough_epoch": int(epochs[trough]),
        "peak": float(information.max()),
        "snapshots": len(information),
        "noise": noise,
        "threshold": threshold,
    }
    if (information > ceiling(samples)).all():
        return {"verdict": "cannot_tell", "probability": 1.0} | facts
    verdicts = _verdicts(drawn.smooth, threshold)
    verdict = verdicts[0]
    return {"verdict": verdict, "probability": float((verdicts[1:] == verdict).mean())} | facts


def _verdicts(smooth: np.ndarray, threshold: float) -> np.ndarray:
    """Return the verdict on each smoothed curve, shape `(curves, snapshots)` to `(curves,)`."""
    never = smooth.shape[1]
    falls = np.maximum.accumulate(smooth, axis=1) - smooth >= threshold
    rises = smooth - np.minimum.accumulate(smooth, axis=1) >= threshold
    fall, rise = (
        np.where(marks.any(axis=1), marks.argmax(axis=1), never) for marks in (falls, rises)
    )
    return np.select(
        [(fall == never) & (rise == never), fall < rise, fall < never],
        ["static", "compresses_first", "compresses"],
        "fits",
    )
