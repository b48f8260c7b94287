"""The estimators of a watched training: by name or as functions, and what their options are."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ibsweep import information, shipped
from ibsweep.information import Estimator
from ibsweep.instantiation import build

_WHOLE = ("activity_range", "final_activity")  # known when the training has ended


def chosen(estimators: Sequence[str] | Mapping[str, Estimator]) -> dict[str, Estimator]:
    """Return estimators by name, each tried on a few samples.

    Args:
        estimators: Names of options in conf/estimator; or name to function.

    Raises:
        ValueError: If there is none, a name is unknown, or an estimator refuses its options.
    """
    if isinstance(estimators, str) or not isinstance(estimators, (Sequence, Mapping)):
        raise ValueError(
            f"estimators must be a list of names, or name to function, got {estimators!r}"
        )
    if not estimators:
        raise ValueError("estimators must be at least one, got none")
    if isinstance(estimators, Mapping):
        found = dict(estimators)
    else:
        nodes = {name: shipped.option("estimator", name) for name in estimators}
        found = {name: build(node, f"estimator.{name}") for name, node in nodes.items()}
    for estimator in found.values():
        information.try_out(estimator)
    return found


def needs_all(estimator: Estimator) -> bool:
    """Say whether an estimator can be used only when the training has ended."""
    return any(information.asks(key, {"it": estimator}) for key in _WHOLE)


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
    for name, value in function.keywords.items() if isinstance(function, partial) else ():
        if value is None or isinstance(value, (str, int, float)):
            yield f"{key}.{name}", value
        else:
            yield from _plain(value, f"{key}.{name}")
