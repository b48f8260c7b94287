"""Networks from the store: their kind, their weights, and so their activity at any snapshot."""

from collections.abc import Sequence

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor

from ibsweep.config.instantiation import ConfigError
from ibsweep.config.settings import Settings
from ibsweep.networks import replay
from ibsweep.networks.base import Network
from ibsweep.networks.module import TrainedNetwork
from ibsweep.networks.weights import Layout
from ibsweep.tracking import Store


def stored_settings(store: Store, run_id: str, *, trusted: Sequence[str] = ()) -> Settings:
    """Read the configuration of a stored run.

    Args:
        store: The store.
        run_id: The run.
        trusted: Prefixes of targets outside ibsweep and torch.nn that the configuration may name;
            what it itself says it trusts does not count.

    Raises:
        ConfigError: If it is no configuration.
    """
    try:
        config = OmegaConf.create(store.read_config(run_id))
        if not isinstance(config, DictConfig):
            raise ConfigError("config.yaml must hold a configuration")
        config["trusted_targets"] = list(trusted)
        return Settings.of(config)
    except OmegaConfBaseException as error:
        raise ConfigError(" ".join(str(error).split())) from error


def is_watched(store: Store, run_id: str) -> bool:
    """Say whether a run is of a model of the user's own, which cannot be built from here."""
    return "watched" in OmegaConf.create(store.read_config(run_id))


def weights_at(network: Network, arrays: dict[str, np.ndarray], epochs: Sequence[int]) -> Tensor:
    """Return stored weights at some epochs, one row an epoch, as `replaying.replay` takes them.

    Args:
        network: The network's kind.
        arrays: `epochs` and each parameter at those, as `Store.read_weights` returns them.
        epochs: Snapshots, ascending.

    Raises:
        ValueError: If an epoch is no snapshot.
    """
    known = arrays["epochs"]
    rows = np.searchsorted(known, epochs)
    present = known[np.minimum(rows, len(known) - 1)] == np.asarray(epochs)
    if not present.all():
        missing = np.asarray(epochs)[~present][0]
        span = f"{len(known)} from {known[0]} to {known[-1]}"
        raise ValueError(f"epoch must be one of the network's snapshots ({span}), got {missing}")
    layout = Layout(network.parameters)
    kind = torch.from_numpy(arrays[network.parameters[0].name][:1]).dtype
    flat = torch.zeros(len(epochs), layout.width, dtype=kind)
    for name, view in layout.views(flat).items():
        view.copy_(torch.from_numpy(arrays[name][rows]))
    return flat


def stored_network(
    store: Store, run_id: str, epoch: int | None = None, *, trusted: Sequence[str] = ()
) -> TrainedNetwork:
    """Build a network from its stored configuration and weights; nothing is unpickled.

    Args:
        store: The store.
        run_id: A complete run.
        epoch: A snapshot; by default the last.
        trusted: Prefixes of your own code that the network's configuration may name.

    Raises:
        ValueError: If the epoch is no snapshot, or the model is the user's own.
        ConfigError: If the network cannot be built.
        FileNotFoundError: If the run is unknown or not complete.
        DamagedFile: If a file is not as it was written.
    """
    if is_watched(store, run_id):
        rule = "must be of a network that ibsweep trained: only its own code can build yours"
        raise ValueError(f"run {rule}, got {run_id}")
    settings = stored_settings(store, run_id, trusted=trusted)
    arrays = store.read_weights(run_id)
    chosen = int(arrays["epochs"][-1]) if epoch is None else epoch
    (flat,) = weights_at(settings.network, arrays, [chosen])
    noise = settings.measuring_noise(np.array([chosen])) if settings.noises else None
    parameters = Layout(settings.network.parameters).views(flat)
    softmax = not settings.dataset.continuous
    return TrainedNetwork(settings.network, parameters, noise=noise, softmax=softmax).eval()


def stored_activity(
    store: Store, run_id: str, epoch: int, *, trusted: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Return each layer's activity at a snapshot: as it was logged, else from the weights.

    What is computed from the weights is bit-equal to what was measured on the machine and torch
    build of the run, and within rounding elsewhere.

    Args:
        store: The store.
        run_id: A complete run.
        epoch: A snapshot.
        trusted: Prefixes of your own code that the network's configuration may name.

    Returns:
        Layer to activity, shape `(samples, units)`; the output's after softmax.

    Raises:
        ValueError: If the epoch is no snapshot, or the model is the user's own and the epoch's
            activity is not stored.
        ConfigError: If the network cannot be built.
        FileNotFoundError: If the run is unknown or not complete.
        DamagedFile: If a file is not as it was written.
    """
    logged = store.logged_epochs(run_id)
    if epoch in logged:
        return store.read_activity(run_id, epoch)
    if is_watched(store, run_id):
        known = ", ".join(map(str, logged)) or "none"
        raise ValueError(f"epoch must be one whose activity is stored ({known}), got {epoch}")
    settings = stored_settings(store, run_id, trusted=trusted)
    weights = weights_at(settings.network, store.read_weights(run_id), [epoch])
    layers, _ = replay.replay(
        settings.network,
        weights,
        settings.dataset.inputs,
        rows=settings.measured,
        noise=settings.measuring_noise(np.array([epoch])),
        softmax=not settings.dataset.continuous,
    )
    return {name: values[0].numpy() for name, values in layers.items()}
