"""How often estimates cannot be right: below 0, above H(Y), more after processing than before."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import entr

from ibsweep import names

ERRORS = 2  # standard errors by which a bound must be passed
TOLERANCE = 1e-6  # bits by which it must be passed in any case: less is rounding
KINDS = ("negative", "above_entropy", "processing")


class _Curves(NamedTuple):
    """Estimates of one quantity, with standard errors; shapes `(epochs, layers)`, in order."""

    values: np.ndarray
    errors: np.ndarray


def scores(curves: pd.DataFrame, *, label_entropy: float) -> dict[str, float]:
    """Count the places at which estimates of one network, on all of the data, cannot be right.

    A place is an epoch and a layer, or for `processing` an epoch and two neighbouring layers. It
    counts where I(X;T) or I(T;Y) passes a bound by more than 2 standard errors (of the difference
    of two estimates, taken as independent), and by more than 1e-6 bits; that alone where no error
    is known. What is NaN is not counted as measured.

    Nothing is corrected. And `processing` need not be an error: I(X;T_{i+1}) ≤ I(X;T_i) and
    I(T_{i+1};Y) ≤ I(T_i;Y) hold for the layers of a chain themselves. They do not hold for layers
    that are each binned by themselves (binning, EBAB), get noise of their own for the analysis
    (KDE, `sp`), or are each compressed (`lossy`). There the share says how far these estimates are
    from being about one chain.

    Args:
        curves: Columns `epoch, layer, estimator, part, i_xt, i_ty`, and `i_xt_error, i_ty_error`
            if known; those of another part than `all` are left aside. Layers in the order of the
            network.
        label_entropy: H(Y) of the samples that were measured, bits; NaN where there is no such
            bound.

    Returns:
        For every estimator the shares `<estimator>/violations/negative` (I < 0), `…/above_entropy`
        (I(T;Y) > H(Y)) and `…/processing` (see above); NaN where there is no place.

    References:
        Cover & Thomas, Elements of information theory, 2nd ed. 2006, §2.6 and theorem 2.8.1.

    Example:
        >>> rows = {"epoch": [0, 0], "layer": ["layer_1", "output"], "estimator": "it"}
        >>> bits = {"part": "all", "i_xt": [2.0, -0.1], "i_ty": [0.5, 0.6]}
        >>> violations = scores(pd.DataFrame(rows | bits), label_entropy=1.0)
        >>> [violations[f"it/violations/{kind}"] for kind in KINDS]
        [0.5, 0.0, 1.0]
    """
    results: dict[str, float] = {}
    everything = curves[curves["part"] == "all"]
    for estimator, rows in everything.groupby("estimator", sort=False):
        of_inputs, of_labels = (_curves(rows, name) for name in ("i_xt", "i_ty"))
        shares = (
            _share(*(_passed(-one.values, one.errors) for one in (of_inputs, of_labels))),
            _share(_passed(of_labels.values - label_entropy, of_labels.errors)),
            _share(*(_passed(*_gains(one)) for one in (of_inputs, of_labels))),
        )
        results |= {
            names.violation(str(estimator), kind): share
            for kind, share in zip(KINDS, shares, strict=True)
        }
    return results


def label_entropy(labels: np.ndarray) -> float:
    """Return H(Y) in bits, the most that anything can tell about the class.

    Args:
        labels: Class of each sample, shape `(samples,)`, integers ≥ 0.

    Example:
        >>> label_entropy(np.array([0, 1, 2, 3]))
        2.0
    """
    return float(entr(np.bincount(labels) / len(labels)).sum() / np.log(2))


def _curves(rows: pd.DataFrame, quantity: str) -> _Curves:
    places = tuple(pd.factorize(rows[name])[0] for name in ("epoch", "layer"))
    values, errors = np.full((2, *(place.max() + 1 for place in places)), math.nan)
    values[places] = rows[quantity]
    if f"{quantity}_error" in rows:
        errors[places] = rows[f"{quantity}_error"]
    return _Curves(values, errors)


def _gains(curves: _Curves) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much each layer has more than the one before, with the error of that."""
    with np.errstate(invalid="ignore"):  # infinite values cannot be compared
        gains = np.diff(curves.values, axis=1)
    return gains, np.hypot(curves.errors[:, 1:], curves.errors[:, :-1])


def _passed(excess: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return 1 where a bound is passed, 0 where it is kept, NaN where nothing was measured."""
    margins = np.fmax(ERRORS * errors, TOLERANCE)
    return np.where(np.isnan(excess), math.nan, excess > margins)


def _share(*passed: np.ndarray) -> float:
    """Return the share of places where one is passed, of those where one was measured."""
    measured = np.any([~np.isnan(one) for one in passed], axis=0)
    broken = np.any([one == 1 for one in passed], axis=0)
    return float(broken.sum() / measured.sum()) if measured.any() else math.nan
