"""Makes Hydra know our launcher and sweeper."""

from hydra.core.plugins import Plugins

from ibsweep.launching.launcher import EnsembleLauncher
from ibsweep.launching.sweeper import GridSweeper


def register() -> None:
    """Make our launcher and sweeper known to Hydra; call it before `hydra.main` runs."""
    for plugin in (EnsembleLauncher, GridSweeper):
        Plugins.instance().register(plugin)
