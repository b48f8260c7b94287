"""One network's information curves: every layer, snapshot, estimator and part of the data."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.types import Information

Estimator = Callable[..., Information]
Activity = Tensor | np.ndarray

OUTPUT = "output"  # the softmax layer; all others are hidden ones


def measure(
    activity: Mapping[str, Activity],
    labels: np.ndarray,
    estimators: Mapping[str, Estimator],
    *,
    epochs: np.ndarray,
    parts: Mapping[str, np.ndarray],
    inputs: np.ndarray,
) -> pd.DataFrame:
    """Measure one network.

    An estimator is called with the activity of a layer, shape `(snapshots, samples, units)`, and
    the labels; and by keyword with what its signature asks for without a default: `inputs`, shape
    `(samples, features)`, or `activity_range`, the lowest and highest activity. That range is over
    all samples, whatever the part, and over what the default of the estimator's own keyword
    `range_over` says: `network` (also if there is no such keyword), all snapshots and hidden
    layers, and for the output layer, being a softmax, 0 and 1; or `layer`, its own snapshots.

    Args:
        activity: Noise-free activity of each layer, `layer_1` … and `output`, shape `(snapshots,
            samples, units)`.
        labels: Class of each sample, shape `(samples,)`.
        estimators: Name to estimator.
        epochs: Epoch of each snapshot, shape `(snapshots,)`.
        parts: Name of each part of the data to its rows.
        inputs: Patterns, shape `(samples, features)`.

    Returns:
        Columns `epoch, layer, estimator, part, i_xt, i_ty` (bits), one row a measurement.

    Raises:
        ValueError: If an estimator asks for something else, or activity and epochs disagree.

    Example:
        >>> from functools import partial
        >>> from ibsweep.estimators.ebab import ebab_information
        >>> layers = {"layer_1": torch.tensor([[[0.0], [1.0]], [[0.0], [0.0]]])}
        >>> labels, inputs = np.array([0, 1]), np.array([[0.0], [1.0]])
        >>> ebab, rows = {"ebab": partial(ebab_information, bins=2)}, {"all": np.arange(2)}
        >>> measure(layers, labels, ebab, epochs=np.array([0, 9]), parts=rows, inputs=inputs)
           epoch    layer estimator part  i_xt  i_ty
        0      0  layer_1      ebab  all   1.0   1.0
        1      9  layer_1      ebab  all   0.0   0.0
    """
    _check_shapes(activity, snapshots=len(epochs), samples=len(labels))
    asked = {name: _asked(name, estimator) for name, estimator in estimators.items()}
    ranges = _ranges(activity) if any("activity_range" in held for held in asked.values()) else {}
    tables = []
    for part, rows in parts.items():
        for layer, values in activity.items():
            held = _rows(values, rows)
            for name, estimator in estimators.items():
                supply: dict[str, Any] = {"inputs": inputs[rows]}
                if over := asked[name].get("activity_range"):
                    supply["activity_range"] = ranges[over, layer]
                given = {key: supply[key] for key in asked[name]}
                information = estimator(held, labels[rows], **given)
                tables.append(_table(information, epochs, layer, name, part))
    return pd.concat(tables, ignore_index=True)


def try_out(estimator: Estimator) -> None:
    """Call an estimator on sixteen samples, so that it can complain of its options.

    Args:
        estimator: As for `measure`.

    Raises:
        ValueError: If it refuses an option, asks for what `measure` does not supply, or returns
            something else than I(X;T) and I(T;Y) of every snapshot.
    """
    inputs, labels = np.argwhere(np.ones((4, 4))).astype(float), np.arange(16) % 2
    activity = torch.tensor(np.stack([inputs, inputs / 2]))
    measure(
        {"layer_1": activity, OUTPUT: activity},
        labels,
        {"it": estimator},
        epochs=np.arange(2),
        parts={"all": np.arange(16)},
        inputs=inputs,
    )


def _check_shapes(activity: Mapping[str, Activity], *, snapshots: int, samples: int) -> None:
    for name, values in activity.items():
        if values.ndim != 3 or values.shape[:2] != (snapshots, samples):
            shape = f"({snapshots} snapshots, {samples} samples, units)"
            raise ValueError(f"{name} must be of shape {shape}, got {tuple(values.shape)}")


def _asked(name: str, estimator: Estimator) -> dict[str, str]:
    """What an estimator must be given, each with the name of what it is taken over."""
    parameters = inspect.signature(estimator).parameters
    over = parameters.get("range_over")
    if over is not None:
        checks.choice("range_over", over.default, ("network", "layer"))
    known = {
        "inputs": "part",
        "activity_range": "network" if over is None else str(over.default),
    }
    asked = [
        key
        for key, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    ]
    for key in asked:
        if key not in known:
            raise ValueError(f"{key} must be given to {name}: only {' and '.join(known)} need not")
    return {key: known[key] for key in asked}


def _ranges(layers: Mapping[str, Activity]) -> dict[tuple[str, str], tuple[float, float]]:
    """Lowest and highest activity for each layer, taken over the network or the layer."""
    own = {name: (float(values.min()), float(values.max())) for name, values in layers.items()}
    hidden = [ends for name, ends in own.items() if name != OUTPUT]
    widest = (min(low for low, _ in hidden), max(high for _, high in hidden)) if hidden else None
    return {
        **{("layer", name): ends for name, ends in own.items()},
        **{("network", name): widest for name in own if widest is not None},
        ("network", OUTPUT): (0.0, 1.0),
    }


def _rows(values: Activity, rows: np.ndarray) -> Activity:
    """Take rows, without a copy where all are taken in order."""
    if len(rows) == values.shape[1] and np.array_equal(rows, np.arange(len(rows))):
        return values
    return values[:, rows]


def _table(
    information: Information, epochs: np.ndarray, layer: str, estimator: str, part: str
) -> pd.DataFrame:
    columns = [torch.as_tensor(held, dtype=torch.float64).cpu().numpy() for held in information]
    for column in columns:
        if column.shape != epochs.shape:
            raise ValueError(
                f"{estimator} must return one value a snapshot, {epochs.shape}, got {column.shape}"
            )
    i_xt, i_ty = columns
    return pd.DataFrame(
        {
            "epoch": epochs,
            "layer": layer,
            "estimator": estimator,
            "part": part,
            "i_xt": i_xt,
            "i_ty": i_ty,
        }
    )
