"""What a watched model's output should say of its samples: classes, numbers, or nothing."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep.scores import performance

_SUM = 1e-2  # by which a row of probabilities may miss 1, in half precision


class Reading(NamedTuple):
    """What a model's output says.

    Attributes:
        activity: Activity of the layer `output`, shape `(samples, units)`.
        performance: Metric name to value.
    """

    activity: Tensor
    performance: dict[str, float]


class Targets(ABC):
    """What the model's output is compared with.

    Attributes:
        labels: As `information.measure` takes them, shape `(samples,)`, integers.
        kind: `classes`, `real` or `none`.
    """

    labels: np.ndarray
    kind: str

    @abstractmethod
    def read(self, output: Tensor) -> Reading:
        """Read the model's output, shape `(samples, …)`.

        Raises:
            ValueError: If it does not fit the targets.
        """

    @abstractmethod
    def taken_for(self, output: Tensor) -> str:
        """Say in words what labels and output are taken for."""

    @abstractmethod
    def scores(self, training: pd.DataFrame) -> dict[str, float]:
        """Return final scores, from what `read` returned at each measured epoch."""


class Classes(Targets):
    """The class of each sample.

    Args:
        labels: Integers ≥ 0, shape `(samples,)`.
        given: Their type; real numbers must be 0 and 1, which a single logit is trained with.
        ends_in_sigmoid: Whether a single output is a probability.
    """

    kind = "classes"

    def __init__(self, labels: np.ndarray, given: np.dtype, *, ends_in_sigmoid: bool) -> None:
        self.labels, self._given, self._sigmoid = labels, given, ends_in_sigmoid

    def read(self, output: Tensor) -> Reading:
        """Return the probabilities of the classes, accuracy, and mean cross-entropy in nats."""
        probabilities, logs = self._probabilities(output)
        classes = logs.shape[1]
        low, high = self.labels.min(), self.labels.max()
        if low < 0 or high >= classes:
            single = " is one logit (a regression's are real numbers)" * _is_single(output)
            rule = f"must be 0 … {classes - 1}, as the model's output{single}"
            raise ValueError(f"labels {rule}, got {low} … {high}")
        right, loss = performance.by_sample(logs, self.labels)
        means = {"accuracy/test": float(right.mean()), "loss/test": float(loss.mean())}
        return Reading(probabilities, means)

    def taken_for(self, output: Tensor) -> str:
        """Say whether the output is taken for logits or probabilities."""
        single = _is_single(output)
        if single and self._sigmoid:
            how = "one probability (of a sigmoid)"
        elif single:
            how = "one logit"
        else:
            how = "probabilities (rows sum to 1)" if _sums_to_one(output) else "logits"
        return f"labels: {len(np.unique(self.labels))} classes, output: {how}"

    def scores(self, training: pd.DataFrame) -> dict[str, float]:
        """Final and best accuracy, the most frequent class's, and whether that is never beaten."""
        majority = performance.majority_accuracy(self.labels, self.labels)
        return performance.accuracy_scores(training["accuracy/test"], majority)

    def _probabilities(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return each class's probability and its natural logarithm, shape `(samples, classes)`.

        A single logit z is that of class 1, as if the logits were (0, z).

        Raises:
            ValueError: If the output is not of this shape, or the labels are real numbers.
        """
        single, shape = _is_single(output), tuple(output.shape)
        if not single and output.ndim != 2:
            raise ValueError(f"model must return logits (samples, classes), got {shape}")
        if not single and self._given.kind == "f":
            rule = f"must be ({len(self.labels)},) integers for the output {shape}"
            raise ValueError(f"labels {rule}, got {self.labels.shape} of {self._given}")
        if single:
            value = output.reshape(-1)
            rest = 1 - value if self._sigmoid else torch.zeros_like(value)
            output = torch.stack([rest, value], dim=1)
        if (single and self._sigmoid) or _sums_to_one(output):
            return output, output.log()
        logs = output.log_softmax(dim=1)
        return logs.exp(), logs


class Real(Targets):
    """Real numbers that a regression should give.

    Args:
        values: Shape `(samples, numbers)`, finite.
    """

    kind = "real"

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.labels = np.arange(len(values))

    def read(self, output: Tensor) -> Reading:
        """Return the output as it is, and the mean squared error."""
        flat = output.reshape(len(output), -1)
        if flat.shape != self.values.shape:
            n, shape = len(self.labels), tuple(output.shape)
            rule = f"must be ({n},) integers (classes), or real numbers as the output, {shape}"
            raise ValueError(f"labels {rule}, got real {self.values.shape}")
        errors = flat.double() - torch.from_numpy(self.values)
        return Reading(flat, {"loss/test": float(errors.square().mean())})

    def taken_for(self, output: Tensor) -> str:
        """Say that it is a regression."""
        return f"labels: {self.values.shape[1]} real numbers a sample, output: the same"

    def scores(self, training: pd.DataFrame) -> dict[str, float]:
        """Least mean squared error, and whether it never beats that of the targets' mean."""
        least = float(training["loss/test"].min())
        constant = float(self.values.var(axis=0).mean())
        return {"loss/test_best": least, "failed_to_train": float(least >= constant)}


class Nothing(Targets):
    """No targets: only I(X;T) is measured.

    Args:
        samples: Their number.
    """

    kind = "none"

    def __init__(self, samples: int) -> None:
        self.labels = np.zeros(samples, dtype=np.int64)

    def read(self, output: Tensor) -> Reading:
        """Return the output as it is."""
        return Reading(output.reshape(len(output), -1), {})

    def taken_for(self, output: Tensor) -> str:
        """Say that there are none."""
        return "labels: none, output: as it is"

    def scores(self, training: pd.DataFrame) -> dict[str, float]:
        """Return nothing."""
        return {}


def _is_single(output: Tensor) -> bool:
    return output.ndim == 1 or output.shape[1:] == (1,)


def _sums_to_one(output: Tensor) -> bool:
    """Say whether each row holds probabilities."""
    if output.ndim != 2 or bool((output < 0).any()):
        return False
    return bool((output.sum(dim=1) - 1).abs().max() < _SUM)
