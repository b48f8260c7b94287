"""Names that a run is stored with: what MLflow takes, and none of the user's in place of ours."""

import math
import numbers
from collections.abc import Collection, Iterable, Mapping

from torch import Tensor

from ibsweep.config.fingerprints import fingerprint
from ibsweep.names import IDENTITY
from ibsweep.tracking import check_name

OURS = ("epoch", "network", "model", "estimator", *IDENTITY)
_SCORES = (
    *("accuracy/test", "accuracy/test_best", "accuracy/majority", "failed_to_train"),
    *("loss/test", "loss/test_best", "loss/steepest_epoch", "loss/steepest_slope"),
)
_BEGINNINGS = ("duration", "max_activity")


def check_metrics(
    metrics: object, *, taken: Collection[str], estimators: Iterable[str], stored: bool
) -> dict[str, float]:
    """Return the user's metrics as numbers.

    Args:
        metrics: Name to number: also a tensor or array of one.
        taken: Other names that the run has.
        estimators: Their measurements begin with `<name>/` or `<name>.`.
        stored: Whether the names must be ones that MLflow takes.

    Raises:
        ValueError: If a name is ours or cannot be stored, or a value is no number.
    """
    if not isinstance(metrics, Mapping):
        raise ValueError(f"metrics must be numbers by name, got {metrics!r}")
    ours = {*OURS, *_SCORES, *taken}
    beginnings = tuple(
        f"{name}{end}" for name in (*_BEGINNINGS, *estimators) for end in ("/", ".")
    )
    for name in metrics:
        if not isinstance(name, str):
            raise ValueError(f"metrics must be named by text, got {name!r}")
        if name in ours or name.startswith(beginnings):
            raise ValueError(f"metrics must have names other than the run's own, got {name!r}")
        if stored:
            check_name("metrics", name)
    return {name: _number(name, value) for name, value in metrics.items()}


def check_parameters(parameters: object) -> None:
    """Check the user's options.

    Raises:
        ValueError: If they are no plain values by name, or a name is ours or cannot be stored.
    """
    if not isinstance(parameters, Mapping):
        raise ValueError(f"parameters must be plain values by name, got {parameters!r}")
    for name in parameters:
        if not isinstance(name, str):
            raise ValueError(f"parameters must be named by text, got {name!r}")
        if name in OURS or name.startswith("estimator."):
            hint = " (there is Description(seed=…))" if name == "seed" else ""
            rule = "must have names other than the run's own"
            raise ValueError(f"parameters {rule}, got {name!r}{hint}")
        check_name("parameters", name)
    try:
        fingerprint(parameters)
    except (TypeError, ValueError) as error:
        got = f"{dict(parameters)} ({error})"
        raise ValueError(f"parameters must be plain values by name, got {got}") from error


def check_layers(layers: Iterable[str], estimators: Iterable[str]) -> None:
    """Check that metrics can be named after layers and estimators.

    Raises:
        ValueError: If not.
    """
    names = [*estimators]
    for name in names:
        if "/" in name:
            raise ValueError(f"estimators must be named without /, got {name!r}")
        check_name("estimators", name)
    for layer in layers:
        check_name("layers", layer)
        for name in names:
            check_name("layers and estimators", f"{name}/compression_robust/{layer}")


def _number(name: str, value: object) -> float:
    """Return a number, or the only one of a tensor or array."""
    plain = value
    if isinstance(value, Tensor) or hasattr(value, "item"):
        shape = tuple(getattr(value, "shape", ()))
        if math.prod(shape) != 1:
            raise ValueError(f"metrics must be single numbers, got {shape} for {name!r}")
        plain = value.item()
    if not isinstance(plain, numbers.Real):
        raise ValueError(f"metrics must be numbers, got {value!r} for {name!r}")
    return float(plain)
