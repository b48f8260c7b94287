"""Entropy-based adaptive binning: bins that hold equally many of a layer's unique activities."""

from functools import partial
from typing import Literal

import numpy as np
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.discrete import count_edges, counted_information
from ibsweep.estimators.shared.layers import Classes, columns, measure_layers
from ibsweep.types import Information

RELEASED_LOW = -1.000001

EdgeRule = Literal["equal", "released"]


def ebab_information(
    activity: Tensor,
    labels: Tensor,
    *,
    bins: int,
    edge_rule: EdgeRule = "equal",
    low: float | Literal["auto"] = "auto",
    population: bool | None = None,
) -> Information:
    r"""Information in a layer whose activity is binned by its own distribution.

    The activities of all units are pooled; u are the unique values, ascending. A value's bin is
    the number of edges ≤ it, every unit has the same edges, T is the vector of a sample's bins.
    H(T|X) = 0, so I(X;T) = H(T) and I(T;Y) = H(T) − Σ_y p(y) H(T|y).

    With `edge_rule="equal"` the edges are u[⌊k |u| / bins⌋], k = 1 … bins − 1. With `"released"`
    they are those of the paper's released code: `low` is removed from u, and the edges are `low`,
    u[⌊k |u| / bins⌋] for k = 0 … bins − 1, and the last of u; values below `low` belong in the
    lowest bin.

    Args:
        activity: Activity, shape `(…, samples, units)`; each layer of the leading axes has edges
            of its own. Measured in its own precision; float32 is the paper's.
        labels: Class of each sample, shape `(samples,)`, integer.
        bins: Number of bins, ≥ 2.
        edge_rule: `equal` or `released`.
        low: Lowest edge of `released`, in units of `activity`: a number, or `auto`, which is 0 for
            a layer without negative values and −1.000001 for others, as the released code
            sets it by activation function. `equal` has no use for it.
        population: Whether the samples are all that there are, not drawn from more; None: not
            known. `ibsweep.information.measure` says so.

    Returns:
        Information in bits, of shape `(…)`. Detail, where `population` is false: `undersampled`,
        see `discrete.counted_information`.

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Chelombiev, Houghton & O'Donnell, Adaptive estimators show information compression in deep
        neural networks, 2019, §2.1. https://arxiv.org/abs/1902.09037

    Example:
        >>> from torch import tensor
        >>> layer = tensor([[0.0], [0.1], [10.0], [99.0]])
        >>> ebab_information(layer, tensor([0, 0, 1, 1]), bins=2)
        Information(i_xt=1.0, i_ty=1.0)
    """
    checks.integer("bins", bins, minimum=2)
    checks.choice("edge_rule", edge_rule, ("equal", "released"))
    if low != "auto":
        low = checks.real("low (or 'auto')", low)
    rule = partial(_equal, bins=bins)
    if edge_rule == "released":
        rule = partial(_released, bins=bins, low=low)
    measure = partial(_information, rule=rule, population=population)
    return measure_layers(measure, activity, labels)


def equal_edges(values: np.ndarray, *, bins: int) -> np.ndarray:
    """Return the inner edges that leave equally many unique values to each bin.

    Args:
        values: Pooled activities, any shape.
        bins: Number of bins.

    Returns:
        Edges, ascending, shape `(bins − 1,)`; equal ones if there are fewer unique values than
        bins.

    Example:
        >>> equal_edges(np.array([5.0, 1.0, 1.0, 1.0, 3.0, 7.0]), bins=2)
        array([5.])
    """
    return _equal(_unique(values), bins=bins)


def _information(
    layer: Tensor, classes: Classes, *, rule: partial, population: bool | None
) -> Information:
    values = columns(layer)
    edges = _unique(rule(_unique(values)))
    bins = count_edges(values, edges)
    return counted_information(bins, len(edges) + 1, classes, population=population)


def _unique(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(values, axis=None)
    return np.append(ordered[:-1][ordered[1:] != ordered[:-1]], ordered[-1:])


def _equal(unique: np.ndarray, *, bins: int) -> np.ndarray:
    return unique[np.arange(1, bins) * len(unique) // bins]


def _released(unique: np.ndarray, *, bins: int, low: float | Literal["auto"]) -> np.ndarray:
    if low == "auto":
        low = 0.0 if unique[0] >= 0 else RELEASED_LOW
    others = unique[unique != np.float64(low)]
    if not len(others):
        return others
    edges = np.append(others[np.arange(bins) * len(others) // bins], others[-1])
    return edges[edges > np.float64(low)]  # the lowest bin is open below
