"""What is measured of a watched training, epoch by epoch and at its end."""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ibsweep.information import Floor
from ibsweep.randomness import stream_seed
from ibsweep.records import Job, NetworkRecord
from ibsweep.scores.smoothing import smoothed
from ibsweep.watching.buffers import Activity, Weights
from ibsweep.watching.late import late_curves
from ibsweep.watching.plan import Plan
from ibsweep.watching.samples import Samples, Snapshot


class Measured:
    """Curves and training of one model, with what is kept in memory of it.

    Args:
        samples: What it is measured on.
        plan: What is measured when.
        weights: Where its weights are kept, if they are.
        seed: Seed of the permuted labels.

    Attributes:
        epochs: Those that are measured.
        seconds: Time that measuring took.
    """

    def __init__(self, samples: Samples, plan: Plan, weights: Weights | None, seed: int) -> None:
        self._samples, self._plan, self._weights = samples, plan, weights
        self._seed = stream_seed("floor", seed)
        self._activity = Activity()
        self._curves: list[pd.DataFrame] = []
        self._rows: list[dict[str, float]] = []
        self.epochs: list[int] = []
        self.seconds = 0.0

    @property
    def curves(self) -> pd.DataFrame:
        """As `information.measure` returns them."""
        return pd.concat(self._curves, ignore_index=True) if self._curves else pd.DataFrame()

    @property
    def training(self) -> pd.DataFrame:
        """One row a measured epoch."""
        return pd.DataFrame(self._rows)

    def make_room(self) -> None:
        """Forget the activity that nobody asked for."""
        self._activity.make_room()

    def add(self, snapshot: Snapshot, epoch: int, metrics: dict[str, float]) -> None:
        """Measure an epoch; it is kept whole, or if that fails not at all.

        Args:
            snapshot: What the model holds.
            epoch: Its number.
            metrics: The user's own.
        """
        begin, plan = time.perf_counter(), self._plan
        self._activity.check(snapshot.layers)
        curves = self._now(snapshot, epoch, chance=epoch in plan.floor) if plan.now else None
        if self._weights is not None:
            self._weights.add()
        keep = bool(plan.late) or epoch in plan.logged
        self._activity.add(epoch, snapshot.layers, keep=keep)
        if curves is not None:
            self._curves.append(curves)
        self._rows.append({"epoch": epoch, **snapshot.state, **metrics})
        self.epochs.append(epoch)
        self.seconds += time.perf_counter() - begin

    def measure_rest(self) -> None:
        """Measure, when all epochs have been, what can be measured only then.

        That is chance at the last epoch, and what estimators say that need the whole training.
        """
        begin, plan, last = time.perf_counter(), self._plan, self.epochs[-1]
        if plan.floor and last not in plan.floor and plan.now and last in self._activity.at:
            again = self._now(Snapshot(self._activity.last, {}, ""), last, chance=True)
            self._curves[-1]["i_ty_floor"] = again["i_ty_floor"]
        if plan.late:
            chance = [one for one in self.epochs if one in plan.floor or one == last]
            floor = self._floor(chance if plan.floor else [])
            self._curves += late_curves(self._activity, self._samples, plan.late, floor)
        self.seconds += time.perf_counter() - begin

    def measure_what_is_left(self) -> str:
        """Do so after a failure, and say what fails in that."""
        try:
            self.measure_rest()
        except Exception as error:  # what was measured before is to be stored
            return f"; what is measured at the end: {type(error).__name__}: {error}"
        return ""

    def record(self, job: Job, scores: dict[str, float], started: float) -> NetworkRecord:
        """Return what is stored of the training.

        Args:
            job: What was asked for.
            scores: Final scores.
            started: Unix time in seconds at which the training began.
        """
        logged = [one for one in self._activity.at if one in self._plan.logged]
        if self._plan.logged and self.epochs[-1] in self._activity.at:
            logged = sorted({*logged, self.epochs[-1]})
        weights = self._weights.arrays(len(self.epochs)) if self._weights else {}
        return NetworkRecord(
            job=job,
            curves=smoothed(self.curves) if self._curves else self.curves,
            training=self.training,
            scores=scores,
            weights={"epochs": np.array(self.epochs), **weights},
            activity=self._activity.arrays(logged),
            samples=len(self._samples),
            started=started,
            durations={
                "training": time.time() - started - self.seconds,
                "measuring": self.seconds,
            },
        )

    def _now(self, snapshot: Snapshot, epoch: int, *, chance: bool) -> pd.DataFrame:
        layers = {name: [values] for name, values in snapshot.layers.items()}
        floor = self._floor([epoch] if chance else [])
        return self._samples.measure(layers, self._plan.now, epochs=[epoch], floor=floor)

    def _floor(self, epochs: Sequence[int]) -> Floor:
        known = self._samples.targets.kind != "none"
        return Floor(np.array(epochs if known else [], dtype=np.int64), self._seed)
