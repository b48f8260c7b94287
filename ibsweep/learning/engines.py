"""What trains an ensemble: torch, or loops that are compiled for its kind of networks."""

from ibsweep.compiled import library
from ibsweep.learning.compiled.epochs import CompiledEpochs
from ibsweep.learning.compiled.kind import kind_of, refusal
from ibsweep.learning.ensemble import Ensemble
from ibsweep.learning.epochs import Epochs, TorchEpochs
from ibsweep.learning.optimizers import Optimizer
from ibsweep.networks.weights import Weights

COMPILED, TORCH = "compiled", "torch"


def choose(asked: str, refused: str | None) -> str:
    """Return the engine that trains on this machine: `compiled` or `torch`.

    Args:
        asked: `auto`, `compiled` or `torch`.
        refused: Why compiled loops cannot train these networks on any machine, as `refusal` says.

    Raises:
        ValueError: If compiled loops are asked for and cannot train them here.
    """
    if asked == TORCH:
        return TORCH
    reason = refused or library.missing()
    if reason and asked == COMPILED:
        raise ValueError(f"engine must be auto or torch here, got 'compiled': {reason}")
    return TORCH if reason else COMPILED


def least_members(ensemble: Ensemble) -> int:
    """Return the size from which on a member's numbers do not depend on that of its ensemble."""
    if _chosen(ensemble) == COMPILED:
        return 1
    return max(ensemble.network.least_members, ensemble.scheme.least_members)


def epochs_of(ensemble: Ensemble, weights: Weights, optimizer: Optimizer) -> Epochs:
    """Return what trains an ensemble.

    Args:
        ensemble: What to train.
        weights: Its weights, which change in place.
        optimizer: Its state changes in place.

    Raises:
        ValueError: If its engine must be compiled and cannot be.
    """
    if _chosen(ensemble) == TORCH:
        return TorchEpochs(ensemble, weights, optimizer)
    loops = kind_of(ensemble).library()
    return CompiledEpochs(ensemble, weights.flat, optimizer.state(), loops)


def _chosen(ensemble: Ensemble) -> str:
    return choose(ensemble.options.engine, refusal(ensemble))
