"""How well a network does at every snapshot, and at the end."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep.networks.base import Network
from ibsweep.networks.weights import Layout
from ibsweep.types import Dataset, Split


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
