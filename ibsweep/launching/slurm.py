"""SLURM: the script of a plan, and what its queue says of plans."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ibsweep.launching.plans import Plan
from ibsweep.launching.working import EXIT_RUN_AGAIN

SCRIPT, LOGS = "submit.sh", "logs"
WAY_OUT = "or see --print for the script, --plan for other schedulers"
_OURS = ("array", "job-name", "output", "open-mode", "requeue", "signal")  # set by the script
_SCRIPT = """\
#!/bin/bash
# {command}
{lines}
{setup}
# Time is nearly up (USR1) or the job is cancelled (TERM): the worker writes a checkpoint and ends.
trap 'kill -USR1 $worker' USR1
trap 'kill -TERM $worker' TERM
{python} -m ibsweep.cli work {folder} --task "$SLURM_ARRAY_TASK_ID" &
worker=$!
wait $worker; status=$?
while kill -0 $worker 2>/dev/null; do wait $worker; status=$?; done
if [ $status -eq {again} ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $status
"""


class SlurmError(OSError):
    """SLURM is not there or refuses; the message says why in a line."""


def check_options(sbatch: object, setup: object) -> None:
    """Check what the user wants to be in the script.

    Raises:
        ValueError: If it is wrong; the message names the key.
    """
    rule = "hydra.launcher.sbatch must map long options of sbatch to texts or numbers"
    if not isinstance(sbatch, Mapping):
        raise ValueError(f"{rule}, got {sbatch!r}")
    for name, value in sbatch.items():
        fine = isinstance(value, str | int | float | None) and "\n" not in str(value)
        if not fine or not re.fullmatch(r"[a-z][a-z0-9-]*", str(name)):
            raise ValueError(f"{rule}, got {name}: {value}")
        if name in _OURS:
            raise ValueError(f"hydra.launcher.sbatch must leave {name} to ibsweep, got {value!r}")
    if not isinstance(setup, Sequence) or isinstance(setup, str):
        rule = "hydra.launcher.setup must be a list of lines of a shell"
        raise ValueError(f"{rule}, got {setup!r}")


def script(
    plan: Plan,
    folder: Path,
    *,
    sbatch: Mapping[str, object],
    setup: Sequence[str],
    at_once: int | None,
    notice_s: int,
) -> str:
    """Return the script that runs each package of a plan as a task of a job array.

    Args:
        plan: The plan.
        folder: Its folder.
        sbatch: Further options: long name to value; an empty value is none, null leaves it out.
        setup: Lines of a shell that come first.
        at_once: Most tasks at once, None for as many as there can be.
        notice_s: How long before the end of its time a task is told, in seconds.
    """
    limit = "" if at_once is None else f"%{at_once}"
    options = {
        "job-name": plan.name,
        "array": f"0-{len(plan.packages) - 1}{limit}",
        "output": folder / LOGS / "%a.log",
        "open-mode": "append",
        "signal": f"B:USR1@{notice_s}",
        "requeue": "",
        **sbatch,
    }
    lines = [
        f"#SBATCH --{name}" + (f"={shlex.quote(str(value))}" if value != "" else "")
        for name, value in options.items()
        if value is not None
    ]
    return _SCRIPT.format(
        command=plan.command,
        lines="\n".join(lines),
        setup="\n".join(setup),
        python=shlex.quote(sys.executable),
        folder=shlex.quote(str(folder)),
        again=EXIT_RUN_AGAIN,
    )


def submit(path: Path) -> str:
    """Submit a script, and return the number of the job.

    Raises:
        SlurmError: If SLURM is not there or refuses it.
    """
    return _call("sbatch", "--parsable", str(path)).strip().partition(";")[0]


def check_tasks(count: int) -> None:
    """Check that an array of so many tasks is not larger than the cluster allows.

    Raises:
        ValueError: If it is.
        SlurmError: If SLURM does not answer.
    """
    match = re.search(r"MaxArraySize\s*=\s*(\d+)", _call("scontrol", "show", "config"))
    if match and count > int(match[1]):
        rule = f"the sweep must fit into {match[1]} tasks, SLURM's MaxArraySize"
        ways = "raise hydra.launcher.max_ensemble, or submit parts of the sweep"
        raise ValueError(f"{rule}, got {count}: {ways}")


def is_there() -> bool:
    """Say whether this machine can submit jobs to SLURM."""
    return shutil.which("sbatch") is not None


def queue(names: Collection[str]) -> dict[str, dict[int, str]]:
    """Return the state of each task that is queued or running, by name of the plan.

    Args:
        names: Names of plans.

    Returns:
        Name to number of the task to its state, as "PENDING" or "RUNNING".

    Raises:
        SlurmError: If SLURM does not answer.
    """
    tasks: dict[str, dict[int, str]] = {}
    if names and is_there():
        words = ["--me", "--noheader", "--array", "--format=%j|%K|%T"]
        for line in _call("squeue", f"--name={','.join(names)}", *words).splitlines():
            name, number, state = line.strip().split("|")
            tasks.setdefault(name, {})[int(number)] = state
    return tasks


def _call(*words: str) -> str:
    """Run one of SLURM's commands and return what it prints.

    Raises:
        SlurmError: If there is no such command, or it fails.
    """
    try:
        result = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise SlurmError(f"SLURM's {words[0]} must be on the PATH, {WAY_OUT}") from error
    if result.returncode != 0:
        reason = " ".join(result.stderr.split())
        raise SlurmError(f"SLURM must accept {shlex.join(words)}, got: {reason}")
    return result.stdout
