"""The samples that a watched model is measured on."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep import information
from ibsweep.information import OUTPUT, Estimator, Floor, Whole
from ibsweep.recording import Recorded, same_randomness

Extremes = Mapping[str, tuple[float, float]]


class Samples:
    """Inputs and labels, which must stay as they are while the training is watched.

    Args:
        inputs: First axis: samples.
        labels: Class of each.

    Raises:
        ValueError: If they do not fit.
    """

    def __init__(self, inputs: Tensor | np.ndarray, labels: Tensor | np.ndarray) -> None:
        self.inputs = torch.as_tensor(inputs)
        self.labels = torch.as_tensor(labels).cpu().numpy()
        count = len(self.inputs)
        if self.labels.shape != (count,) or not count or self.labels.dtype.kind not in "iu":
            got = f"{self.labels.shape} of {self.labels.dtype}"
            raise ValueError(f"labels must be ({count},) integers, got {got}")
        self._digest = self._content()

    def __len__(self) -> int:
        return len(self.labels)

    def check(self, recorded: Recorded, epoch: int) -> None:
        """Check that the samples are those of the beginning, and the model's classes theirs.

        Raises:
            ValueError: If not.
        """
        if self._content() != self._digest:
            raise ValueError(
                f"inputs and labels must stay as they are, got others at epoch {epoch}"
            )
        low, high, classes = self.labels.min(), self.labels.max(), recorded.logs.shape[1]
        if low < 0 or high >= classes:
            rule = f"must be 0 … {classes - 1}, as the model's output"
            raise ValueError(f"labels {rule}, got {low} … {high}")

    def measure(
        self,
        layers: Mapping[str, Sequence[Tensor]],
        estimators: Mapping[str, Estimator],
        *,
        epochs: Sequence[int],
        floor: Floor,
        extremes: Extremes | None = None,
        final: Mapping[str, Tensor] | None = None,
    ) -> pd.DataFrame:
        """Measure layers, and leave the random generators as they are.

        Args:
            layers: Activity of each layer, one entry an epoch, shape `(samples, units)`.
            estimators: Name to estimator.
            epochs: The epochs.
            floor: Where to measure with permuted labels, too.
            extremes: Lowest and highest activity of each layer in the whole training.
            final: Activity of each layer at its end.

        Returns:
            As `ibsweep.information.measure`.
        """
        patterns = self._patterns()
        with same_randomness():
            return information.measure(
                {name: torch.stack([*held]) for name, held in layers.items()},
                self.labels,
                estimators,
                epochs=np.array(epochs),
                parts={"all": np.arange(len(self))},
                inputs=patterns,
                floor=floor,
                extremes=extremes,
                whole=None if final is None else Whole({"all": patterns}, final),
            )

    def state(self, recorded: Recorded) -> dict[str, float]:
        """Accuracy, mean cross-entropy (nats) and the largest activity of each hidden layer."""
        known, logs = torch.from_numpy(self.labels).long(), recorded.logs
        hidden = {
            name: float(held.abs().max())
            for name, held in recorded.layers.items()
            if name != OUTPUT
        }
        return {
            "accuracy/test": float((logs.argmax(dim=1) == known).double().mean()),
            "loss/test": float(-logs[torch.arange(len(known)), known].double().mean()),
            **{f"max_activity/{name}": held for name, held in hidden.items()},
            "max_activity/hidden": max(hidden.values()),
        }

    def performance(self, accuracy: pd.Series) -> dict[str, float]:
        """Final and best accuracy, the most frequent class's, and whether that is never beaten.

        Args:
            accuracy: Of the model at each measured epoch.
        """
        majority = np.bincount(self.labels).max() / len(self)
        return {
            "accuracy/test": float(accuracy.iloc[-1]),
            "accuracy/test_best": float(accuracy.max()),
            "accuracy/majority": float(majority),
            "failed_to_train": float(accuracy.max() <= majority),
        }

    def _patterns(self) -> np.ndarray:
        return self.inputs.reshape(len(self), -1).detach().cpu().double().numpy()

    def _content(self) -> bytes:
        digest = hashlib.sha256(self._patterns().tobytes())
        digest.update(self.labels.tobytes())
        return digest.digest()
