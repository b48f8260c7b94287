"""How well a network does at every snapshot, and at the end."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep.networks.base import Network
from ibsweep.networks.weights import Layout
from ibsweep.scores import errors
from ibsweep.types import Dataset, Split


def performance(
    answers: Tensor, dataset: Dataset, parts: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Compute accuracies and loss on parts of the data, at every snapshot.

    Args:
        answers: Natural logarithm of each class's probability, shape `(snapshots, samples,
            classes)`; of a regression the predictions, see `errors.errors`.
        dataset: The data; all samples in their order.
        parts: Name of each part to its rows, e.g. `train` and `test`.

    Returns:
        Columns `accuracy/<part>`, `accuracy_balanced/<part>` and `loss/<part>` (mean cross-entropy
        of the labels in nats, without label smoothing), one row a snapshot; of a regression those
        of `errors.errors`.
    """
    if dataset.targets is not None:
        return errors.errors(answers, dataset.targets, parts)
    right, loss = (one.numpy() for one in by_sample(answers, dataset.labels))
    table = {}
    for part, rows in parts.items():
        classes = [
            rows[dataset.labels[rows] == label] for label in np.unique(dataset.labels[rows])
        ]
        table[f"accuracy/{part}"] = right[:, rows].mean(axis=1)
        balanced = [right[:, members].mean(axis=1) for members in classes]
        table[f"accuracy_balanced/{part}"] = np.mean(balanced, axis=0)
        table[f"loss/{part}"] = loss[:, rows].mean(axis=1)
    return pd.DataFrame(table)


def by_sample(log_probabilities: Tensor, labels: np.ndarray) -> tuple[Tensor, Tensor]:
    """Compute which samples a network gets right, and the loss of each.

    Args:
        log_probabilities: Natural logarithm of each class's probability, shape `(…, samples,
            classes)`.
        labels: Class of each sample, shape `(samples,)`, integer.

    Returns:
        1 where the most probable class is the label, else 0, and the cross-entropy in nats; both
        of shape `(…, samples)`, float64.
    """
    known = torch.from_numpy(labels).long()
    chosen = log_probabilities[..., torch.arange(len(known), device="cpu"), known]
    return (log_probabilities.argmax(dim=-1) == known).double(), -chosen.double()


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
    hidden = {layer: activity[layer] for layer in network.layers[:-1]}
    return pd.DataFrame({**table, **largest_activity(hidden)})


def largest_activity(hidden: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Compute the largest |activity| of each hidden layer, and of all.

    Args:
        hidden: Activity of each layer, shape `(…, samples, units)`.

    Returns:
        `max_activity/<layer>` and, over all layers, `max_activity/hidden`; each of shape `(…)`,
        float64.
    """
    largest = {
        f"max_activity/{layer}": values.abs().amax(dim=(-2, -1)).double().numpy()
        for layer, values in hidden.items()
    }
    return {**largest, "max_activity/hidden": np.max([*largest.values()], axis=0)}


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
        majority on the test part. Of a regression what `errors.final_errors` returns.
    """
    if dataset.targets is not None:
        return errors.final_errors(training, dataset.targets, split)
    final = training.iloc[-1]
    majority = majority_accuracy(dataset.labels[split.train], dataset.labels[split.test])
    return {
        **accuracy_scores(training["accuracy/test"], majority),
        "accuracy/gap": float(final["accuracy/train"] - final["accuracy/test"]),
    }


def majority_accuracy(train: np.ndarray, test: np.ndarray) -> float:
    """Return the accuracy on `test` of always answering the most frequent label of `train`."""
    return float(np.mean(test == np.bincount(train).argmax()))


def accuracy_scores(accuracy: pd.Series, majority: float) -> dict[str, float]:
    """Sum up the test accuracies of a training.

    Args:
        accuracy: On the test part, one a snapshot, the last one of the trained network.
        majority: As of `majority_accuracy`.

    Returns:
        Of what `final_scores` returns, all but `accuracy/gap`.
    """
    return {
        "accuracy/test": float(accuracy.iloc[-1]),
        "accuracy/test_best": float(accuracy.max()),
        "accuracy/majority": majority,
        "failed_to_train": float(accuracy.max() <= majority),
    }
