"""Start-up of a sweep that is finished already: `python -m tests.benchmarks.resuming`.

The store is filled with made-up networks under the names of 1000 jobs, as if they were trained.
Then the command is typed: how long until it says that nothing is left, and until it ends? The
measure is composing each of the jobs, as Hydra's own sweeper does.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig

from ibsweep.config.jobs import describe
from ibsweep.config.settings import Settings
from ibsweep.config.shipped import conf_dir
from ibsweep.main import TASK
from ibsweep.records import NetworkRecord
from ibsweep.sweeps import app
from ibsweep.sweeps.running import running_sweep
from ibsweep.tracking import open_store

SWEEP = ["-m", "activation=relu,tanh,elu,swish", "seed=range(250)"]
JOBS = 1000
COMPOSED = 25


def record(settings: Settings, job) -> NetworkRecord:
    """Return what a network might leave: curves and tables of the true size, no activity."""
    rng, epochs = np.random.default_rng(job.seed), settings.snapshots
    rows = pd.MultiIndex.from_product(
        [settings.network.layers, epochs, settings.estimators, ["all"]],
        names=["layer", "epoch", "estimator", "part"],
    ).to_frame(index=False)
    training = pd.DataFrame({"epoch": epochs, "loss/train": 0.3})
    for name in ("accuracy/test", "accuracy/train", "weight_norm"):
        training[name] = rng.random(len(epochs))
    scores = {f"ebab/compression/{name}": rng.random() for name in ("hidden", "last", "all")}
    return NetworkRecord(
        job=job,
        curves=rows.assign(i_xt=12 * rng.random(len(rows)), i_ty=rng.random(len(rows))),
        training=training,
        scores={**scores, "accuracy/test": rng.random(), "failed_to_train": 0.0},
        weights={"epochs": epochs},
        activity={},
        samples=4096,
        started=time.time(),
        durations={"training": 1.0},
    )


def start(configs, progress):
    """Stand in for the training of an ensemble."""
    settings = [Settings.of(config) for config in configs]

    def run(index):
        one = settings[index]
        job = describe(one, HydraConfig.get().runtime.choices, sweep=running_sweep())
        return open_store(one.tracking).log_network(record(one, job), figures={})

    return run


def fill(folder: Path) -> None:
    """Run the sweep in this process, without any training."""
    arguments = ["ibsweep", *SWEEP, "hydra.launcher.backend=sequential"]
    with mock.patch.object(sys, "argv", arguments):
        os.chdir(folder)
        app.run(replace(TASK, start=start), config="config")


def resume_seconds(folder: Path) -> tuple[float, float]:
    """Return seconds until the command says that all is finished, and until it ends."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ibsweep", *SWEEP], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = next(
        time.perf_counter() - begin
        for line in process.stdout
        if f"{JOBS} of {JOBS} already finished" in line
    )
    process.stdout.read()
    assert process.wait() == 0
    return told, time.perf_counter() - begin


def composing_seconds() -> float:
    """Return seconds that composing every job by itself would take."""
    with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
        begin = time.perf_counter()
        for seed in range(COMPOSED):
            compose("config", overrides=[f"seed={seed}"])
    return (time.perf_counter() - begin) / COMPOSED * JOBS


def main() -> None:
    """Print seconds and their ratio."""
    composing = composing_seconds()
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name))
        told, ended = min(resume_seconds(Path(name)) for _ in range(3))
    print(f"{JOBS} finished jobs: told so after {told:.1f} s, ended after {ended:.1f} s")
    print(f"composing each of them {composing:.1f} s; ratio {composing / told:.1f}")


if __name__ == "__main__":
    main()
