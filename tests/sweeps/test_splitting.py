"""An ensemble that holds up the end of a sweep is split between workers, and no number changes."""

import os
import subprocess
import sys

import pandas as pd

from tests.sweeps.test_command_line import command, numbers, said, store_of

EAGER = """
from ibsweep.launching import queueing
from ibsweep.main import main
queueing.LEAST_GAIN_S = 0.0
main()
"""
SPLIT = "networks that one worker trained go to two"
SWEEP = ["-m", "activation=tanh", "seed=range(6)", "snapshots.count=6"]
UNEVEN = ["training.epochs=5,700", "training.engine=torch", "network.hidden=[5,4]"]


def eager(folder, *words, **environment):
    """Run a sweep that splits whatever it can."""
    return subprocess.run(
        [sys.executable, "-c", EAGER, *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_a_free_worker_takes_half_of_what_another_trains(tmp_path):
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        folder.mkdir()
    said(command(whole, *SWEEP, *UNEVEN, "hydra.launcher.workers=1"))
    text = said(eager(split, *SWEEP, *UNEVEN, "hydra.launcher.workers=2"))
    assert SPLIT in text
    assert "12 of 12 jobs" in text
    runs = store_of(split).networks()
    assert list(runs["status"]) == ["FINISHED"] * 12
    pd.testing.assert_frame_equal(numbers(runs), numbers(store_of(whole).networks()))
