"""One network's information curves: every layer, snapshot, estimator and part of the data."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep import checks, promises
from ibsweep.estimators.shared.discrete import is_population
from ibsweep.estimators.shared.readout import at_snapshots, readout
from ibsweep.names import OUTPUT
from ibsweep.types import Information

Estimator = Callable[..., Information]
Activity = Tensor | np.ndarray
Range = tuple[float, float]

# what `measure` supplies to an estimator that asks for it
SUPPLIED = (
    *("inputs", "task_inputs", "final_activity"),
    *("activity_range", "network_range", "layer_range"),
)
OPTIONAL = ("discrete", "population", "readout")  # likewise, where an option is None by default

# columns that tables of many networks have beside those of `measure`
RESERVED = (
    *("network", "n", "i_xt_low", "i_xt_high", "i_ty_low", "i_ty_high"),
    *("i_xt_smooth", "i_ty_smooth"),
)


class Floor(NamedTuple):
    """Where I(T;Y) is also measured with permuted labels: what an estimator reads by chance.

    Attributes:
        epochs: Epochs of the snapshots to do so at.
        seed: Seed of the permutation.
    """

    epochs: np.ndarray
    seed: int


class Whole(NamedTuple):
    """What estimators may ask to know beside the snapshots and rows that they measure.

    Attributes:
        inputs: Patterns of the whole task, `all`, and of its parts, `train` and `test`; each of
            shape `(patterns, features)`.
        final: Activity of each layer at the last snapshot, shape `(samples, units)`.
    """

    inputs: Mapping[str, np.ndarray]
    final: Mapping[str, Activity]


NO_FLOOR = Floor(np.array([], dtype=np.int64), 0)


def measure(
    activity: Mapping[str, Activity],
    labels: np.ndarray,
    estimators: Mapping[str, Estimator],
    *,
    epochs: np.ndarray,
    parts: Mapping[str, np.ndarray],
    inputs: np.ndarray,
    floor: Floor = NO_FLOOR,
    extremes: Mapping[str, Range] | None = None,
    whole: Whole | None = None,
    discrete: bool = False,
    output_weights: Tensor | None = None,
    targets: np.ndarray | None = None,
) -> pd.DataFrame:
    """Measure one network.

    An estimator is called with the activity of a layer, shape `(snapshots, samples, units)`, and
    the labels; and by keyword with what its signature asks for without a default: `inputs`, shape
    `(samples, features)`; `task_inputs` or `final_activity` (of the same rows), see `Whole`; or
    the lowest and highest activity of all samples, whatever the part: `layer_range`, at all
    snapshots of the layer; `network_range`, at those of all hidden layers, and for the output,
    being a softmax, 0 and 1 (its own range, if it is none); or `activity_range`, the latter unless
    an option `range_over` of the estimator, `network` or `layer`, says otherwise. Options that are
    None by default are given, too: `discrete`, see below; `population`, whether the samples are
    all patterns that there can be (None where inputs have no features); and `readout`, what reads
    the last hidden layer, if the output weights are known.

    Args:
        activity: Noise-free activity of each layer, `layer_1` … and `output`, shape `(snapshots,
            samples, units)`.
        labels: Class of each sample, shape `(samples,)`.
        estimators: Name to estimator.
        epochs: Epoch of each snapshot, shape `(snapshots,)`.
        parts: Name of each part of the data to its rows.
        inputs: Patterns, shape `(samples, features)`.
        floor: Where to measure with permuted labels too.
        extremes: Lowest and highest activity of each layer over all snapshots, where `activity` is
            that of some; None: those of `activity`.
        whole: What there is beside `activity` and `inputs`; None: nothing.
        discrete: Whether activity takes few values, which are to be counted as they are.
        output_weights: Those of the output layer, shape `(snapshots, classes, units)`, if known.
        targets: Y where it is continuous, shape `(samples, k)`: every estimator must have a
            keyword `targets`, by which it is given them.

    Returns:
        Columns `epoch, layer, estimator, part, i_xt, i_ty, i_ty_floor` (bits), one row a
        measurement; `i_ty_floor` is I(T;Y) with permuted labels, NaN where it is not asked for.
        Then the details that estimators give, `i_xt_error`, `i_ty_error` (bits) and diagnostics, a
        column each if there is one at all, NaN where there is none.

    Raises:
        ValueError: If an estimator asks for something else, or activity and epochs disagree, or a
            detail's name is no name of a column.

    Example:
        >>> from functools import partial
        >>> from ibsweep.estimators.ebab import ebab_information
        >>> layers = {"layer_1": torch.tensor([[[0.0], [1.0]], [[0.0], [0.0]]])}
        >>> labels, inputs = np.array([0, 1]), np.array([[0.0], [1.0]])
        >>> ebab, rows = {"ebab": partial(ebab_information, bins=2)}, {"all": np.arange(2)}
        >>> measure(layers, labels, ebab, epochs=np.array([0, 9]), parts=rows, inputs=inputs)
           epoch    layer estimator part  i_xt  i_ty  i_ty_floor
        0      0  layer_1      ebab  all   1.0   1.0         NaN
        1      9  layer_1      ebab  all   0.0   0.0         NaN
    """
    _check_shapes(activity, snapshots=len(epochs), samples=len(labels))
    asked = {name: _asked(name, estimator) for name, estimator in estimators.items()}
    own = functools.cache(lambda: extremes or layer_extremes(activity))
    supply = _supply(inputs, whole or _no_more(activity, inputs), own, discrete)
    supply["readout"] = lambda layer, rows: readout(activity, layer, rows, output_weights)
    where = np.flatnonzero(np.isin(epochs, floor.epochs))
    tables = []
    for part, rows in parts.items():
        permuted = rows[np.random.default_rng(floor.seed).permutation(len(rows))]
        for layer, values in activity.items():
            chosen = _rows(values, rows)
            for name, estimator in estimators.items():
                given = {key: supply[what](layer, rows) for key, what in asked[name].items()}
                measured = estimator(chosen, labels[rows], **given, **_of(rows, targets))
                table = _table(measured, epochs, layer, name, part)
                if len(where):
                    given = {key: at_snapshots(value, where) for key, value in given.items()}
                    given |= _of(permuted, targets)
                    chance = Information(*estimator(chosen[where], labels[permuted], **given))
                    table.loc[where, "i_ty_floor"] = _numbers(chance.i_ty)
                tables.append(table)
    return pd.concat(tables, ignore_index=True)


def takes_targets(estimator: Estimator) -> bool:
    """Say whether an estimator takes continuous Y: whether it has a keyword `targets`."""
    return "targets" in inspect.signature(estimator).parameters


def try_out(estimator: Estimator, *, features: int = 2, targets: int = 0) -> None:
    """Call an estimator on sixteen samples, so that it can complain of its options.

    Args:
        estimator: As for `measure`.
        features: Numbers of a pattern.
        targets: Of a regression, as many as a pattern has.

    Raises:
        ValueError: If it refuses an option, asks for what `measure` does not supply, or returns
            something else than I(X;T) and I(T;Y) of every snapshot, changes what it is given, or
            draws global random numbers.
    """
    square, labels = np.argwhere(np.ones((4, 4))).astype(float), np.arange(16) % 2
    activity = torch.tensor(np.stack([square, square / 2]))
    inputs = square[:, np.arange(features) % 2]
    whole = Whole(dict.fromkeys(("all", "train", "test"), inputs), {"layer_1": activity[-1]})
    measure(
        {"layer_1": activity},
        labels,
        {"it": estimator if promises.is_ours(estimator) else _tried(estimator)},
        epochs=np.arange(2),
        parts={"all": np.arange(16)},
        inputs=inputs,
        whole=whole,
        targets=square[:, np.arange(targets) % 2] if targets else None,
    )


def _tried(estimator: Estimator) -> Estimator:
    """Return an estimator each of whose calls is made twice, and must do nothing else."""
    rule = "_target_ must give the same for the same data, and change neither those nor others"
    rule += f", got {promises.shown(estimator)}"

    @functools.wraps(estimator)
    def call(*given: object, **asked: object) -> Information:
        return promises.tried(rule, estimator, *given, **asked)

    return call


def _of(rows: np.ndarray, targets: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return the targets of rows as a keyword, if there are targets."""
    return {} if targets is None else {"targets": targets[rows]}


def asks(estimators: Mapping[str, Estimator], *what: str) -> bool:
    """Say whether an estimator asks for one of these, by the names in `measure`'s supply."""
    asked = (_asked(name, estimator).values() for name, estimator in estimators.items())
    return any(set(what) & set(one) for one in asked)


def _supply(
    inputs: np.ndarray, whole: Whole, own: Callable[[], Mapping[str, Range]], discrete: bool
) -> dict[str, Callable[[str, np.ndarray], object]]:
    """Return what estimators may ask for: by name a function of a layer and rows.

    Args:
        inputs: Patterns of all samples.
        whole: What there is beside.
        own: Returns each layer's range.
        discrete: Whether activity takes few values.
    """
    population: dict[bytes, bool] = {}

    def is_all(_: str, rows: np.ndarray) -> bool | None:
        if not inputs.shape[1]:  # patterns are not known
            return None
        key = rows.tobytes()
        if key not in population:
            population[key] = is_population(inputs[rows])
        return population[key]

    return {
        "discrete": lambda *_: discrete,
        "population": is_all,
        "inputs": lambda _, rows: inputs[rows],
        "task_inputs": lambda _, rows: whole.inputs,
        "final_activity": lambda layer, rows: whole.final[layer][rows],
        "network_range": lambda layer, _: _network_range(layer, own()),
        "layer_range": lambda layer, _: own()[layer],
    }


def _no_more(activity: Mapping[str, Activity], inputs: np.ndarray) -> Whole:
    """Return what is known if the activity is all that there is."""
    return Whole({"all": inputs}, {name: one[-1] for name, one in activity.items() if len(one)})


def _check_shapes(activity: Mapping[str, Activity], *, snapshots: int, samples: int) -> None:
    for name, values in activity.items():
        if values.ndim != 3 or values.shape[:2] != (snapshots, samples):
            shape = f"({snapshots} snapshots, {samples} samples, units)"
            raise ValueError(f"{name} must be of shape {shape}, got {tuple(values.shape)}")


def _asked(name: str, estimator: Estimator) -> dict[str, str]:
    """Return what an estimator must be given: its keyword, and what that is in the supply."""
    parameters = inspect.signature(estimator).parameters
    over = parameters["range_over"].default if "range_over" in parameters else "network"
    checks.choice("range_over", over, ("network", "layer"))
    asked = [
        key
        for key, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
        and (
            parameter.default is parameter.empty or (key in OPTIONAL and parameter.default is None)
        )
    ]
    for key in asked:
        if key not in (*SUPPLIED, *OPTIONAL):
            raise ValueError(f"{key} must be given to {name}: only {', '.join(SUPPLIED)} need not")
    return {key: f"{over}_range" if key == "activity_range" else key for key in asked}


def layer_extremes(activity: Mapping[str, Activity]) -> dict[str, Range]:
    """Return the lowest and highest activity of each layer."""
    return {name: (float(values.min()), float(values.max())) for name, values in activity.items()}


def _network_range(layer: str, own: Mapping[str, Range]) -> Range:
    """Return the range of all hidden layers, for an output 0 and 1 if it can be a softmax's."""
    if layer == OUTPUT:
        low, high = own[OUTPUT]
        return (0.0, 1.0) if 0 <= low <= high <= 1 else (low, high)
    lows, highs = zip(*(ends for name, ends in own.items() if name != OUTPUT), strict=True)
    return min(lows), max(highs)


def _rows(values: Activity, rows: np.ndarray) -> Activity:
    """Take rows, without a copy where all are taken in order."""
    if len(rows) == values.shape[1] and np.array_equal(rows, np.arange(len(rows))):
        return values
    return values[:, rows]


def _table(
    information: Information | tuple, epochs: np.ndarray, layer: str, estimator: str, part: str
) -> pd.DataFrame:
    i_xt, i_ty, details = Information(*information)
    values = {"i_xt": i_xt, "i_ty": i_ty, **details}
    columns = {name: _numbers(numbers) for name, numbers in values.items()}
    for column in columns.values():
        if column.shape != epochs.shape:
            raise ValueError(
                f"{estimator} must return one value a snapshot, {epochs.shape}, got {column.shape}"
            )
    first = {"epoch": epochs, "layer": layer, "estimator": estimator, "part": part}
    first |= {"i_xt": columns["i_xt"], "i_ty": columns["i_ty"], "i_ty_floor": np.nan}
    for name in details:
        if not name.isidentifier() or name in first or name in RESERVED:
            rule = f"must be identifiers other than {', '.join([*first, *RESERVED])}"
            raise ValueError(f"details of {estimator} {rule}, got {name!r}")
    return pd.DataFrame(first | columns)


def _numbers(values: Tensor | float) -> np.ndarray:
    return torch.as_tensor(values, dtype=torch.float64).cpu().numpy()
