"""How far a regression is off at every snapshot, and at the end."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from torch import Tensor

from ibsweep.types import Split


def errors(answers: Tensor, targets: np.ndarray, parts: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Compute the errors on parts of the data, at every snapshot.

    Args:
        answers: The network's predictions, in units of the targets, shape `(snapshots, samples,
            k)`.
        targets: Shape `(samples, k)`.
        parts: Name of each part to its rows, e.g. `train` and `test`.

    Returns:
        One row a snapshot, with columns `<name>/<part>`: `rmse`, the root of the
        mean squared error over samples and targets; `r2`, 1 less the squared errors over the
        squared deviations from the part's mean, both summed over targets; `loss`, the mean squared
        error; and `error_bits`, the sum over targets of ½ log2(variance / mean squared error): the
        information, in bits, that a Gaussian target and an error of its own would have in common.

    Example:
        >>> import torch
        >>> targets = np.array([[0.0], [2.0], [0.0], [2.0]])
        >>> parts = {"train": [0, 1], "test": [2, 3]}
        >>> table = errors(torch.tensor([[[0.5], [1.5], [0.0], [1.0]]]), targets, parts)
        >>> table[["rmse/train", "r2/train", "error_bits/train", "loss/test"]].iloc[0].tolist()
        [0.5, 0.75, 1.0, 0.5]
    """
    off = answers.double().numpy() - targets
    table = {}
    for part, rows in parts.items():
        squares = np.square(off[:, rows]).mean(axis=1)  # (snapshots, k)
        variances = targets[rows].var(axis=0)
        varying = variances > 0
        table[f"rmse/{part}"] = np.sqrt(squares.mean(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):  # no error at all; a constant part
            table[f"r2/{part}"] = 1 - squares.sum(axis=1) / variances.sum()
            bits = 0.5 * np.log2(variances[varying] / squares[:, varying])
        table[f"loss/{part}"] = squares.mean(axis=1)
        table[f"error_bits/{part}"] = bits.sum(axis=1)
    return pd.DataFrame(table)


def final_errors(training: pd.DataFrame, targets: np.ndarray, split: Split) -> dict[str, float]:
    """Sum up how far a regression is off.

    Args:
        training: Table of `errors`, one row a snapshot, the last one being the trained network.
        targets: Shape `(samples, k)`.
        split: The parts.

    Returns:
        `rmse/test` (the headline), `rmse/test_best` over the snapshots, `rmse/gap` (test minus
        training, final), `rmse/mean` (of always predicting the training part's mean), `r2/test`,
        `error_bits/test`, and `failed_to_train`: 1 if no snapshot beats that mean on the test
        part.
    """
    final = training.iloc[-1]
    mean = targets[split.train].mean(axis=0)
    constant = float(np.sqrt(np.square(targets[split.test] - mean).mean()))
    best = float(training["rmse/test"].min())
    return {
        "rmse/test": float(final["rmse/test"]),
        "rmse/test_best": best,
        "rmse/gap": float(final["rmse/test"] - final["rmse/train"]),
        "rmse/mean": constant,
        "r2/test": float(final["r2/test"]),
        "error_bits/test": float(final["error_bits/test"]),
        "failed_to_train": float(best >= constant),
    }
