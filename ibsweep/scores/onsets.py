"""Whether a layer begins to compress where the training loss falls fastest."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from ibsweep import names
from ibsweep.scores.phases import LEAST_CHANGE, STANDARD_ERRORS
from ibsweep.scores.smoothing import LEAST, Resampled, resample

LOSS = "loss/train"
INTERVAL = (2.5, 97.5)  # percentiles
ONSET = ("onset_epoch", "lag", "lag_low", "lag_high")


def loss_phases(
    curves: pd.DataFrame, training: pd.DataFrame, *, resamples: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Set the onset of each layer's first compression beside the steepest fall of the loss.

    Both curves are smoothed over log2(1 + epoch) as `phases` does. The onset is the highest place
    from which the first fall of I(X;T) that counts (see `phases`) comes down. The loss falls
    steepest where its smoothed slope, nats a doubling of 1 + epoch, is least. Intervals are those
    of curves made of the smoothed ones and new Gaussian noise of the estimated size: they say how
    well this network's epochs are known, given its snapshots; a place between two snapshots is
    never found.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt`; the part `all` counts.
        training: `network, epoch, loss/train`, at the same epochs.
        resamples: How many curves are made.
        seed: Seed of their noise.

    Returns:
        One row for each `network, estimator, layer`: `onset_epoch`, NaN if nothing counts as a
        fall; `found`, the part of resampled curves with a fall; `steepest_epoch`; `slope` there,
        nats a doubling; `lag`, doublings of 1 + epoch from the steepest fall to the onset, and
        `lag_low`, `lag_high`, its 95 % interval among resampled curves with a fall.

    Raises:
        ValueError: If a curve has fewer than 5 snapshots, or a network no training.

    References:
        The question is that of Butakov et al., Information bottleneck analysis of deep neural
        networks via lossy compression, 2024, §5. https://arxiv.org/abs/2305.08013

    Example:
        >>> epochs = 2 ** np.arange(12) - 1
        >>> curve = pd.DataFrame({"epoch": epochs, "i_xt": np.r_[1:7.0, 7:1:-1]})
        >>> named = curve.assign(network="r", layer="output", estimator="lossy", part="all")
        >>> loss = 2.0 - np.clip(np.arange(12) - 5.0, 0, 2)
        >>> table = pd.DataFrame({"network": "r", "epoch": epochs, "loss/train": loss})
        >>> loss_phases(named, table)[["onset_epoch", "steepest_epoch", "lag"]].iloc[0].tolist()
        [63.0, 63.0, 0.0]
    """
    losses = {name: table for name, table in training.groupby("network", sort=False)}
    steepest: dict[Hashable, tuple[np.ndarray, float]] = {}
    rows = []
    everything = curves[curves["part"] == "all"].sort_values("epoch", kind="stable")
    for place, table in everything.groupby(["network", "estimator", "layer"], sort=False):
        network = place[0]
        if network not in losses:
            raise ValueError(f"training must hold every network of curves, got none of {network}")
        if network not in steepest:
            steepest[network] = _steepest(losses[network], resamples=resamples, seed=seed)
        curve = _resampled(table, "i_xt", resamples=resamples, seed=seed + 1)
        onset = _compared(_onsets(curve), *steepest[network])
        rows.append(dict(zip(("network", "estimator", "layer"), place, strict=True)) | onset)
    return pd.DataFrame(rows)


def smoothed_loss(training: pd.DataFrame) -> pd.DataFrame:
    """Return one network's smoothed loss and its slope.

    Args:
        training: `epoch, loss/train` of one network.

    Returns:
        `epoch`; `loss`, nats; `slope`, nats a doubling of 1 + epoch.

    Raises:
        ValueError: If it has fewer than 5 snapshots.
    """
    ordered = training.sort_values("epoch", kind="stable")
    curve = _resampled(ordered, LOSS, resamples=0, seed=0)
    slope = np.gradient(curve.smooth[0], np.log2(1.0 + curve.epochs))
    return pd.DataFrame({"epoch": curve.epochs, "loss": curve.smooth[0], "slope": slope})


def scores(curves: pd.DataFrame, training: pd.DataFrame) -> dict[str, float]:
    """Say of one network what `loss_phases` does.

    Args:
        curves: `epoch, layer, estimator, part, i_xt`.
        training: `epoch, loss/train`.

    Returns:
        `loss/steepest_epoch` and `loss/steepest_slope` (nats a doubling); for every estimator and
        layer `<estimator>/onset_epoch/<layer>` and `<estimator>/lag/<layer>`, with `lag_low` and
        `lag_high` (doublings), NaN where nothing counts as a fall. All are NaN if there are fewer
        than 5 snapshots, no training loss, or an infinite one; a layer's, if its curve is.
    """
    whole = curves[curves["part"] == "all"]
    named = whole.groupby(["estimator", "layer"], sort=False)
    results = dict.fromkeys(("loss/steepest_epoch", "loss/steepest_slope"), np.nan)
    results |= {
        names.onset(str(estimator), name, str(layer)): np.nan
        for estimator, layer in named.groups
        for name in ONSET
    }
    if LOSS not in training or len(training) < LEAST or not np.isfinite(training[LOSS]).all():
        return results
    epochs, slope = _steepest(training, resamples=0, seed=0)
    results |= {"loss/steepest_epoch": float(epochs[0]), "loss/steepest_slope": slope}
    finite = np.isfinite(whole["i_xt"]).groupby([whole["estimator"], whole["layer"]])
    estimated = whole[finite.transform("all")].assign(network="")
    for row in loss_phases(estimated, training.assign(network="")).to_dict("records"):
        place = row["estimator"], row["layer"]
        results |= {names.onset(place[0], name, place[1]): float(row[name]) for name in ONSET}
    return results


def onset(epochs: np.ndarray, i_xt: np.ndarray) -> float:
    """Return the epoch at which a curve's first fall that counts begins, as `loss_phases` does.

    Args:
        epochs: Ascending, at least 5, shape `(snapshots,)`.
        i_xt: I(X;T) at these, bits.

    Returns:
        One of the epochs; NaN if nothing counts as a fall.

    Raises:
        ValueError: If there are fewer snapshots.
    """
    return float(_onsets(resample(epochs, i_xt, resamples=0, seed=0))[0])


def _resampled(table: pd.DataFrame, column: str, *, resamples: int, seed: int) -> Resampled:
    epochs, values = (table[name].to_numpy() for name in ("epoch", column))
    return resample(epochs, values, resamples=resamples, seed=seed)


def _steepest(training: pd.DataFrame, *, resamples: int, seed: int) -> tuple[np.ndarray, float]:
    """Return the epoch of the steepest fall of the curve and of each resampled one; the slope."""
    ordered = training.sort_values("epoch", kind="stable")
    curve = _resampled(ordered, LOSS, resamples=resamples, seed=seed)
    slopes = np.gradient(curve.smooth, np.log2(1.0 + curve.epochs), axis=1)
    return curve.epochs[slopes.argmin(axis=1)].astype(float), float(slopes[0].min())


def _onsets(curve: Resampled) -> np.ndarray:
    """Return the epoch at which the first fall that counts begins, NaN where there is none."""
    highest = np.maximum.accumulate(curve.smooth, axis=1)
    threshold = max(LEAST_CHANGE, STANDARD_ERRORS * curve.noise * curve.difference)
    falls = highest - curve.smooth >= threshold
    first = falls.argmax(axis=1)
    tops = [one[: end + 1].argmax() for one, end in zip(curve.smooth, first, strict=True)]
    return np.where(falls.any(axis=1), curve.epochs[tops], np.nan)


def _compared(onsets: np.ndarray, steepest: np.ndarray, slope: float) -> dict[str, object]:
    """Return what is known of one curve: entry 0 of each is the curve's own."""
    lag = np.log2((1 + onsets) / (1 + steepest))
    known = lag[1:][np.isfinite(lag[1:])]
    low, high = np.percentile(known, INTERVAL) if len(known) else (np.nan, np.nan)
    return {
        "onset_epoch": onsets[0],
        "found": len(known) / max(len(lag) - 1, 1),
        "steepest_epoch": steepest[0],
        "slope": slope,
        "lag": lag[0],
        "lag_low": low,
        "lag_high": high,
    }
