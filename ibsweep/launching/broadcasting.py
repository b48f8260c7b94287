"""How far a running sweep has come, for whoever looks from elsewhere."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ibsweep.launching.progress import Board, duration

EVERY_S = 5.0
SILENT_S = 60.0  # a sweep that publishes nothing for so long counts as dead
SHOWN = 20  # ensembles in flight


@contextmanager
def broadcasting(board: Board, publish: Callable[[str | None], None]) -> Iterator[None]:
    """Publish the state of a board every few seconds while a sweep runs.

    Args:
        board: What is known about the sweep.
        publish: Writes JSON text where others find it; None removes that at the end.
    """
    ended, published, started = threading.Event(), threading.Event(), time.time()

    def follow() -> None:
        while not ended.wait(EVERY_S):
            with board.lock:
                text = json.dumps(_state(board, started))
            publish(text)
            published.set()

    thread = threading.Thread(target=follow, name="sweep-broadcast", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if published.is_set():
            publish(None)


def _state(board: Board, started: float) -> dict[str, Any]:
    in_flight = [
        {"label": board.labels[name][0], "done": reading.done, "trained": reading.trained}
        for name, reading in list(board.readings.items())[:SHOWN]
    ]
    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "jobs": board.jobs,
        "done": board.done + sum(reading.done for reading in board.readings.values()),
        "failed": board.failed,
        "remaining_s": board.remaining_s,
        "started": started,
        "updated": time.time(),
        "in_flight": in_flight,
    }


class SweepStatus(NamedTuple):
    """How far a sweep has come, for people.

    Attributes:
        lines: To be shown.
        active: Whether something of it is queued or running.
    """

    lines: list[str]
    active: bool


def sweep_status(sweep: str, text: str) -> SweepStatus:
    """Return what to show of a sweep whose state was published.

    Args:
        sweep: Its name.
        text: The JSON text.
    """
    state = json.loads(text)
    silent = time.time() - state["updated"]
    where = f"{sweep} on {state['host']}, process {state['process']}"
    if silent > SILENT_S:
        return SweepStatus([f"{where}: no sign of life for {duration(silent)}"], active=False)
    rows = [
        f"  {one['label']}: {how_far(one['trained'], one['done'])}" for one in state["in_flight"]
    ]
    head = f"{where}: {counts(state)}, {duration(state['remaining_s'])} left"
    return SweepStatus([head, *rows], active=True)


def how_far(trained: float, done: int) -> str:
    """Say how far an ensemble has come.

    Args:
        trained: Fraction of its training that is done.
        done: Number of its jobs that are.
    """
    return f"training {trained:.0%}" if trained < 1 and not done else f"{done} done"


def counts(state: dict[str, Any]) -> str:
    """Return counts and speed in words.

    Example:
        >>> counts({"done": 3, "jobs": 9, "failed": 1, "started": 10.0, "updated": 20.0})
        '3 of 9 networks, 1 failed, 0.3 a second'
    """
    speed = state["done"] / max(state["updated"] - state["started"], 1.0)
    failed = f", {state['failed']} failed" if state["failed"] else ""
    return f"{state['done']} of {state['jobs']} networks{failed}, {speed:.2g} a second"
