"""Watches the training of any torch model, in the user's own loop."""

import json
import os
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ibsweep import checks, compression, information
from ibsweep.estimators.ebab import ebab_information
from ibsweep.fingerprints import fingerprint
from ibsweep.information import OUTPUT, Estimator
from ibsweep.pipeline import information_planes
from ibsweep.recording import record, same_randomness
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.types import Job, NetworkRecord

_FUTURE = {
    "activity_range": "the range of activity over all epochs",
    "final_activity": "the activity after the last epoch",
}
EBAB: Mapping[str, Estimator] = {"ebab": partial(ebab_information, bins=30)}


class Description(NamedTuple):
    """What a watched run is called, and what sets it apart from others.

    Attributes:
        name: Name of the run.
        seed: Seed that the user gave to the training.
        parameters: The user's options, by name; runs of equal options and model are taken for one
            configuration.
    """

    name: str = "watched"
    seed: int = 0
    parameters: Mapping[str, object] = {}


def watch(
    model: nn.Module,
    inputs: Tensor | np.ndarray,
    labels: Tensor | np.ndarray,
    *,
    schedule: Collection[int] | None = None,
    layers: Sequence[str] | None = None,
    estimators: Mapping[str, Estimator] = EBAB,
    description: Description = Description(),  # noqa: B008 - it cannot be changed
    directory: str | Path | None = "outputs",
    study: str = "ibsweep",
    batch_size: int = 1000,
) -> "Probe":
    """Measure a model while it is trained, by whatever loop.

        with ibsweep.watch(model, inputs, labels) as probe:
            for epoch in range(20):
                train_one_epoch(model)
                probe.step()

    The untrained model is epoch 0; each `step` ends an epoch (or whatever the loop counts). The
    model is run in evaluation mode, and neither its weights, buffers, gradients and modes nor the
    random generators of Python, numpy and torch are other than without it. At the end the run is
    stored: FINISHED with curves, scores and information planes, or FAILED if the loop raised.

    Args:
        model: It returns logits, shape `(samples, classes)`.
        inputs: Samples to measure on, best ones that it is not trained on: first axis, any shape.
        labels: Class of each sample, shape `(samples,)`, integers 0 … classes − 1.
        schedule: Epochs to measure at, e.g. `ibsweep.schedule.logarithmic(20, count=10)`; None:
            all. The last is always measured.
        layers: Modules to measure, named as by `model.named_modules()`; None: its children.
        estimators: Name to estimator, as for `ibsweep.information.measure`.
        description: Name, seed and options of the run.
        directory: Folder of the store, unless MLFLOW_TRACKING_URI names one; None: store nothing.
        study: Name of the MLflow experiment.
        batch_size: Samples to run through the model at a time.

    Raises:
        ValueError: If samples and labels do not fit, or an option or estimator does not serve.
    """
    tracking = None
    if directory is not None:
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        tracking = TrackingOptions(uri, study, "metrics", Path(directory).resolve())
    checks.integer("batch_size", batch_size, minimum=1)
    epochs = None if schedule is None else frozenset(int(epoch) for epoch in schedule)
    how = _How(epochs, layers, _usable(estimators), batch_size, description, tracking)
    return Probe(model, torch.as_tensor(inputs), torch.as_tensor(labels).cpu().numpy(), how)


class _How(NamedTuple):
    """The options of `watch`, checked."""

    schedule: frozenset[int] | None
    layers: Sequence[str] | None
    estimators: Mapping[str, Estimator]
    batch_size: int
    description: Description
    tracking: TrackingOptions | None

    def due(self, epoch: int) -> bool:
        """Say whether to measure at an epoch."""
        return self.schedule is None or epoch in self.schedule


class Probe:
    """The watch over one training; `watch` makes it.

    Args:
        model: The model.
        inputs: Samples to measure on.
        labels: Class of each.
        how: The options.

    Attributes:
        epoch: Number of steps so far.
        curves: Columns `epoch, layer, estimator, part, i_xt, i_ty, i_ty_floor` (bits).
        training: Column `epoch` and one column a metric, e.g. `accuracy/test`.
        scores: Final scores, once the training has ended.
        run_id: The stored run, once the training has ended.
    """

    def __init__(self, model: nn.Module, inputs: Tensor, labels: np.ndarray, how: "_How") -> None:
        if labels.shape != inputs.shape[:1] or not len(labels) or labels.dtype.kind not in "iu":
            got = f"{labels.shape} of {labels.dtype}"
            raise ValueError(f"labels must be ({len(inputs)},) integers, got {got}")
        self._model, self._inputs, self._labels, self._how = model, inputs, labels, how
        self.epoch = 0
        self.scores: dict[str, float] = {}
        self.run_id: str | None = None
        self._curves: list[pd.DataFrame] = []
        self._rows: list[dict[str, float]] = []
        self._measuring = 0.0

    @property
    def curves(self) -> pd.DataFrame:
        """Information of each layer at each measured epoch."""
        return pd.concat(self._curves, ignore_index=True)

    @property
    def training(self) -> pd.DataFrame:
        """Performance on the given samples at each measured epoch, and the user's metrics."""
        return pd.DataFrame(self._rows)

    def step(self, metrics: Mapping[str, float] | None = None) -> None:
        """End an epoch: measure, if it is in the schedule.

        Args:
            metrics: The user's own, e.g. `{"loss/train": 0.3}`; kept if the epoch is measured.
        """
        self.epoch += 1
        if self._how.due(self.epoch):
            self._measure(metrics or {})

    def __enter__(self) -> "Probe":
        self._started = time.time()
        if self._how.due(0):
            self._measure({})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            if self._how.tracking is not None:
                reason = f"{type(error).__name__}: {error}"
                store = open_store(self._how.tracking)
                store.log_failure(self._job(), reason, started=self._started, epoch=self.epoch)
            return
        if not self._rows or self._rows[-1]["epoch"] != self.epoch:
            self._measure({})
        self.scores = {
            **_performance(self.training, self._labels),
            **compression.scores(self.curves, samples=len(self._labels)),
        }
        if self._how.tracking is not None:
            self.run_id = self._store(self._how.tracking)

    def _measure(self, metrics: Mapping[str, float]) -> None:
        begin = time.perf_counter()
        how = self._how
        held = record(self._model, self._inputs, how.layers, batch_size=how.batch_size)
        if len(held.layers) < 2:
            raise ValueError("layers must name a module whose output is not the model's")
        labels, classes = self._labels, held.logs.shape[1]
        if labels.min() < 0 or labels.max() >= classes:
            got = f"{labels.min()} … {labels.max()}"
            raise ValueError(f"labels must be 0 … {classes - 1}, as the model's output, got {got}")
        with same_randomness():
            curves = information.measure(
                {name: values.unsqueeze(0) for name, values in held.layers.items()},
                labels,
                how.estimators,
                epochs=np.array([self.epoch]),
                parts={"all": np.arange(len(labels))},
                inputs=self._inputs.flatten(1).double().cpu().numpy(),
            )
        self._curves.append(curves)
        self._rows.append(
            {"epoch": self.epoch, **_state(held.layers, held.logs, labels), **metrics}
        )
        self._measuring += time.perf_counter() - begin

    def _job(self) -> Job:
        kind, own = type(self._model).__name__, self._how.description
        what = {"watched": kind, "estimator": ",".join(self._how.estimators)}
        options = {str(name): value for name, value in own.parameters.items()}
        unique = uuid.uuid4().hex
        return Job(
            name=own.name,
            parameters={**options, "model": kind, "seed": own.seed},
            choices={"network": kind, "estimator": what["estimator"]},
            seed=own.seed,
            fingerprint=unique,
            training_fingerprint=unique,
            configuration=fingerprint({**what, "parameters": options}),
            config=json.dumps({**what, "parameters": options, "seed": own.seed}),
            sweep=None,
        )

    def _store(self, tracking: TrackingOptions) -> str:
        job, samples = self._job(), len(self._labels)
        measured = NetworkRecord(
            job=job,
            curves=self.curves,
            training=self.training,
            scores=self.scores,
            weights={"epochs": self.training["epoch"].to_numpy()},
            activity={},
            samples=samples,
            started=self._started,
            durations={
                "training": time.time() - self._started - self._measuring,
                "measuring": self._measuring,
            },
        )
        planes = information_planes(self.curves, job.parameters, samples=samples, title=job.name)
        return open_store(tracking).log_network(measured, figures=planes)


def _usable(estimators: Mapping[str, Estimator]) -> Mapping[str, Estimator]:
    """Return the estimators if each can be used snapshot by snapshot.

    Raises:
        ValueError: If one refuses its options or needs to know the whole training.
    """
    if not estimators:
        raise ValueError("estimators must be at least one, got none")
    for name, estimator in estimators.items():
        information.try_out(estimator)
        for key, what in _FUTURE.items():
            if information.asks(key, {name: estimator}):
                raise ValueError(f"estimators must not need {what}, got {name}")
    return estimators


def _state(layers: Mapping[str, Tensor], logs: Tensor, labels: np.ndarray) -> dict[str, float]:
    """Accuracy, mean cross-entropy (nats) and the largest activity of each hidden layer."""
    known = torch.from_numpy(labels).long()
    hidden = {name: float(held.abs().max()) for name, held in layers.items() if name != OUTPUT}
    return {
        "accuracy/test": float((logs.argmax(dim=1) == known).double().mean()),
        "loss/test": float(-logs[torch.arange(len(known)), known].double().mean()),
        **{f"max_activity/{name}": held for name, held in hidden.items()},
        "max_activity/hidden": max(hidden.values()),
    }


def _performance(training: pd.DataFrame, labels: np.ndarray) -> dict[str, float]:
    """Final and best accuracy, that of the most frequent class, and whether it is never beaten."""
    best, majority = training["accuracy/test"].max(), np.bincount(labels).max() / len(labels)
    return {
        "accuracy/test": float(training["accuracy/test"].iloc[-1]),
        "accuracy/test_best": float(best),
        "accuracy/majority": float(majority),
        "failed_to_train": float(best <= majority),
    }
