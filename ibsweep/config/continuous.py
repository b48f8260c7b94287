"""What goes with continuous targets: estimators that take them, objectives in place of a loss."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ibsweep.config import shipped
from ibsweep.config.instantiation import ConfigError, build
from ibsweep.information import takes_targets
from ibsweep.learning.regularizers import Regularizer
from ibsweep.learning.schemes.base import Scheme
from ibsweep.types import Dataset, Information


def check_estimators(estimators: Mapping[str, Callable[..., Information]]) -> None:
    """Check that estimators take continuous targets.

    Args:
        estimators: Name to estimator.

    Raises:
        ConfigError: If one does not; the message names those of the package that do.
    """
    for name, estimator in estimators.items():
        if not takes_targets(estimator):
            rule = f"must be of {', '.join(able())} on a task of continuous targets"
            raise ConfigError(f"estimator {rule}, got {name}")


def able() -> list[str]:
    """Return the estimators of the package that take continuous targets."""
    options = {name: shipped.option("estimator", name) for name in shipped.names("estimator")}
    built = {name: build(node, f"estimator.{name}") for name, node in options.items()}
    return [name for name, estimator in built.items() if takes_targets(estimator)]


def check_groups(values: Mapping[str, Any], scheme: Scheme) -> None:
    """Check that options which need classes are left out.

    Args:
        values: The configuration.
        scheme: Which layers are trained when, and by which losses.

    Raises:
        ConfigError: If one is not.
    """
    needs = {name: bool(values[name]) for name in ("quantization", "robustness")}
    for name, chosen in {**needs, "scheme": scheme.local is not None}.items():
        if chosen:
            rule = "none" if name in needs else "end_to_end"
            got = str(values[name]["_target_"]).rpartition(".")[2]
            raise ConfigError(f"{name} must be {rule} on a task of continuous targets, got {got}")


def check_objectives(dataset: Dataset, regularizers: Sequence[Regularizer]) -> None:
    """Check what takes the place of the squared error.

    Raises:
        ConfigError: If the task has no continuous targets, or there is more than one.
    """
    count = sum(one.objective is not None for one in regularizers)
    if count and not dataset.continuous:
        rule = "must not replace the loss, as cs_ib does, on a task of labels"
        raise ConfigError(f"regularization {rule}, got a task of {dataset.classes} classes")
    if count > 1:
        raise ConfigError(
            f"regularization must replace the loss once at most, got {count} that do"
        )
