"""The watch over one training: measures when an epoch ends, and the rest when all have."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import numpy as np
import pandas as pd
from torch import nn

from ibsweep.analysis.smoothing import smoothed
from ibsweep.information import Floor
from ibsweep.randomness import stream_seed
from ibsweep.recording import record, same_randomness
from ibsweep.scoring import score
from ibsweep.tracking import open_store
from ibsweep.types import Job, NetworkRecord
from ibsweep.watching.keeping import Activity, Weights
from ibsweep.watching.late import late_curves
from ibsweep.watching.options import How, Plan
from ibsweep.watching.samples import Samples
from ibsweep.watching.storing import job_of, store_run


class Probe:
    """The watch over one training; `watch` makes it.

    Args:
        model: The model.
        samples: What to measure it on.
        plan: What to do when.
        how: The other options.

    Attributes:
        epoch: Number of steps so far.
        scores: Final scores, once the training has ended.
        run_id: The stored run, once the training has ended.
    """

    def __init__(self, model: nn.Module, samples: Samples, plan: Plan, how: How) -> None:
        self._model, self._samples, self._plan, self._how = model, samples, plan, how
        self.epoch = 0
        self.scores: dict[str, float] = {}
        self.run_id: str | None = None
        self._curves: list[pd.DataFrame] = []
        self._rows: list[dict[str, float]] = []
        self._activity = Activity()
        self._weights = Weights(model) if how.storing and how.storing.weights else None
        self._measuring = 0.0

    @property
    def curves(self) -> pd.DataFrame:
        """Information (bits) by layer, epoch and estimator, as `information.measure` returns it.

        Estimators that need the whole training are in it once that has ended.
        """
        return pd.concat(self._curves, ignore_index=True) if self._curves else pd.DataFrame()

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
        if self.epoch in self._plan.schedule:
            self._measure(metrics or {})

    def __enter__(self) -> "Probe":
        with same_randomness():
            storing = self._how.storing
            self._store = None if storing is None else open_store(storing.tracking)
        self._started = time.time()
        if self.epoch in self._plan.schedule:
            self._measure({})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with same_randomness():
            if error is not None:
                self._fail(error)
                return
            try:
                self._finish()
            except Exception as found:
                self._fail(found)
                raise

    def _measure(self, metrics: Mapping[str, float]) -> None:
        """Measure the model as it is."""
        begin = time.perf_counter()
        how, plan, samples = self._how, self._plan, self._samples
        held = record(self._model, samples.inputs, how.layers, batch_size=how.batch_size)
        if len(held.layers) < 2:
            raise ValueError("layers must name a module whose output is not the model's")
        samples.check(held, self.epoch)
        keep = bool(plan.late) or self.epoch in plan.logged
        self._activity.add(self.epoch, held.layers, keep=keep)
        if self._weights is not None:
            self._weights.add()
        if plan.now:
            layers = {name: [values] for name, values in held.layers.items()}
            floor = self._floor([self.epoch] if self.epoch in plan.floor else [])
            self._curves.append(
                samples.measure(layers, plan.now, epochs=[self.epoch], floor=floor)
            )
        self._rows.append({"epoch": self.epoch, **samples.state(held), **metrics})
        self._measuring += time.perf_counter() - begin

    def _finish(self) -> None:
        """Measure what is left, score it, store it."""
        if not self._rows or self._rows[-1]["epoch"] != self.epoch:
            self._measure({})
        begin = time.perf_counter()
        plan, last = self._plan, self.epoch
        if plan.floor and last not in plan.floor and plan.now:
            layers = {name: [values] for name, values in self._activity.last.items()}
            again = self._samples.measure(
                layers, plan.now, epochs=[last], floor=self._floor([last])
            )
            self._curves[-1]["i_ty_floor"] = again["i_ty_floor"]
        if plan.late:
            chance = [one for one in self._activity.at if one in plan.floor or one == last]
            floor = self._floor(chance if plan.floor else [])
            self._curves += late_curves(self._activity, self._samples, plan.late, floor)
        self._measuring += time.perf_counter() - begin
        self.scores = {
            **self._samples.performance(self.training["accuracy/test"]),
            **score(self.curves, self.training, self._samples.labels),
        }
        if self._store is not None:
            self.run_id = store_run(self._store, self._record())

    def _floor(self, epochs: Sequence[int]) -> Floor:
        seed = stream_seed("floor", self._how.description.seed)
        return Floor(np.array(epochs, dtype=np.int64), seed)

    def _fail(self, error: BaseException) -> None:
        """Store that the training failed, and why."""
        if self._store is not None:
            reason = f"{type(error).__name__}: {error}"
            self._store.log_failure(self._job(), reason, started=self._started, epoch=self.epoch)

    def _job(self) -> Job:
        return job_of(self._model, self._plan.estimators, self._how.description)

    def _record(self) -> NetworkRecord:
        training, plan = self.training, self._plan
        logged = [one for one in self._activity.at if one in plan.logged or one == self.epoch]
        return NetworkRecord(
            job=self._job(),
            curves=smoothed(self.curves),
            training=training,
            scores=self.scores,
            weights={
                "epochs": training["epoch"].to_numpy(),
                **(self._weights.arrays() if self._weights else {}),
            },
            activity=self._activity.arrays(logged if plan.logged else []),
            samples=len(self._samples),
            started=self._started,
            durations={
                "training": time.time() - self._started - self._measuring,
                "measuring": self._measuring,
            },
        )
