"""ibsweep: information-bottleneck sweeps, many networks and estimators in one tracked command.

    import ibsweep
    runs = ibsweep.runs("activation in ['relu', 'elu']")   # one row a network
    curves = ibsweep.curves(runs)                          # I(X;T), I(T;Y) at every snapshot
    training = ibsweep.training(runs)                      # accuracies, losses, norms
    ibsweep.correlations(runs, by="activation")
    ibsweep.activity(runs.iloc[0], epoch=0)
    ibsweep.network(runs.iloc[0])                          # an ordinary torch.nn.Module
    ibsweep.open("outputs").runs()                         # the same of one store, as methods
    with ibsweep.watch(model, inputs, labels) as probe: …  # any torch model, in your own loop
    ibsweep.mutual_information(x, y)                       # two arrays: bits, error, diagnostics

What these need (torch, MLflow) is imported when they are first used.
"""

import importlib
import importlib.metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibsweep.analysis.bounds import bounds
    from ibsweep.analysis.correlations import correlations
    from ibsweep.arrays import entropy, mutual_information
    from ibsweep.stored.modules import network
    from ibsweep.stored.opened import open as open  # noqa: A004
    from ibsweep.stored.querying import activity, curves, runs, training
    from ibsweep.watching import watch

__all__ = ["activity", "bounds", "correlations", "curves", "entropy", "mutual_information"]
__all__ += ["network", "runs", "training", "watch"]  # not `open`, which is Python's in `import *`

_HOMES = dict.fromkeys(("activity", "curves", "runs", "training"), "ibsweep.stored.querying")
_HOMES["bounds"] = "ibsweep.analysis.bounds"
_HOMES["correlations"] = "ibsweep.analysis.correlations"
_HOMES["network"] = "ibsweep.stored.modules"
_HOMES["open"] = "ibsweep.stored.opened"
_HOMES["watch"] = "ibsweep.watching"
_HOMES |= dict.fromkeys(("entropy", "mutual_information"), "ibsweep.arrays")


def __getattr__(name: str) -> object:
    """Return a public function from the module that holds it, or the installed version."""
    if name == "__version__":
        return importlib.metadata.version("ibsweep")
    if name not in _HOMES:
        raise AttributeError(f"module 'ibsweep' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public functions, for completion."""
    return [*__all__, "open", "__version__"]
