"""What is known about a running sweep: how far it has come, and when it will end."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from ibsweep.launching.progress_files import Reading

TRAINING_SHARE = 0.5  # of an ensemble's time; the rest is measuring, job by job


@dataclass
class Board:
    """What is known about a running sweep.

    Attributes:
        jobs: Number of jobs.
        clock: Seconds, monotonic.
        done: Jobs that are done, failed ones included.
        failed: Jobs that failed.
        labels: Label and number of jobs of each ensemble that is planned or in flight, by name.
        readings: How far each ensemble in flight has come, by name.
    """

    jobs: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    failed: int = 0
    labels: dict[str, tuple[str, int]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started_at = self.clock()
        self._begun_at: dict[str, float] = {}
        self.lock = threading.RLock()

    def announce(self, name: str, label: str, jobs: int) -> None:
        """Announce an ensemble."""
        self.labels[name] = (label, jobs)

    def settle(self, name: str, *, done: int, failed: int) -> None:
        """State that an ensemble has ended, with all its jobs done or not."""
        self.labels.pop(name, None)
        self.readings.pop(name, None)
        self.done += done
        self.failed += failed

    def update(self, readings: dict[str, Reading]) -> None:
        """Take note of how far the ensembles have come; those that have ended are ignored."""
        self.readings = {name: readings[name] for name in readings if name in self.labels}
        for name in self.readings:
            self._begun_at.setdefault(name, self.clock())

    def part(self, name: str) -> float:
        """Return the fraction of an ensemble in flight that is done."""
        trained, done = self.readings[name]
        measured = done / self.labels[name][1]
        if trained == 0:  # a task that does not say how far it has come
            return measured
        return min(TRAINING_SHARE * trained + (1 - TRAINING_SHARE) * measured, 1.0)

    def left_s(self, name: str) -> float | None:
        """Return the seconds to the end of an ensemble, None while it says nothing of itself."""
        part = self.part(name) if name in self.readings else 0.0
        return (self.clock() - self._begun_at[name]) * (1 - part) / part if part > 0 else None

    @property
    def fraction(self) -> float:
        """Fraction of the sweep that is done."""
        in_flight = sum(self.part(name) * self.labels[name][1] for name in self.readings)
        return min((self.done + in_flight) / self.jobs, 1.0) if self.jobs else 1.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self._started_at

    @property
    def remaining_s(self) -> float | None:
        """Seconds to the end at the mean speed so far, None while nothing is done."""
        fraction = self.fraction
        return self.elapsed_s * (1 - fraction) / fraction if fraction > 0 else None

    def summary(self) -> str:
        """Return counts and times in one line."""
        failed = f", {self.failed} failed" if self.failed else ""
        return (
            f"{self.done} of {self.jobs} jobs ({self.fraction:.0%}){failed}, "
            f"elapsed {duration(self.elapsed_s)}, ETA {duration(self.remaining_s)}"
        )


def label(jobs: Sequence[Sequence[str]], everywhere: Collection[str]) -> str:
    """Return a label for an ensemble: what its jobs share and not all jobs of the sweep do.

    Args:
        jobs: The overrides of each of its jobs.
        everywhere: Overrides of all jobs of the sweep.

    Example:
        >>> label([["a=1", "b=2", "seed=0"], ["a=1", "b=2", "seed=1"]], everywhere={"b=2"})
        'a=1 ×2'
    """
    shared = set.intersection(*map(set, jobs)) - set(everywhere)
    return " ".join([*(text for text in jobs[0] if text in shared), f"×{len(jobs)}"])


def duration(seconds: float | None) -> str:
    """Return a time span in words.

    Example:
        >>> [duration(s) for s in (None, 9.3, 130, 3900)]
        ['unknown', '9 s', '2 min 10 s', '1 h 5 min']
    """
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
