"""What each hidden unit of a network, or map of a convolution, knows by itself."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from torch import Tensor

from ibsweep import information
from ibsweep.config.settings import Settings
from ibsweep.networks.base import Network
from ibsweep.networks.replay import replay


def unit_information(
    settings: Settings, weights: Tensor, *, epoch: int | None = None
) -> pd.DataFrame:
    """Measure every hidden unit as if it were a layer.

    A map of a convolutional layer, all its pixels, counts as one unit. Estimators whose bins span
    a range take that of this snapshot alone.

    Args:
        settings: The network's, with the estimators that count.
        weights: Its weights at every snapshot, shape `(snapshots, width)`.
        epoch: A snapshot; None: the last.

    Returns:
        Columns `epoch, layer, unit` (from 0), `estimator, i_xt, i_ty` (bits) and the details that
        estimators give; one row a unit and estimator.

    Raises:
        ValueError: If the epoch is no snapshot, or an estimator asks for other snapshots.

    References:
        Sarvani et al., HRel: Filter pruning based on high relevance between activation maps and
        class labels, 2022. https://arxiv.org/abs/2202.10716
    """
    network, dataset, rows = settings.network, settings.dataset, settings.measured
    place = snapshot_of(settings, epoch)
    epochs = settings.snapshots[place : place + 1]
    activity, _ = replay(
        network,
        weights[place : place + 1],
        dataset.inputs,
        rows=rows,
        noise=settings.measuring_noise(epochs),
        softmax=not dataset.continuous,
    )
    extremes = information.layer_extremes(activity)
    units = {
        (layer, unit): activity[layer][..., columns]
        for layer in network.layers[:-1]
        for unit, columns in columns_of(network, layer)
    }
    table = information.measure(
        {f"{layer} {unit}": values for (layer, unit), values in units.items()},
        dataset.labels[rows],
        settings.estimators,
        epochs=epochs,
        parts={"all": np.arange(len(rows))},
        inputs=dataset.inputs[rows],
        extremes={f"{layer} {unit}": extremes[layer] for layer, unit in units},
        discrete=network.quantization is not None,
        targets=None if dataset.targets is None else dataset.targets[rows],
    )
    names = table["layer"].str.rsplit(" ", n=1)
    table = table.assign(layer=names.str[0], unit=names.str[1].astype(int))
    first = ["epoch", "layer", "unit", "estimator", "i_xt", "i_ty"]
    rest = [name for name in table if name not in (*first, "part", "i_ty_floor")]
    return table[[*first, *rest]]


def snapshot_of(settings: Settings, epoch: int | None) -> int:
    """Return the place of a snapshot, the last if none is named.

    Raises:
        ValueError: If there is none after that epoch.
    """
    if epoch is None:
        return len(settings.snapshots) - 1
    places = np.flatnonzero(settings.snapshots == epoch)
    if not len(places):
        kept = settings.snapshots
        rule = f"one of the {len(kept)} snapshots from {kept[0]} to {kept[-1]}"
        raise ValueError(f"epoch must be {rule}, got {epoch}")
    return int(places[0])


def columns_of(network: Network, layer: str) -> Iterator[tuple[int, slice]]:
    """Yield each unit of a layer, or map of a convolution, and its columns of the activity."""
    width = network.units[list(network.layers).index(layer)]
    outputs = [p.shape[0] for p in network.parameters if p.layer == layer and p.kind == "weight"]
    units = outputs[0] if outputs else width  # tied weights belong to another layer
    size = width // units
    for unit in range(units):
        yield unit, slice(unit * size, (unit + 1) * size)
