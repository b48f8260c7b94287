"""The samples that a watched model is measured on."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ibsweep import information
from ibsweep.information import OUTPUT, Estimator, Floor, Whole
from ibsweep.scores.performance import largest_activity
from ibsweep.watching.calling import forward, undisturbed
from ibsweep.watching.recording import Call, record
from ibsweep.watching.targets import Targets

Extremes = Mapping[str, tuple[float, float]]


class Snapshot(NamedTuple):
    """What a model holds on the samples at an epoch.

    Attributes:
        layers: Activity of each layer and of the output, shape `(samples, units)`.
        state: Performance, and the largest activity of each hidden layer.
        taken_for: What labels and output are taken for, in words.
    """

    layers: dict[str, Tensor]
    state: dict[str, float]
    taken_for: str


class Samples:
    """Inputs and targets, and how a model is run on them.

    Args:
        inputs: What a model is called with: copies, which nobody changes.
        targets: What its output should say.
        layers: Names of the modules to record.
        output: Which part of what a model returns is its output.
        batch_size: Samples to run at a time.
    """

    def __init__(
        self,
        inputs: Call,
        targets: Targets,
        *,
        layers: Sequence[str],
        output: str | int | None,
        batch_size: int,
    ) -> None:
        self.inputs, self.targets = inputs, targets
        self._layers, self._output, self._batch_size = layers, output, batch_size

    def __len__(self) -> int:
        return self.inputs.samples

    def hold(self, model: nn.Module, *, epoch: int) -> Snapshot:
        """Run a model on the samples, undisturbed.

        Raises:
            ValueError: If it does not run, its output does not fit the targets, or an activity is
                not finite.
        """
        run = partial(forward, model, output=self._output)
        with undisturbed(model):
            recorded = record(
                model, self.inputs, self._layers, run=run, batch_size=self._batch_size
            )
        for name, values in {**recorded.layers, OUTPUT: recorded.output}.items():
            if values.numel() and not torch.isfinite(torch.stack(values.aminmax())).all():
                got = f"{values[~values.isfinite()][0].item()} in layer {name} at epoch {epoch}"
                raise ValueError(f"activity must be finite, got {got}")
        reading = self.targets.read(recorded.output)
        largest = largest_activity(recorded.layers)
        state = {**reading.performance, **{name: float(size) for name, size in largest.items()}}
        taken_for = self.targets.taken_for(recorded.output)
        return Snapshot({**recorded.layers, OUTPUT: reading.activity}, state, taken_for)

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
        """Measure layers.

        Args:
            layers: Activity of each layer, one entry an epoch, shape `(samples, units)`.
            estimators: Name to estimator, `fitted` to the targets.
            epochs: The epochs.
            floor: Where to measure with permuted labels, too.
            extremes: Lowest and highest activity of each layer in the whole training.
            final: Activity of each layer at its end.

        Returns:
            As `ibsweep.information.measure`; what is said of the targets is NaN if there are none.
        """
        asked = information.asks(estimators, "inputs", "task_inputs")
        patterns = self._patterns if asked else np.empty((len(self), 0))
        curves = information.measure(
            {name: _stacked(values) for name, values in layers.items()},
            self.targets.labels,
            estimators,
            epochs=np.array(epochs),
            parts={"all": np.arange(len(self))},
            inputs=patterns,
            floor=floor,
            extremes=extremes,
            whole=None if final is None else Whole({"all": patterns}, final),
        )
        return curves if self.targets.kind != "none" else curves.assign(i_ty=np.nan)

    @cached_property
    def _patterns(self) -> np.ndarray:
        """All that the model is called with, shape `(samples, features)`, float64."""
        parts = [values.reshape(len(self), -1) for values in self.inputs.tensors]
        return (parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)).double().numpy()


def _stacked(values: Sequence[Tensor]) -> Tensor:
    """Return epochs along a first axis, without a copy if there is one."""
    return values[0][None] if len(values) == 1 else torch.stack([*values])
