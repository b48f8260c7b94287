"""What stands in a full configuration, as Hydra resolves it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf, read_write
from omegaconf.errors import OmegaConfBaseException

SWEEP_DIR = "hydra.sweep.dir"


def resolve(config: DictConfig, keys: Sequence[str]) -> dict[str, Any]:
    """Return what stands at dotted keys, None where nothing does.

    Raises:
        ConfigCompositionException: If one refers to what is not there.
    """
    values = {}
    with running(config):
        for key in keys:
            try:
                values[key] = OmegaConf.select(config, key)
            except OmegaConfBaseException as error:
                reason = str(error).splitlines()[0]
                raise ConfigCompositionException(f"{key} must be resolvable: {reason}") from None
    return values


def pin(config: DictConfig, values: Mapping[str, Any]) -> None:
    """Replace what stands at dotted keys, and is not resolved perhaps, by values."""
    with read_write(config), read_write(config.hydra):
        for key, value in values.items():
            if OmegaConf.select(config, key) is not None:
                OmegaConf.update(config, key, value)


@contextmanager
def running(config: DictConfig) -> Iterator[None]:
    """Make a full configuration what Hydra's resolver `hydra:` reads."""
    instance = HydraConfig.instance()
    before, instance.cfg = instance.cfg, config  # type: ignore[assignment]
    try:
        yield
    finally:
        instance.cfg = before
