"""Hands sweeps to a scheduler, and runs packages of their plans."""

import logging
import sys
from pathlib import Path

import click

from ibsweep import main
from ibsweep.launching import working


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--print", "action", flag_value="print", help="Print the script, and do no more.")
@click.option("--plan", "action", flag_value="plan", help="Write plan and script, submit nothing.")
@click.argument("overrides", nargs=-1, type=click.UNPROCESSED)
def submit(overrides: tuple[str, ...], action: str | None) -> None:
    r"""Submit a sweep to SLURM as a job array, and end.

    OVERRIDES are those of python -m ibsweep -m; options of sbatch are overrides too:

    \b
      ibsweep submit activation=relu,elu,swish 'seed=range(50)' \
          'hydra.launcher.sbatch.time="1:00:00"' hydra.launcher.sbatch.partition=short

    The same command again submits only what is neither stored nor queued nor running. Once all is
    stored, it prints the sweep's summary.
    """
    words = ["-m", *overrides]
    if not any(word.startswith("hydra/launcher=") for word in overrides):
        words.append("hydra/launcher=slurm")
    if action:
        words.append(f"hydra.launcher.action={action}")
    sys.argv[1:] = words
    main.main()


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--task", required=True, type=int, help="Number of the package.")
def work(plan: Path, task: int) -> None:
    """Run one package of the PLAN that `ibsweep submit` wrote: a file, or its folder.

    For any scheduler. At SIGUSR1 it writes a checkpoint and ends with exit status 75: run it again
    to go on, there or elsewhere. Exit status 1: a job failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(working.work(main.TASK, plan, task))
