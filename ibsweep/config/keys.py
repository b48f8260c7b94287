"""The keys of a configuration: what each decides, how it is checked, and what stands at it."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ibsweep.config.instantiation import ConfigError

OmegaConf.register_new_resolver("home", os.path.expanduser, replace=True)  # of folders in conf/
REFUSED = object()
_END_TO_END = {"_target_": "ibsweep.learning.schemes.end_to_end.end_to_end"}


class Key(NamedTuple):
    """A key at the top of a configuration.

    Attributes:
        name: What is typed.
        decides: What follows from its value: the `network` (of a calibration, the samples), its
            `measurement`, or `nothing` of the numbers.
        part: Property of `Settings` or `Cell` that builds and so checks it; None where `try_out`
            does.
        older: How configurations act that lack it; `REFUSED`: they are refused.
        named: How fingerprints have it: as it is `typed`; so only where it is `unusual`, not what
            `older` ones act by; or by what is `made` of it.
        changeable: Whether stored networks can be measured with another value.
        shared: Dotted keys that have one value for a whole sweep.
        nullable: Whether it may be null.
    """

    name: str
    decides: Literal["network", "measurement", "nothing"]
    part: str | None
    older: Any = REFUSED
    named: Literal["typed", "unusual", "made"] = "typed"
    changeable: bool = False
    shared: Sequence[str] = ()
    nullable: bool = False


TRACKING = Key(
    *("tracking", "nothing", "tracking"),
    shared=[
        f"tracking.{name}" for name in ("uri", "study", "curves", "allow_network_file_system")
    ],
)
DIRECTORY = Key("directory", "nothing", "directory", shared=["directory"])
TRUSTED = Key("trusted_targets", "nothing", "trusted")
SWEEPING = (
    Key("rerun", "nothing", "rerun", shared=["rerun"]),
    Key("retries", "nothing", "retries", shared=["retries"]),
    Key("fail_fast", "nothing", "fail_fast", shared=["fail_fast"]),
    Key("dry_run", "nothing", "dry_run", older=False, shared=["dry_run"]),
)
NETWORKS = (  # of conf/config.yaml
    Key("seed", "network", "member", named="made"),  # first: others refer to it
    Key("task", "network", "dataset", named="made"),
    Key("split", "network", "split"),
    Key("network", "network", "network"),
    Key("noise", "network", "noises", older={}, named="unusual"),
    Key("activation", "network", "network"),
    Key("quantization", "network", "network", older={}, named="unusual"),
    Key("regularization", "network", None, older={}),
    Key("estimator", "measurement", "estimators", changeable=True),
    Key("seeding", "network", "seeds", named="made"),
    Key("training", "network", "training", named="made"),
    Key("scheme", "network", "scheme", older=_END_TO_END, named="unusual"),
    Key("snapshots", "network", "snapshots"),
    Key("artifacts", "nothing", "logged_epochs", changeable=True),
    TRACKING,
    Key("measured", "measurement", "measured", older="all", named="unusual"),
    Key("parts", "measurement", "parts", changeable=True),
    Key("floor_snapshots", "measurement", "floor", older=0, changeable=True),
    Key("robustness", "measurement", "attack", older={}, named="unusual", changeable=True),
    Key("device", "network", "device", named="made"),
    Key("dtype", "network", "dtype"),
    DIRECTORY,
    TRUSTED,
    *SWEEPING,
)
CALIBRATIONS = (  # of conf/calibration.yaml
    Key("distribution", "network", "distribution", named="made"),
    Key("information", "network", "distribution", named="made", nullable=True),
    Key("samples", "network", "samples"),
    Key("estimator", "measurement", "estimators"),
    Key("compressor", "network", "compressor"),
    Key("seed", "network", "seed", named="made"),
    TRACKING,
    DIRECTORY,
    *SWEEPING,
    TRUSTED,
)
ASIDE = tuple(key.name for key in NETWORKS if key.decides == "nothing")
CHANGEABLE = tuple(
    key.name for key in sorted(NETWORKS, key=lambda key: key.decides) if key.changeable
)
OF_A_SWEEP = tuple(name for key in NETWORKS for name in key.shared)


def parts(table: Sequence[Key]) -> list[str]:
    """Return the properties that check these keys, each once."""
    return list(dict.fromkeys(key.part for key in table if key.part is not None))


def named(table: Sequence[Key], decides: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that fingerprints have as they are typed.

    Args:
        table: The keys.
        decides: What the values decide: `network` or `measurement`.
        values: What stands at each key.
    """
    typed = (key for key in table if key.decides == decides and key.named != "made")
    return {
        key.name: values[key.name]
        for key in typed
        if key.named == "typed" or values[key.name] != key.older
    }


def values(config: DictConfig, table: Sequence[Key] = NETWORKS) -> dict[str, Any]:
    """Return what stands at each key of a table, resolved and plain.

    Raises:
        ConfigError: If a key is unknown or missing, or refers to what does not exist.
    """
    names = [key.name for key in table]
    for name in map(str, config):
        if name not in (*names, "hydra"):
            raise ConfigError(f"{name} must be one of {', '.join(names)}, got an unknown key")
    for key in table:
        fine = key.nullable if key.name in config else key.older is not REFUSED
        if _given(config, key.name) is None and not fine:
            raise ConfigError(f"{key.name} must be given, got nothing")
    return {
        key.name: plain(config, key.name) if key.name in config else key.older for key in table
    }


def referring(config: DictConfig) -> list[str]:
    """Return the keys whose values refer to others, as the seeding to the seed."""
    known = [key.name for key in NETWORKS if key.name in config.keys()]  # noqa: SIM118  unresolvable ones too
    return [key for key in known if "${" in str(plain(config, key, resolve=False))]


def with_seed(node: Any, seed: int) -> Any:  # noqa: ANN401
    """Return plain options with a seed in the place of `${seed}`.

    Example:
        >>> with_seed({"init": "${seed}", "split": 0}, 7)
        {'init': 7, 'split': 0}
    """
    if isinstance(node, Mapping):
        return {key: with_seed(value, seed) for key, value in node.items()}
    if isinstance(node, list):
        return [with_seed(value, seed) for value in node]
    return seed if node == "${seed}" else node


def plain(config: DictConfig, key: str, *, resolve: bool = True) -> Any:  # noqa: ANN401
    """Return what stands at a key as Python's own types.

    Args:
        config: A composed configuration.
        key: One of its keys.
        resolve: Whether to fill in what it refers to.
    """
    value = config[key] if resolve else config._get_node(key)
    return OmegaConf.to_container(value, resolve=resolve) if OmegaConf.is_config(value) else value


def _given(config: DictConfig, key: str) -> Any:  # noqa: ANN401
    """Return what stands at a key, None if there is nothing.

    Raises:
        ConfigError: If it refers to what does not exist, or to itself.
    """
    try:
        return config.get(key) if key in config.keys() else None  # noqa: SIM118  unresolvable ones too
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"{key} must be resolvable, got {config._get_node(key)}: {reason}"
        ) from error
