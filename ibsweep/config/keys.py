"""The keys of a job's composed configuration, and what stands at them."""

import os
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ibsweep.config.instantiation import ConfigError

KEYS = (
    "seed",  # first: others refer to it
    "task",
    "split",
    "network",
    "noise",
    "activation",
    "regularization",
    "estimator",
    "seeding",
    "training",
    "snapshots",
    "artifacts",
    "tracking",
    "measured",
    "parts",
    "floor_snapshots",
    "device",
    "dtype",
    "directory",
    "trusted_targets",
    "rerun",
    "retries",
    "fail_fast",
    "dry_run",
)
LATER = {  # how configurations act that lack these: older ones, or those with `noise=[]`
    "noise": {},
    "regularization": {},
    "measured": "all",
    "floor_snapshots": 0,
    "dry_run": False,
}
OmegaConf.register_new_resolver("home", os.path.expanduser, replace=True)  # of folders in conf/


def values(config: DictConfig) -> dict[str, Any]:
    """Return what stands at each of `KEYS`, resolved and plain.

    Raises:
        ConfigError: If a key is unknown or missing, or refers to what does not exist.
    """
    for key in map(str, config):
        if key not in (*KEYS, "hydra"):
            raise ConfigError(f"{key} must be one of {', '.join(KEYS)}, got an unknown key")
    for key in KEYS:
        if _given(config, key) is None and (key in config or key not in LATER):
            raise ConfigError(f"{key} must be given, got nothing")
    return {key: plain(config, key) if key in config else LATER[key] for key in KEYS}


def referring(config: DictConfig) -> list[str]:
    """Return the keys whose values refer to others, as the seeding to the seed."""
    known = [key for key in KEYS if key in config.keys()]  # noqa: SIM118  unresolvable ones too
    return [key for key in known if "${" in str(plain(config, key, resolve=False))]


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
