"""The command `python -m ibsweep`: a network, or a sweep of them."""

from functools import partial

from ibsweep.sweeps import app
from ibsweep.sweeps.networks import Networks

TASK = Networks().task()
CheckFirst = partial(app.CheckFirst, TASK)  # named by conf/config.yaml


def main() -> None:
    """Run the command line; exit with status 2 for wrong input, 1 for failed jobs."""
    app.run(TASK, config="config")
