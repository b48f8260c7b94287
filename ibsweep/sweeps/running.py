"""The sweep that Hydra is running."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import to_absolute_path


def sweep_name(folder: str) -> str:
    """Return the identifier of the sweep in a folder: the folder's own name."""
    return Path(to_absolute_path(folder)).resolve().name


def running_sweep() -> str | None:
    """Return the identifier of the sweep that Hydra is running, if it is running one."""
    running = HydraConfig.get()
    return sweep_name(running.sweep.dir) if running.mode == RunMode.MULTIRUN else None
