"""What a network holds and how well it does at every snapshot, from its weights."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.networks.base import Inject, Network
from ibsweep.networks.weights import ALIGNMENT, Layout, padded
from ibsweep.noise import MeasuringNoise
from ibsweep.types import Dataset, Split

_LOGS = "log-probabilities"
_NUMBERS_AT_ONCE = 2**22  # activities of the least ensemble at a time: as many as caches hold


@torch.no_grad()
def replay(
    network: Network,
    weights: Tensor,
    inputs: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    noise: MeasuringNoise | None = None,
) -> tuple[dict[str, Tensor], Tensor]:
    """Run one network at some of its snapshots at once, without what is in training alone.

    Args:
        network: Its kind.
        weights: Its weights, shape `(snapshots, width)`; they stand in the place of an ensemble's
            members, so that the numbers are those of the training's own forward pass.
        inputs: Patterns, shape `(samples, features)`.
        rows: Rows whose activity is wanted, ascending; None: all.
        noise: That of a stochastic network, the same at an epoch whatever the others are.

    Returns:
        Activity of each layer, the output's after softmax, shape `(snapshots, rows, units)`; and
        the output layer's log-probabilities, shape `(snapshots, samples, classes)`.
    """
    kept = len(weights)
    least = max(kept, network.least_members)
    repeated = weights[torch.arange(least).clamp_max(kept - 1)]
    inject = None if noise is None else noise.inject(least)
    size = _samples_at_once(network, inputs.shape[1])
    wanted = np.arange(len(inputs)) if rows is None else rows
    pieces: list[dict[str, Tensor]] = []
    for start in range(0, len(inputs), size):
        held = _run(network, repeated, inputs[start : start + size], inject)
        inside = wanted[(wanted >= start) & (wanted < start + size)] - start
        piece = {name: _rows(values[:kept], inside) for name, values in held.items()}
        pieces.append({**piece, _LOGS: held[_LOGS][:kept]})
    joined = {name: _join([piece[name] for piece in pieces]) for name in pieces[0]}
    logs = joined.pop(_LOGS)
    return joined, logs


def _samples_at_once(network: Network, features: int) -> int:
    """Return how many samples to run at once; it decides how noise is drawn."""
    numbers = network.least_members * (features + sum(network.units))
    return padded(max(_NUMBERS_AT_ONCE // numbers, ALIGNMENT))


def _run(
    network: Network, weights: Tensor, inputs: np.ndarray, inject: Inject | None
) -> dict[str, Tensor]:
    """Return activity and log-probabilities, shape `(members, samples, units)`."""
    samples = len(inputs)
    columns = torch.from_numpy(inputs.T).to(weights)
    columns = functional.pad(columns, (0, padded(samples) - samples)).expand(len(weights), -1, -1)
    held = network.forward(Layout(network.parameters).views(weights), columns, inject=inject)
    logs = functional.log_softmax(held[-1], dim=1)
    layers = dict(zip(network.layers, [*held[:-1], logs.exp()], strict=True))
    return {name: values[:, :, :samples].mT for name, values in {**layers, _LOGS: logs}.items()}


def _rows(values: Tensor, rows: np.ndarray) -> Tensor:
    """Take rows, without a copy where all are taken."""
    return values if len(rows) == values.shape[1] else values[:, torch.from_numpy(rows)]


def _join(pieces: list[Tensor]) -> Tensor:
    """Join samples, without a copy where there is one piece."""
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=1)


def performance(log_probabilities: Tensor, dataset: Dataset, split: Split) -> pd.DataFrame:
    """Compute accuracies and loss on both parts of the data, at every snapshot.

    Args:
        log_probabilities: Natural logarithm of each class's probability, shape `(snapshots,
            samples, classes)`.
        dataset: The data; all samples in their order.
        split: The parts.

    Returns:
        Columns `accuracy/<part>`, `accuracy_balanced/<part>` and `loss/<part>` (mean cross-entropy
        as it is minimised, in nats), one row a snapshot.
    """
    labels = torch.from_numpy(dataset.labels)
    right = (log_probabilities.argmax(dim=2) == labels).double().numpy()
    loss = -log_probabilities[:, torch.arange(len(labels)), labels].double().numpy()
    table = {}
    for part, rows in zip(("train", "test"), split, strict=True):
        classes = [
            rows[dataset.labels[rows] == label] for label in np.unique(dataset.labels[rows])
        ]
        table[f"accuracy/{part}"] = right[:, rows].mean(axis=1)
        balanced = [right[:, members].mean(axis=1) for members in classes]
        table[f"accuracy_balanced/{part}"] = np.mean(balanced, axis=0)
        table[f"loss/{part}"] = loss[:, rows].mean(axis=1)
    return pd.DataFrame(table)


def magnitudes(activity: dict[str, Tensor], network: Network, weights: Tensor) -> pd.DataFrame:
    """Compute the norm of the weights and the largest |activity| of the hidden layers.

    Args:
        activity: Activity of each layer, shape `(snapshots, samples, units)`.
        network: Its kind.
        weights: Its weights, shape `(snapshots, width)`.

    Returns:
        Columns `weight_norm`, `max_activity/<layer>` and, over all hidden layers,
        `max_activity/hidden`; one row a snapshot.
    """
    matrices = [
        values.flatten(1).double()
        for name, values in Layout(network.parameters).views(weights).items()
        if name.endswith(".weight")
    ]
    table = {"weight_norm": torch.cat(matrices, dim=1).norm(dim=1).numpy()}
    for layer in network.layers[:-1]:
        table[f"max_activity/{layer}"] = activity[layer].abs().amax(dim=(1, 2)).double().numpy()
    greatest = np.max([table[f"max_activity/{layer}"] for layer in network.layers[:-1]], axis=0)
    return pd.DataFrame({**table, "max_activity/hidden": greatest})


def final_scores(training: pd.DataFrame, dataset: Dataset, split: Split) -> dict[str, float]:
    """Sum up a network's performance.

    Args:
        training: Table of `performance`, one row a snapshot, the last one being the trained
            network.
        dataset: The data.
        split: The parts.

    Returns:
        `accuracy/test` (the headline) and `accuracy/test_best` over the snapshots,
        `accuracy/gap` (training minus test, final), `accuracy/majority` (of always answering the
        training part's most frequent class), and `failed_to_train`: 1 if no snapshot beats the
        majority on the test part.
    """
    test, final = training["accuracy/test"], training.iloc[-1]
    answer = np.bincount(dataset.labels[split.train]).argmax()
    majority = float(np.mean(dataset.labels[split.test] == answer))
    return {
        "accuracy/test": float(final["accuracy/test"]),
        "accuracy/test_best": float(test.max()),
        "accuracy/gap": float(final["accuracy/train"] - final["accuracy/test"]),
        "accuracy/majority": majority,
        "failed_to_train": float(test.max() <= majority),
    }
