"""What crosses module borders: small frozen records with named, documented fields."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from torch import Tensor


class Information(NamedTuple):
    """Mutual information of a layer T with the input X and with the label Y, in bits.

    Attributes:
        i_xt: I(X;T); a float for one layer, else a tensor over the leading axes of the activity.
        i_ty: I(T;Y), of the same shape.
        details: What is known beside, by name, each of that shape: `i_xt_error` and `i_ty_error`,
            one standard error in bits, and diagnostics, e.g. `rank_t`; NaN where one is unknown,
            no entry for what an estimator never gives.
    """

    i_xt: Tensor | float
    i_ty: Tensor | float
    details: Mapping[str, Tensor | float] = MappingProxyType({})

    def __repr__(self) -> str:
        """Show `details` only if there are some."""
        details = f", details={self.details!r}" if self.details else ""
        return f"Information(i_xt={self.i_xt!r}, i_ty={self.i_ty!r}{details})"

    def __reduce__(self) -> tuple:
        """Let it cross to other processes: a view of a dictionary cannot."""
        return Information, (self.i_xt, self.i_ty, dict(self.details))


class Estimate(NamedTuple):
    """One estimated entropy or mutual information, in bits: as it came out, never clipped.

    Attributes:
        value: The estimate, bits; infinite where the data are functions of each other.
        error: One standard error of `value`, bits; NaN where the method gives none.
        diagnostics: What tells whether to trust it, by name, e.g. `rank_x`, `ties`, `negative`.
        pointwise: Contribution of each sample, shape `(n,)`, bits, with `value` as its mean; None
            where the method has none.
    """

    value: float
    error: float
    diagnostics: Mapping[str, float]
    pointwise: np.ndarray | None = None


@dataclass(frozen=True)
class Dataset:
    """Every pattern with its label, or with the numbers that are to be predicted.

    Attributes:
        inputs: Patterns, shape `(samples, features)`, float64, finite.
        labels: Class of each pattern, shape `(samples,)`, int64, values 0 … classes − 1.
        classes: Number of classes, ≥ 2; 1 if there are targets alone.
        shape: Channels, height and width if a pattern is an image, flattened in this order.
        targets: Of a regression, shape `(samples, k)`, float64, finite, not constant.

    Raises:
        ValueError: If shapes, types or values are not these.
    """

    inputs: np.ndarray
    labels: np.ndarray
    classes: int
    shape: tuple[int, int, int] | None = None
    targets: np.ndarray | None = None

    @classmethod
    def regression(cls, inputs: np.ndarray, targets: np.ndarray) -> "Dataset":
        """Make a task of patterns and continuous targets, without classes.

        Raises:
            ValueError: As the class.

        Example:
            >>> Dataset.regression(np.eye(3), np.array([[0.0], [0.5], [1.0]])).outputs
            1
        """
        return cls(inputs, np.zeros(len(inputs), dtype=np.int64), 1, targets=targets)

    def __post_init__(self) -> None:
        if self.targets is not None:
            self._check_targets(self.targets)
        if self.inputs.ndim != 2 or self.inputs.dtype != np.float64:
            got = f"{self.inputs.shape} of {self.inputs.dtype}"
            raise ValueError(f"inputs must be (samples, features) of float64, got {got}")
        if self.labels.shape != self.inputs.shape[:1] or self.labels.dtype != np.int64:
            got = f"{self.labels.shape} of {self.labels.dtype}"
            raise ValueError(f"labels must be ({len(self.inputs)},) of int64, got {got}")
        least = 2 if self.targets is None else 1
        if self.classes < least or not ((self.labels >= 0) & (self.labels < self.classes)).all():
            raise ValueError(
                f"labels must be 0 … classes − 1 with ≥ {least} classes, got {self.classes}"
            )
        if not np.isfinite(self.inputs).all():
            raise ValueError(
                f"inputs must be finite, got {self.inputs[~np.isfinite(self.inputs)][0]}"
            )
        if self.shape is not None and math.prod(self.shape) != self.inputs.shape[1]:
            raise ValueError(
                f"shape must hold the {self.inputs.shape[1]} features, got {self.shape}"
            )

    def _check_targets(self, targets: np.ndarray) -> None:
        rows = len(self.inputs)
        if targets.ndim != 2 or targets.shape[:1] != (rows,) or targets.dtype != np.float64:
            got = f"{targets.shape} of {targets.dtype}"
            raise ValueError(f"targets must be ({rows}, k) of float64, got {got}")
        if not targets.shape[1] or not np.isfinite(targets).all():
            wrong = targets[~np.isfinite(targets)]
            got = wrong[0] if len(wrong) else f"{targets.shape}"
            raise ValueError(f"targets must be finite, at least one a pattern, got {got}")
        if (np.ptp(targets, axis=0) == 0).all():
            raise ValueError(f"targets must vary, got {targets[0].tolist()} in each row")

    @property
    def continuous(self) -> bool:
        """Whether numbers are to be predicted, not classes."""
        return self.targets is not None

    @property
    def outputs(self) -> int:
        """Units of a network's output layer: targets, or else classes."""
        return self.classes if self.targets is None else self.targets.shape[1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of patterns, labels and targets, wherever they were read from."""
        image = "" if self.shape is None else str(self.shape)
        digest = hashlib.sha256(f"{self.inputs.shape}{image}".encode())
        further = () if self.targets is None else (self.targets,)
        for array in (self.inputs, self.labels, *further):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


class Split(NamedTuple):
    """Row numbers of a data set's two parts, ascending.

    Attributes:
        train: Rows to train on, shape `(train samples,)`, int64.
        test: The other rows, shape `(test samples,)`, int64.
    """

    train: np.ndarray
    test: np.ndarray


class Readout(NamedTuple):
    """What reads a network's last hidden layer.

    Attributes:
        weights: Those of the output layer, shape `(…, classes, units)`.
        answers: The network's answer to each sample, shape `(…, samples)`, integer.
    """

    weights: Tensor
    answers: Tensor
