"""The estimators of a watched training: by name or as functions, and what their options are."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ibsweep import checks, information
from ibsweep.config import shipped
from ibsweep.config.instantiation import build
from ibsweep.information import Estimator
from ibsweep.types import Estimate
from ibsweep.watching.targets import Real, Targets

_PARTS = {"labelled": "pair", "of_labels": "of_inputs"}  # of classes, of two vectors
_WHOLE = ("network_range", "layer_range", "final_activity")  # known when the training has ended


def chosen(estimators: Sequence[str] | Mapping[str, Estimator]) -> dict[str, Estimator]:
    """Return estimators by name, each tried on a few samples.

    Args:
        estimators: Names of options in conf/estimator; or name to function.

    Raises:
        ValueError: If there is none, a name is unknown, or an estimator refuses its options.
    """
    if not isinstance(estimators, Mapping):
        checks.sequence("estimators", estimators, "a list of names, or name to function")
    if not estimators:
        raise ValueError("estimators must be at least one, got none")
    if isinstance(estimators, Mapping):
        usable = dict(estimators)
    else:
        nodes = {name: shipped.option("estimator", name) for name in estimators}
        usable = {name: build(node, f"estimator.{name}") for name, node in nodes.items()}
    for name, estimator in usable.items():
        if not isinstance(name, str) or not callable(estimator):
            raise ValueError(f"estimators must be functions by name, got {name!r}: {estimator!r}")
        information.try_out(estimator)
    return usable


def fitted(estimators: Mapping[str, Estimator], targets: Targets) -> dict[str, Estimator]:
    """Return estimators that measure what the targets are.

    Real targets are measured by the part that measures I(X;T): it, too, is between two vectors.
    Without targets that part is left out.

    Args:
        estimators: Name to estimator of I(X;T) and I(T;Y), Y a class.
        targets: What Y is.

    Raises:
        ValueError: If targets are real and an estimator has no part for two vectors.
    """
    return {name: _fitted(name, estimator, targets) for name, estimator in estimators.items()}


def needs_all(estimator: Estimator) -> bool:
    """Say whether an estimator can be used only when the training has ended."""
    return information.asks({"it": estimator}, *_WHOLE)


def parameters(estimators: Mapping[str, Estimator]) -> dict[str, object]:
    """Return the plain options of estimators, named as those of a sweep's runs.

    Example:
        >>> parameters({"ebab": partial(max, bins=30)})
        {'estimator.ebab.bins': 30}
    """
    return {
        key: value
        for name, estimator in estimators.items()
        for key, value in _plain(estimator, f"estimator.{name}")
    }


def _plain(function: object, key: str) -> Iterator[tuple[str, object]]:
    for name, value in _options(function).items():
        if value is None or isinstance(value, (str, int, float)):
            yield f"{key}.{name}", value
        else:
            yield from _plain(value, f"{key}.{name}")


def _options(function: object) -> dict[str, Any]:
    """Return the options of a function, also of one whose options were given one after another."""
    given: dict[str, Any] = {}
    while isinstance(function, partial):
        given = {**function.keywords, **given}
        function = function.func
    return given


def _fitted(name: str, estimator: Estimator, targets: Targets) -> Estimator:
    options = _options(estimator)
    part = next((part for part in _PARTS if part in options), None)
    if targets.kind == "classes" or (part is None and targets.kind == "none"):
        return estimator
    if part is None:
        rule = f"must be of those that can measure real labels ({', '.join(_of_vectors())})"
        raise ValueError(f"estimators {rule}, or labels None, got {name}")
    replaced = {part: _of_targets(options[_PARTS[part]], targets)}
    if options.get("label_dimensions", 0) is None:  # its default counts classes
        replaced["label_dimensions"] = options["dimensions"]
    return partial(estimator, **replaced)


def _of_targets(
    pair: Callable[..., Estimate], targets: Targets
) -> Callable[[np.ndarray, np.ndarray], Estimate]:
    """Return an estimator between vectors and row numbers of the targets."""
    if isinstance(targets, Real):
        values = targets.values
        return lambda vectors, rows: pair(vectors, values[rows])
    return lambda vectors, rows: Estimate(math.nan, math.nan, {})


def _of_vectors() -> list[str]:
    """List the shipped estimators that have a part for two vectors."""
    folder = Path(shipped.conf_dir()) / "estimator"
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    return [name for name in names if {*_PARTS.values()} & {*shipped.option("estimator", name)}]
