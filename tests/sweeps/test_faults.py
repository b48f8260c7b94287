"""Sweeps that are killed, and go on when the same command is typed again: nothing lost or doubled.

`python -m tests.sweeps.test_faults` prints what each kill left; `pytest -m slow` runs it.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tests.sweeps.test_command_line import command, numbers, store_of

SWEEP = [
    "-m",
    "activation=relu,tanh",
    "seed=range(30)",
    "snapshots.count=12",
    "artifacts.activity_snapshots=1",
]
KILLS, LONG = 20, 6000  # epochs, so that the sweep outlasts the kills


def start(folder, epochs):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    return subprocess.Popen(
        [sys.executable, "-m", "ibsweep", *SWEEP, f"training.epochs={epochs}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def strike(process, how, rng):
    """Kill a worker, the parent, or the whole group; no child may outlive a killed parent."""
    children = psutil.Process(process.pid).children(recursive=True)
    if how == "worker":
        if children:
            rng.choice(children).kill()
        return
    if how == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.kill(process.pid, how)
    process.wait(timeout=60)
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, f"orphans: {alive}"


def disturb(folder, hows, rng, say, epochs):
    """Run the sweep again and again, struck at random instants; a dead worker does not end it."""
    process = None
    for count, how in enumerate(hows, 1):
        if process is None or process.poll() is not None:
            process = start(folder, epochs)
        time.sleep(rng.uniform(2, 22))
        if process.poll() is not None:
            say(f"kill {count:2d}: the sweep was done before", flush=True)
            continue
        strike(process, how, rng)
        say(f"kill {count:2d}: {how}, {finished(folder)} of 60 finished", flush=True)
    if process is not None:
        process.wait(timeout=1800)


def finished(folder):
    if not (folder / "outputs" / "mlflow.db").exists():
        return 0
    return int((store_of(folder).networks()["status"] == "FINISHED").sum())


def compare(folder, undisturbed):
    """Return runs lost, runs doubled and runs that never ended; assert that all numbers agree."""
    runs, reference = store_of(folder).networks(), numbers(store_of(undisturbed).networks())
    done = runs[runs["status"] == "FINISHED"]
    ours = numbers(done)
    pd.testing.assert_frame_equal(ours, reference, check_exact=True)
    lost = len(set(reference.index) - set(ours.index))
    return (
        lost,
        int(done["fingerprint"].duplicated().sum()),
        int((runs["status"] == "RUNNING").sum()),
    )


def run(folder, hows, *, seed=0, say=print, epochs=400):
    rng = random.Random(seed)
    struck, quiet = folder / "struck", folder / "quiet"
    struck.mkdir()
    quiet.mkdir()
    disturb(struck, hows, rng, say, epochs)
    for place in (struck, quiet):
        ended = command(place, *SWEEP, f"training.epochs={epochs}")
        assert ended.returncode == 0, ended.stderr
    lost, doubled, running = compare(struck, quiet)
    say(f"{len(hows)} kills: {lost} lost, {doubled} doubled, {running} still running")
    assert (lost, doubled, running) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "hows",
    [["group", "worker", "group", signal.SIGKILL], [signal.SIGINT, signal.SIGTERM]],
    ids=["kill", "stop"],
)
def test_a_sweep_that_is_killed_goes_on(tmp_path, hows):
    run(tmp_path, hows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        kills = [("group", "worker", signal.SIGKILL)[i % 3] for i in range(KILLS)]
        run(Path(folder), kills, epochs=LONG)
