"""Hydra finds plugins in the namespace `hydra_plugins` only: an alias of ours there."""

import importlib
import sys
from types import ModuleType

PLUGIN_MODULE = "hydra_plugins.ibsweep"


def alias(plugin: type) -> None:
    """Make a class importable from `hydra_plugins.ibsweep`, as Hydra 1.3 wants it of plugins."""
    try:
        package = importlib.import_module("hydra_plugins")
    except ImportError:  # no other plugin is installed
        package = sys.modules["hydra_plugins"] = ModuleType("hydra_plugins")
        package.__path__ = []
    module = sys.modules.setdefault(PLUGIN_MODULE, ModuleType(PLUGIN_MODULE))
    setattr(package, PLUGIN_MODULE.rpartition(".")[2], module)
    setattr(module, plugin.__name__, plugin)
    plugin.__module__ = PLUGIN_MODULE
