"""The watch over one training: measures when an epoch ends, and the rest when all have."""

import logging
import time
from collections.abc import Mapping
from types import TracebackType

import pandas as pd
from torch import nn

from ibsweep.records import Job
from ibsweep.scores.scoring import score
from ibsweep.tracking import Store, open_store
from ibsweep.watching.buffers import Weights
from ibsweep.watching.measured import Measured
from ibsweep.watching.names import check_layers, check_metrics
from ibsweep.watching.plan import How, Plan
from ibsweep.watching.run import job_of, store_run
from ibsweep.watching.samples import Samples, Snapshot
from ibsweep.watching.surroundings import usual_settings

log = logging.getLogger(__name__)


class Probe:
    """The watch over one training; `watch` makes it.

    Args:
        model: The model.
        samples: What to measure it on.
        plan: What to do when.
        how: The other options.

    Attributes:
        epoch: Number of steps so far.
        taken_for: What labels and output are taken for, in words, once the watch has begun.
        scores: Final scores, once the training has ended.
        run_id: The stored run, once the training has ended.
    """

    def __init__(self, model: nn.Module, samples: Samples, plan: Plan, how: How) -> None:
        self._model, self._samples, self._plan, self._how = model, samples, plan, how
        self._state = "before it"
        self._store: Store | None = None
        self.epoch = 0
        self.taken_for = ""
        self.scores: dict[str, float] = {}
        self.run_id: str | None = None
        self._metrics: dict[str, float] = {}
        self._own_names: set[str] = set()
        weights = Weights(model) if how.storing and how.storing.weights else None
        self._measured = Measured(samples, plan, weights, how.description.seed)

    @property
    def curves(self) -> pd.DataFrame:
        """Information (bits) by layer, epoch and estimator, as `information.measure` returns it.

        Estimators that need the whole training are in it once that has ended.
        """
        return self._measured.curves

    @property
    def training(self) -> pd.DataFrame:
        """Performance on the given samples at each measured epoch, and the user's metrics."""
        return self._measured.training

    def step(self, metrics: Mapping[str, float] | None = None) -> None:
        """End an epoch: measure, if it is in the schedule.

        Args:
            metrics: The user's own, e.g. `{"loss/train": 0.3}`; kept if the epoch is measured.

        Raises:
            ValueError: If a metric is no number, or has a name that is ours or cannot be stored;
                or if what the model holds cannot be measured.
            RuntimeError: If it is not inside `with`.
        """
        if self._state != "inside":
            raise RuntimeError(f"probe.step must be called inside `with`, got it {self._state}")
        self._metrics = check_metrics(
            {} if metrics is None else metrics,
            taken=self._own_names,
            estimators=self._plan.estimators,
            stored=self._store is not None,
        )
        self.epoch += 1
        if self.epoch in self._plan.schedule:
            self._add(self._hold())

    def __enter__(self) -> "Probe":
        if self._state != "before it":
            raise RuntimeError("a probe must be entered once, got it again: call watch again")
        storing = self._how.storing
        if storing is not None:
            with usual_settings():
                self._store = open_store(storing.tracking)
        self._started = time.time()
        snapshot = self._hold()
        self.taken_for, self._own_names = snapshot.taken_for, {*snapshot.state}
        log.info("watching %s; %s", type(self._model).__name__, self.taken_for)
        if self._store is not None:
            check_layers(snapshot.layers, self._plan.estimators)
        if self.epoch in self._plan.schedule:
            self._add(snapshot)
        self._state = "inside"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state = "after it"
        if error is not None:
            self._end_early(error, measure=isinstance(error, Exception))  # Ctrl-C does not wait
            return
        try:
            self._finish()
        except BaseException as problem:
            self._end_early(problem, measure=False)
            raise

    def _hold(self) -> Snapshot:
        """Run the model as it is."""
        begin = time.perf_counter()
        self._measured.make_room()
        snapshot = self._samples.hold(self._model, epoch=self.epoch)
        self._measured.seconds += time.perf_counter() - begin
        return snapshot

    def _add(self, snapshot: Snapshot) -> None:
        with usual_settings():
            self._measured.add(snapshot, self.epoch, self._metrics)

    def _finish(self) -> None:
        """Measure what is left, score it, store it."""
        if self.epoch not in self._measured.epochs:
            self._add(self._hold())
        with usual_settings():
            self._measured.measure_rest()
            self.scores = {
                **self._samples.targets.scores(self.training),
                **score(self.curves, self.training, self._samples.targets.labels),
            }
            if self._store is not None:
                record = self._measured.record(self._job(), self.scores, self._started)
                store, self._store = self._store, None  # if that fails, trying again is no help
                self.run_id = store_run(store, record)

    def _end_early(self, error: BaseException, *, measure: bool) -> None:
        """Store what was measured, and the reason for the end; report errors of storing."""
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        status = "FAILED" if isinstance(error, Exception) else "KILLED"
        try:
            with usual_settings():
                self._store_part(reason, status, measure=measure)
        except Exception as problem:
            error.add_note(f"The run was not stored: {type(problem).__name__}: {problem}")

    def _store_part(self, reason: str, status: str, *, measure: bool) -> None:
        if self._store is None:
            return
        if not self._measured.epochs:
            self.run_id = self._store.log_failure(
                self._job(), reason, started=self._started, epoch=self.epoch
            )
            return
        if measure:
            reason += self._measured.measure_what_is_left()
        record = self._measured.record(self._job(), {}, self._started)
        self.run_id = self._store.log_ended(record, reason, epoch=self.epoch, status=status)

    def _job(self) -> Job:
        estimators, description = self._plan.estimators, self._how.description
        return job_of(self._model, estimators, description, self.taken_for)
