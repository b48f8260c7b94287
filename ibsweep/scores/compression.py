"""How much a layer forgets of its input from its peak to the end of training."""

import math

import numpy as np
import pandas as pd

from ibsweep import names

SATURATION = 0.97  # of log2 N: a layer above this all along cannot show compression
_FINAL = 5  # snapshots that the robust score takes the median of
_PEAK = 95  # percentile that stands for the robust score's maximum


def score(information: np.ndarray) -> float:
    """1 − final / largest information of one layer; NaN if it never held any.

    Args:
        information: I(X;T) ≥ 0 at each snapshot in bits, shape `(snapshots,)`.

    References:
        Chelombiev et al. (2019), eq. 6. https://arxiv.org/abs/1902.09037

    Example:
        >>> score(np.array([2.0, 8.0, 6.0]))
        0.25
    """
    peak = information.max()
    return float(1 - information[-1] / peak) if peak else math.nan


def robust_score(information: np.ndarray) -> float:
    """The score that noise raises less; slightly negative at times.

    Args:
        information: I(X;T) ≥ 0 at each snapshot in bits, shape `(snapshots,)`.

    Returns:
        1 − median of the last 5 snapshots / 95th percentile of all; NaN if the layer held nothing.
    """
    peak = np.percentile(information, _PEAK)
    return float(1 - np.median(information[-_FINAL:]) / peak) if peak else math.nan


def ceiling(samples: int) -> float:
    """Return the I(X;T) in bits above which a layer of N samples counts as saturated.

    Args:
        samples: N; .97 log2 N is returned.
    """
    return SATURATION * math.log2(samples)


def scores(curves: pd.DataFrame, *, samples: int) -> dict[str, float]:
    """Score the layers of one network, for every estimator, on all of the data.

    Args:
        curves: Columns `epoch, layer, estimator, part, i_xt`; those of another part than `all` are
            left aside. The last layer is the output.
        samples: N, the number of samples; log2 N is the ceiling of I(X;T).

    Returns:
        For every estimator: `<estimator>/compression/` and `<estimator>/compression_robust/` with
        `layer_k` for hidden layers, `last` for the output, and the means `all`, `hidden` (without
        the output) and `hidden_unsaturated`; `<estimator>/saturated/<layer>` (1 if the layer was
        above .97 log2 N all along) and `<estimator>/dead_layer` (1 if a layer never held any
        information, or too rarely for a robust peak: its score and the means that contain it are
        NaN).
    """
    results: dict[str, float] = {}
    everything = curves[curves["part"] == "all"].sort_values("epoch", kind="stable")
    limit = ceiling(samples)
    for estimator, rows in everything.groupby("estimator", sort=False):
        name = str(estimator)
        layers = {
            str(layer): table["i_xt"].to_numpy()
            for layer, table in rows.groupby("layer", sort=False)
        }
        saturated = {
            layer: bool((information > limit).all()) for layer, information in layers.items()
        }
        for robust, rate in ((False, score), (True, robust_score)):
            rated = {layer: rate(information) for layer, information in layers.items()}
            means = _means(rated, saturated).items()
            results |= {names.compression(name, k, robust=robust): v for k, v in means}
        results |= {names.saturated(name, layer): float(flag) for layer, flag in saturated.items()}
        rates = [
            rate(information) for information in layers.values() for rate in (score, robust_score)
        ]
        results[names.dead_layer(name)] = float(np.isnan(rates).any())
    return results


def _means(rated: dict[str, float], saturated: dict[str, bool]) -> dict[str, float]:
    """The layers' scores and their means; a mean of nothing, or with a NaN in it, is NaN."""
    *hidden, last = rated
    unsaturated = [rated[name] for name in hidden if not saturated[name]]
    return {
        **{name: rated[name] for name in hidden},
        "last": rated[last],
        "all": float(np.mean(list(rated.values()))),
        "hidden": float(np.mean([rated[name] for name in hidden])),
        "hidden_unsaturated": float(np.mean(unsaturated)) if unsaturated else math.nan,
    }
