"""Recognises runs that a dead process left RUNNING, and closes them."""

import logging
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

from ibsweep.resources import is_alive
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.reading import search
from ibsweep.tracking.tags import number

if TYPE_CHECKING:
    from mlflow.entities import Run

SILENT_HOURS = 24
log = logging.getLogger(__name__)


class Reaped(NamedTuple):
    """What became of the runs that were RUNNING.

    Attributes:
        closed: Runs of dead processes, now KILLED, or FINISHED if all was written but that.
        left: Runs of other machines, or whose tags do not say of which process; they may be alive.
    """

    closed: list[str]
    left: list[str]


def reap(connection: Connection) -> Reaped:
    """Close the RUNNING runs whose process is dead.

    A run is RUNNING while its files and numbers are written, for seconds. On this machine its
    process is looked for, by number and time of start; on others, or if those tags are no numbers
    (any tag can be edited in the UI), it counts as dead `SILENT_HOURS` after its
    `ibsweep.heartbeat`, or after the run's start if that is no number either.
    """
    reaped = Reaped([], [])
    for experiment in (connection.networks, connection.summary):
        for run in search(connection, "attributes.status = 'RUNNING'", experiment=experiment):
            if "ibsweep.pid_start" not in run.data.tags:
                continue  # not ours
            process = _process(run.data.tags)
            if _is_silent(run) if process is None else not is_alive(*process):
                _close(connection, run)
                reaped.closed.append(run.info.run_id)
            elif process is None:
                reaped.left.append(run.info.run_id)
    _tell(reaped)
    return reaped


def _process(tags: dict[str, str]) -> tuple[int, float] | None:
    """Return number and time of start of a process of this machine; None if it is not known."""
    if tags.get("ibsweep.host") != socket.gethostname():
        return None
    pid, start = (number(tags.get(f"ibsweep.{name}")) for name in ("pid", "pid_start"))
    return None if pid is None or start is None or pid < 0 else (int(pid), start)


def _is_silent(run: "Run") -> bool:
    """Say whether nothing was heard of a run for long."""
    heard = number(run.data.tags.get("ibsweep.heartbeat"))
    last = run.info.start_time / 1000 if heard is None else heard
    return time.time() - last > 3600 * SILENT_HOURS


def _close(connection: Connection, run: "Run") -> None:
    """End a dead process's run; the tag `ibsweep.complete` says whether all was written."""
    complete = run.data.tags.get("ibsweep.complete") == "1"
    connection.client.set_tag(run.info.run_id, "ibsweep.reaped", "1")
    connection.client.set_terminated(run.info.run_id, "FINISHED" if complete else "KILLED")


def _tell(reaped: Reaped) -> None:
    if reaped.closed:
        log.warning("closed %d runs that dead processes left RUNNING", len(reaped.closed))
    if reaped.left:
        log.warning(
            "%d runs of other machines or of unknown processes are RUNNING: left alone until they"
            " are silent for %d hours",
            len(reaped.left),
            SILENT_HOURS,
        )
