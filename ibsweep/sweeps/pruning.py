"""What a network can do without its least informative units; nothing is trained again."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep.config.settings import Settings
from ibsweep.networks.base import Network
from ibsweep.networks.replay import replay
from ibsweep.networks.weights import Layout
from ibsweep.scores.performance import performance
from ibsweep.scores.pruning import SHARES, kept, least_first, random_orders
from ibsweep.sweeps.unit_information import columns_of, unit_information

Orders = Mapping[str, np.ndarray]  # layer to its units, that to be removed first first


class _Way(NamedTuple):
    """A way to order the units: by what, and by which estimator ("" if by none)."""

    order: str
    estimator: str
    units: Orders


def prune_network(settings: Settings, weights: Tensor) -> pd.DataFrame:
    """Remove growing shares of every hidden layer's units and say how well the network still does.

    A unit is removed by setting the weights that read it to zero. The same share is removed from
    every hidden layer, and one unit stays in each.

    Args:
        settings: The network's, with the estimators that count.
        weights: Its weights at every snapshot, shape `(snapshots, width)`; the last are pruned.

    Returns:
        Columns `order` (`i_ty`, `i_xt`: least information first; `magnitude`: least norm of the
        incoming weights first; `random`: the mean of ten orders; `none`), `estimator`, `share`
        that is removed (0 … 1), `accuracy` of the test part; one row each.

    Raises:
        ValueError: If the network is no classifier, or layers share weights.

    References:
        Sarvani et al., HRel: Filter pruning based on high relevance between activation maps and
        class labels, 2022. https://arxiv.org/abs/2202.10716
    """
    network, last = settings.network, weights[-1]
    if settings.dataset.continuous:
        raise ValueError("pruned networks must be classifiers, got continuous targets")
    ways = [_Way("none", "", {}), *_ways(settings, weights)]
    places = [(way, s) for way in ways for s in (SHARES if way.units else (0.0,))]
    pruned = torch.stack([without(network, last, _removed(way.units, s)) for way, s in places])
    _, answers = replay(
        network,
        pruned,
        settings.dataset.inputs,
        rows=settings.split.test[:0],
        noise=settings.measuring_noise(np.full(len(pruned), settings.snapshots[-1])),
    )
    accuracy = performance(answers, settings.dataset, {"test": settings.split.test})
    table = pd.DataFrame(
        [(way.order, way.estimator, share) for way, share in places],
        columns=["order", "estimator", "share"],
    ).assign(accuracy=accuracy["accuracy/test"].to_numpy())
    return table.groupby(["order", "estimator", "share"], as_index=False, sort=False).mean()


def without(network: Network, weights: Tensor, removed: Mapping[str, np.ndarray]) -> Tensor:
    """Return weights with those that read some units set to zero.

    Args:
        network: Its kind.
        weights: Shape `(width,)`.
        removed: Layer to its units, or maps, that are removed.

    Raises:
        ValueError: If the next layer of one has no weights of its own.
    """
    pruned = weights.clone()
    views = Layout(network.parameters).views(pruned)
    layers = list(network.layers)
    for layer, units in removed.items():
        reader = layers[layers.index(layer) + 1]
        names = [p.name for p in network.parameters if p.layer == reader and p.kind == "weight"]
        if not names:
            raise ValueError(f"{reader} must have weights of its own to be pruned, got tied ones")
        size = views[names[0]].shape[1] // len(list(columns_of(network, layer)))
        for unit in units:
            views[names[0]][:, unit * size : (unit + 1) * size] = 0
    return pruned


def _ways(settings: Settings, weights: Tensor) -> Iterator[_Way]:
    """Yield every way to order the units."""
    information = unit_information(settings, weights)
    for estimator, rows in information.groupby("estimator", sort=False):
        for measure in ("i_ty", "i_xt"):
            orders = {
                str(layer): least_first(one.sort_values("unit")[measure].to_numpy())
                for layer, one in rows.groupby("layer", sort=False)
            }
            yield _Way(measure, str(estimator), orders)
    norms = _norms(settings.network, weights[-1])
    yield _Way("magnitude", "", {layer: least_first(one) for layer, one in norms.items()})
    sizes = {layer: len(one) for layer, one in norms.items()}
    for orders in random_orders(sizes, settings.seeds["init"]):
        yield _Way("random", "", orders)


def _norms(network: Network, weights: Tensor) -> dict[str, np.ndarray]:
    """Return the norm of the weights that lead to each unit of the hidden layers."""
    views = Layout(network.parameters).views(weights)
    return {
        p.layer: views[p.name].double().flatten(1).norm(dim=1).numpy()
        for p in network.parameters
        if p.kind == "weight" and p.layer in network.layers[:-1]
    }


def _removed(orders: Orders, share: float) -> dict[str, np.ndarray]:
    """Return the units that are removed of each layer."""
    return {layer: np.setdiff1d(order, kept(order, share)) for layer, order in orders.items()}
