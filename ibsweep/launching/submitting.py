"""Hydra launcher that hands the ensembles of a sweep to SLURM, and ends."""

import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, setup_globals
from hydra.errors import ConfigCompositionException

from ibsweep import checks
from ibsweep.launching import slurm
from ibsweep.launching.checking import identify
from ibsweep.launching.composition import Composition, make_sweep_dir
from ibsweep.launching.dry_run import look_ahead
from ibsweep.launching.launcher import EnsembleLauncher
from ibsweep.launching.plan_status import active_runs
from ibsweep.launching.plans import DATA, STORES, Packed, Plan, plans_in
from ibsweep.launching.plugins import alias
from ibsweep.launching.progress import label
from ibsweep.launching.remaining import Remaining, find_remaining
from ibsweep.launching.scratch import versions
from ibsweep.launching.task import EnsembleTask, Inputs
from ibsweep.launching.units import Unit, work_of

log = logging.getLogger(__name__)

ACTIONS = SUBMIT, PLAN, PRINT = "submit", "plan", "print"


class SubmitLauncher(EnsembleLauncher):
    """Plans ensembles, writes the plan and a script, and submits this as an array of SLURM's.

    What is stored, queued or running is not submitted again. Without a server for the results,
    each task fills a store of its own; what these hold is collected at the next call.

    Args:
        workers: Number of tasks to split the work into, at least, if there is enough.
        threads: Threads of each task.
        max_ensemble: Largest number of networks in a task.
        at_once: Most tasks that run at once, None for as many as there can be.
        notice_s: How long before its time is up a task is told to write a checkpoint, seconds.
        sbatch: Further options of sbatch, long name to value, as `{time: "2:00:00"}`.
        setup: Lines of a shell that a task runs first, as "module load python".
        action: "submit"; "plan", to write plan and script only, for other schedulers; or "print",
            to print the script only.
    """

    def __init__(
        self,
        *,
        workers: int = 10,
        threads: int = 1,
        max_ensemble: int = 64,
        at_once: int | None = None,
        notice_s: int = 120,
        sbatch: Mapping[str, object] | None = None,
        setup: Sequence[str] = (),
        action: str = "submit",
    ) -> None:
        super().__init__(workers=workers, threads=threads, max_ensemble=max_ensemble)
        self._at_once, self._notice_s = at_once, notice_s
        self._sbatch: Any = {} if sbatch is None else sbatch
        self._lines: Any = setup
        self._action = action

    def check(self) -> None:
        """Check the options.

        Raises:
            ValueError: If one is wrong.
        """
        super().check()
        checks.choice("hydra.launcher.action", self._action, ACTIONS)
        if self._at_once is not None:
            checks.integer("hydra.launcher.at_once", self._at_once, minimum=1)
        checks.integer("hydra.launcher.notice_s", self._notice_s, minimum=1)
        slurm.check_options(self._sbatch, self._lines)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Submit what is missing; return what the jobs returned if all are stored, else nothing.

        Raises:
            ConfigCompositionException: If the jobs or this machine cannot be used so.
        """
        setup_globals()
        self._configure_log()
        composition = self._setup.compose(job_overrides, initial_job_idx)
        if not composition.jobs:
            return []
        if composition.task is None:
            raise ConfigCompositionException("hydra/launcher=slurm must run jobs of ibsweep")
        if self._action == SUBMIT and not slurm.is_there():
            raise ConfigCompositionException(
                f"SLURM's sbatch must be on the PATH, {slurm.WAY_OUT}"
            )
        folder = self._setup.sweep_dir.absolute()
        try:
            return self._launch(composition, composition.task, folder)
        except ValueError as error:
            raise ConfigCompositionException(str(error)) from error

    def _launch(
        self, composition: Composition, task: EnsembleTask, folder: Path
    ) -> Sequence[JobReturn]:
        inputs = _inputs(composition, task)
        identities = identify(composition)
        target = str(next(iter(identities.values())).store)  # one for all jobs of a sweep
        plans = [one for one in plans_in(folder.parent) if one[1].target == target]
        if self._action == PRINT:
            remaining = look_ahead(composition)
        else:
            config = composition.config(composition.jobs[0])
            task.prepare(config)
            task.gather(config, _copies(plans))
            remaining = find_remaining(composition, identities)
        active, waiting = active_runs(plans)
        jobs = [
            job for job in remaining.due.jobs if remaining.identities[job.num].run not in active
        ]
        queued = len(remaining.due.jobs) - len(jobs)
        whole = f"{len(composition.jobs)} jobs: {remaining.finished} finished"
        log.info(f"{whole}, {queued} queued or running, {len(jobs)} to submit")
        for plan in waiting if queued else ():
            log.info(f"Tasks wait: ibsweep work {plan} --task N (to plan them anew, remove it)")
        if jobs:
            due = replace(remaining, due=replace(remaining.due, jobs=jobs))
            self._submit(self._plan(due, inputs, target), inputs.files, folder)
        if jobs or queued:
            return []
        make_sweep_dir(self._setup.config)
        return remaining.complete({})

    def _plan(self, remaining: Remaining, inputs: Inputs, target: str) -> Plan:
        """Plan the ensembles of the jobs that are left."""
        composition = remaining.due
        units = work_of(remaining).units(
            self._options.most_workers, max_size=self._options.max_ensemble
        )
        everywhere = set.intersection(*(set(job.overrides) for job in composition.jobs))
        return Plan(
            name=Plan.new_name(),
            scheduler="slurm" if self._action == SUBMIT else None,
            command=f"python -m ibsweep {shlex.join(sys.argv[1:])}",
            versions=versions(),
            threads=self._options.threads,
            store=inputs.store,
            target=target,
            bases=composition.bases,
            packages=[_packed(unit, remaining, everywhere) for unit in units],
        )

    def _submit(self, plan: Plan, files: Mapping[str, bytes], folder: Path) -> None:
        """Write a plan and its script, and submit that; or print it."""
        script = slurm.script(
            plan,
            folder,
            sbatch=self._sbatch,
            setup=self._lines,
            at_once=self._at_once,
            notice_s=self._notice_s,
        )
        if self._action == PRINT:
            print(script, end="")
            return
        if self._action == SUBMIT:
            slurm.check_tasks(len(plan.packages))
        make_sweep_dir(self._setup.config)
        for path, content in files.items():
            (folder / DATA / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / DATA / path).write_bytes(content)
        (folder / slurm.LOGS).mkdir()
        (folder / slurm.SCRIPT).write_text(script)
        written = plan.write(folder)
        tasks = len(plan.packages)
        if self._action == PLAN:
            log.info(f"Planned {tasks} tasks. To run them:")
            log.info(
                f"ibsweep work {written} --task N    (N from 0 to {tasks - 1}, on any machine)"
            )
        else:
            job = slurm.submit(folder / slurm.SCRIPT)
            log.info(f"Submitted {tasks} tasks as SLURM job {job}, {plan.name}: {written}")
        log.info("To look: ibsweep status --watch. To collect results: the same command again")


def _copies(plans: Sequence[tuple[Path, Plan]]) -> dict[str, Path]:
    """Return the copies of the stores that the tasks of plans filled."""
    return {
        f"{plan.name}.{path.name}": path
        for folder, plan in plans
        if plan.store is None
        for path in sorted((folder / STORES).glob("*"), key=lambda path: int(path.name))
    }


def _inputs(composition: Composition, task: EnsembleTask) -> Inputs:
    """Return what all jobs need on the machines that run them."""
    files: dict[str, bytes] = {}
    store = None
    for _, config in composition.families():
        more, store = task.travel(config, True)
        files |= more
    return Inputs(files, store)


def _packed(unit: Unit, remaining: Remaining, everywhere: set[str]) -> Packed:
    text = label([job.overrides for job in unit.jobs], everywhere)
    return Packed(text, unit.jobs, tuple(remaining.identities[job.num].run for job in unit.jobs))


alias(SubmitLauncher)
