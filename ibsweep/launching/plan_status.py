"""How far the packages of a plan have come, as their records and the scheduler say."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ibsweep.launching import slurm
from ibsweep.launching.broadcasting import SweepStatus, counts, how_far
from ibsweep.launching.plans import Plan, plans_in
from ibsweep.launching.progress import duration
from ibsweep.launching.task_records import ENDED, RUNNING, TaskRecord, read_records

_LOST = "lost"  # it ran, and neither the scheduler nor a sign of life says that it still does
_WAITING = "waiting"  # nobody has begun it, and no scheduler has it
_QUEUED = "queued"


def plan_statuses(sweeps: Path) -> dict[str, SweepStatus]:
    """Return how far each submitted sweep has come, by its name.

    Args:
        sweeps: Folder of the sweeps.

    Raises:
        SlurmError: If a plan was submitted to SLURM, and that does not answer.
    """
    plans = list(plans_in(sweeps))
    queues = slurm.queue([plan.name for _, plan in plans if plan.scheduler])
    return {
        folder.name: _status(folder, plan, queues.get(plan.name, {})) for folder, plan in plans
    }


def active_runs(plans: Sequence[tuple[Path, Plan]]) -> tuple[set[str], list[Path]]:
    """Find the jobs of plans that are queued, wait for somebody to run them, or run.

    Returns:
        The fingerprints of these jobs; and the folders of the plans of which tasks wait.
    """
    queues = slurm.queue([plan.name for _, plan in plans if plan.scheduler])
    runs: set[str] = set()
    waiting = []
    for folder, plan in plans:
        queued = queues.get(plan.name, {})
        for number, record in enumerate(read_records(folder, len(plan.packages))):
            alive = record is not None and record.is_alive()
            by_hand = record is not None and alive and not record.job
            begun_or_due = record is None or record.state not in ENDED
            waits = plan.scheduler is None and begun_or_due and not alive
            if number in queued or waits or by_hand:
                runs |= set(plan.packages[number].runs)
            if waits and folder not in waiting:
                waiting.append(folder)
    return runs, waiting


def _status(folder: Path, plan: Plan, queue: Mapping[int, str]) -> SweepStatus:
    records = list(read_records(folder, len(plan.packages)))
    states = [_state(record, queue.get(number)) for number, record in enumerate(records)]
    tally = ", ".join(f"{n} {state}" for state, n in Counter(states).most_common())
    begun = [record for record in records if record]
    jobs = sum(len(package.jobs) for package in plan.packages)
    head = f"{folder.name} ({plan.name}): {_tasks(len(records))}, {tally}"
    active = any(state in (_QUEUED, RUNNING) for state in states)
    if begun:
        state = {
            "jobs": jobs,
            "done": sum(record.done for record in begun),
            "failed": sum(record.failed for record in begun),
            "started": min(record.started for record in begun),
            "updated": max(record.updated for record in begun),
        }
        head += f"; {counts(state)}"
        if active and state["done"]:
            elapsed = state["updated"] - state["started"]
            left = elapsed * (jobs - state["done"]) / state["done"]
            head += f", {duration(left)} left"
    rows = [
        _row(number, record, plan.packages[number].label)
        for number, (record, state) in enumerate(zip(records, states, strict=True))
        if record and state == RUNNING
    ]
    return SweepStatus([head, *rows], active)


def _state(record: TaskRecord | None, queued: str | None) -> str:
    """Return the state of a package."""
    if record and record.is_alive():
        return RUNNING
    if queued:
        return _QUEUED
    if record is None:
        return _WAITING
    return _LOST if record.state == RUNNING else record.state


def _row(number: int, record: TaskRecord, label: str) -> str:
    since = duration(time.time() - record.started)
    far = how_far(record.trained, record.done)
    return f"  task {number} on {record.host} for {since}: {label}: {far}"


def _tasks(count: int) -> str:
    return f"{count} task{'s' * (count != 1)}"
