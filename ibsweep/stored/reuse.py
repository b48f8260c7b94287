"""What the store holds already: finished runs, and networks that need only be measured."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ibsweep.config.settings import Settings
from ibsweep.networks.weights import Layout
from ibsweep.tracking import Store, TrackingOptions, find_store, open_store

log = logging.getLogger(__name__)


class Skipped(NamedTuple):
    """What a job returns that was not run, since the store holds its run already.

    Attributes:
        run_id: That run.
    """

    run_id: str

    def __str__(self) -> str:
        return f"run {self.run_id}"


class Wanted(NamedTuple):
    """A run that is asked for.

    Attributes:
        store: Where it would be.
        run: Its fingerprint.
        network: Its training fingerprint.
    """

    store: TrackingOptions
    run: str
    network: str


class State(NamedTuple):
    """What a store holds of a run that is asked for.

    Attributes:
        run_id: The finished run, or None.
        trained: Whether its network is stored, by that run or another.
    """

    run_id: str | None
    trained: bool


class StoredNetwork(NamedTuple):
    """A network from the store.

    Attributes:
        run_id: The run that holds it.
        weights: Its weights at every snapshot, shape `(snapshots, width)`.
    """

    run_id: str
    weights: Tensor


def look_up(wanted: Sequence[Wanted]) -> list[State]:
    """Say what the stores hold of each run."""
    known: dict[Wanted, State] = {}
    for options in dict.fromkeys(one.store for one in wanted):
        here = [one for one in wanted if one.store == options]
        known |= _look(open_store(options), here)
    return [known[one] for one in wanted]


def survey(wanted: Sequence[Wanted]) -> list[State]:
    """Say what the stores hold of each run, as `look_up` does, but without a trace."""
    known: dict[Wanted, State] = {}
    for options in dict.fromkeys(one.store for one in wanted):
        store = find_store(options)
        here = [one for one in wanted if one.store == options]
        nothing = dict.fromkeys(here, State(None, trained=False))
        known |= nothing if store is None else _look(store, here)
    return [known[one] for one in wanted]


def _look(store: Store, wanted: Sequence[Wanted]) -> dict[Wanted, State]:
    finished = store.finished(one.run for one in wanted)
    trained = store.trained(one.network for one in wanted)
    return {one: State(finished.get(one.run), one.network in trained) for one in wanted}


def stored_networks(wanted: Mapping[str, Settings]) -> dict[str, StoredNetwork]:
    """Read those networks that are stored.

    Args:
        wanted: Training fingerprint to the settings of a job that needs the network.

    Returns:
        Those of the networks that can be read; each that is stored but damaged costs a warning.
    """
    networks = {}
    for options in dict.fromkeys(settings.tracking for settings in wanted.values()):
        store = open_store(options)
        here = {name: one for name, one in wanted.items() if one.tracking == options}
        for name, run_id in store.trained(here).items():
            try:
                weights = _read(store, run_id, here[name])
            except (OSError, ValueError) as error:
                log.warning("%s; training this network anew", error)
            else:
                networks[name] = StoredNetwork(run_id, weights)
    return networks


def _read(store: Store, run_id: str, settings: Settings) -> Tensor:
    """Return the weights of a stored network.

    Raises:
        ValueError: If they do not fit the settings.
    """
    arrays = store.read_weights(run_id)
    try:
        if not np.array_equal(arrays.pop("epochs"), settings.snapshots):
            raise ValueError("epochs must be those of the snapshots")
        tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
        weights = Layout(settings.parameters).flat(tensors)
        if weights.dtype != settings.dtype or not weights.isfinite().all():
            raise ValueError(f"numbers must be finite and {settings.dtype}")
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"run {run_id} has a damaged weights.npz: {error}") from error
    return weights
