"""Makes Hydra know our launchers and sweeper."""

from hydra.core.plugins import Plugins

from ibsweep.launching.launcher import EnsembleLauncher
from ibsweep.launching.submitting import SubmitLauncher
from ibsweep.launching.sweeper import GridSweeper


def register() -> None:
    """Make our launchers and sweeper known to Hydra; call it before `hydra.main` runs."""
    for plugin in (EnsembleLauncher, SubmitLauncher, GridSweeper):
        Plugins.instance().register(plugin)
