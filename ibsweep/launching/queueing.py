"""The ensembles that wait for a worker, and the splitting of those that hold others up."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ibsweep.launching.planning import OVERHEAD
from ibsweep.launching.units import Unit

POLL_S = 1.0
LEAST_GAIN_S = 20.0


@dataclass(frozen=True)
class Splitter:
    """Decides which ensemble in flight is worth being split for a worker that is free.

    Attributes:
        present: Returns the number of workers that there are now.
        left_s: Returns the seconds to the end of the ensemble of a name, None if that is not
            known or it cannot be split.
        split: Asks the worker of the ensemble of this name to stop with a checkpoint.
    """

    present: Callable[[], int]
    left_s: Callable[[str], float | None]
    split: Callable[[str], None]

    def gain_s(self, unit: Unit) -> float:
        """Return the seconds by which an ensemble would be done earlier on two workers.

        As `planning.split`, it takes an ensemble of n networks to cost `OVERHEAD` + n.
        """
        left, networks = self.left_s(unit.name), len(unit.networks)
        return (left or 0.0) * (networks // 2) / (OVERHEAD + networks)


class Queue:
    """Ensembles that wait or are in flight; iterating over it takes one after the other.

    Several threads may iterate. Each is done when nothing waits and nothing is in flight that
    could be split or run again.

    Args:
        units: The ensembles, in the order to start them.
        splitter: Splits those that hold up the end.
    """

    def __init__(self, units: Sequence[Unit], splitter: Splitter) -> None:
        self._waiting = deque(units)
        self._in_flight: dict[str, Unit] = {}
        self._asked: set[str] = set()
        self._splitter = splitter
        self._changed = threading.Condition()
        self._is_closed = False

    def __iter__(self) -> Iterator[Unit]:
        """Take ensembles until none is left."""
        while (unit := self._take()) is not None:
            try:
                yield unit
            finally:  # also if the worker's thread fails: no other must wait for it
                self.end(unit, [])

    def end(self, unit: Unit, again: Sequence[Unit]) -> None:
        """Take note that an ensemble has ended, and of what is to be run in its place."""
        with self._changed:
            self._in_flight.pop(unit.name, None)
            self._asked.discard(unit.name)
            self._waiting.extendleft(reversed(again))
            self._changed.notify_all()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Give out no more ensembles once the block is left, in whatever way."""
        try:
            yield
        finally:
            with self._changed:
                self._is_closed = True
                self._changed.notify_all()

    def _take(self) -> Unit | None:
        with self._changed:
            while not self._is_closed:
                if self._waiting:
                    unit = self._waiting.popleft()
                    self._in_flight[unit.name] = unit
                    return unit
                if not self._in_flight:
                    return None
                self._split_one()
                self._changed.wait(POLL_S)
        return None

    def _split_one(self) -> None:
        """Ask for the ensemble to be split that gains most by it, if a worker is free."""
        gains = {
            name: self._splitter.gain_s(unit)
            for name, unit in self._in_flight.items()
            if name not in self._asked
        }
        name = max(gains, key=gains.__getitem__, default=None)
        if name is None or gains[name] < LEAST_GAIN_S:
            return
        if len(self._in_flight) + len(self._asked) < self._splitter.present():
            self._asked.add(name)
            self._splitter.split(name)
