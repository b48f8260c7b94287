"""Which estimators take continuous targets, and what to say of the others."""

from collections.abc import Callable, Mapping

from ibsweep.config import shipped
from ibsweep.config.instantiation import ConfigError, build
from ibsweep.information import takes_targets
from ibsweep.types import Information


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
