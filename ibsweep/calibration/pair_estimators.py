"""From an option of conf/estimator to what gives an estimate of a pair."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ibsweep.calibration.measuring import Estimator
from ibsweep.config.instantiation import build
from ibsweep.information import Estimator as LayerEstimator
from ibsweep.information import measure
from ibsweep.types import Estimate

LAYER = "layer_1"


def pair_estimator(node: Mapping[str, Any], key: str, *, trusted: Sequence[str] = ()) -> Estimator:
    """Build what estimates the information of (x, y): vectors, or a vector and labels.

    An option names a layer estimator. Where that is made of one for pairs of vectors (`pair`) and
    one for a vector and a class (`labelled`), these are taken, since they state errors. Otherwise
    it is the layer estimator itself: I(X;T) of inputs x and activity y, or I(T;Y) of activity x
    and labels.

    Args:
        node: The option, a mapping with a `_target_`.
        key: Where it stands in the configuration, for messages.
        trusted: Prefixes of targets allowed beside our own.

    Raises:
        ConfigError: If the option is wrong.
    """
    layer = build(node, key, trusted=trusted)
    parts = layer.keywords if isinstance(layer, functools.partial) else {}
    vectors: Estimator = parts.get("pair") or _of_vectors(layer)
    labelled: Estimator = parts.get("labelled") or _of_labels(layer)
    return lambda x, y: (vectors if y.ndim == 2 else labelled)(x, y)


def _of_vectors(layer: LayerEstimator) -> Estimator:
    """Return I(X;T) of inputs x and activity y; the labels, all equal, do not matter."""

    def estimate(x: np.ndarray, y: np.ndarray) -> Estimate:
        return _measured(layer, y, np.zeros(len(x), dtype=np.int64), inputs=x, column="i_xt")

    return estimate


def _of_labels(layer: LayerEstimator) -> Estimator:
    """Return I(T;Y) of activity x and labels; the inputs do not matter."""

    def estimate(x: np.ndarray, labels: np.ndarray) -> Estimate:
        return _measured(layer, x, labels, inputs=x, column="i_ty")

    return estimate


def _measured(
    layer: LayerEstimator,
    activity: np.ndarray,
    labels: np.ndarray,
    *,
    inputs: np.ndarray,
    column: str,
) -> Estimate:
    curves = measure(
        {LAYER: activity[None]},
        labels,
        {"it": layer},
        epochs=np.zeros(1, dtype=np.int64),
        parts={"all": np.arange(len(labels))},
        inputs=inputs,
    )
    error = curves.get(f"{column}_error", pd.Series(math.nan, curves.index))
    return Estimate(float(curves[column].iloc[0]), float(error.iloc[0]), {})
