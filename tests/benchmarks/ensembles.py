"""Networks trained together against one by one: `python -m tests.benchmarks.ensembles`.

First training alone, on one core: an ensemble of 50 against a single network that is not filled up
to the least ensemble. Then the whole command, training, measuring and tracking: the ensemble
launcher with 50 seeds against Hydra's joblib launcher, one network a job, on all cores.
"""

import dataclasses
import subprocess
import sys
import tempfile
import time
from unittest import mock

import numpy as np
import torch

from ibsweep.learning import trainer
from ibsweep.networks.mlp import MLP
from tests.learning.test_trainer import OPTIONS, ensemble

EPOCHS = 8000
SWEEPS = {  # a job of its own costs the same however many there are, so that few seeds tell it
    "ensemble launcher": (50, []),
    "joblib launcher": (8, ["hydra/launcher=joblib", "hydra.launcher.n_jobs=-1"]),
}


def training_ms(members: int, epochs: int) -> float:
    """Return milliseconds for a network and epoch."""
    parts = ensemble(
        range(members),
        options=dataclasses.replace(OPTIONS, epochs=epochs),
        snapshots=np.array([epochs]),
    )
    with mock.patch.object(MLP, "least_members", 1):
        begin = time.perf_counter()
        trainer.train(parts)
    return 1000 * (time.perf_counter() - begin) / members / epochs


def sweep_seconds(seeds: int, overrides: list[str]) -> float:
    """Run the command in an empty folder and return its wall time in seconds for a network."""
    sweep = ["-m", f"seed=range({seeds})", f"training.epochs={EPOCHS}", *overrides]
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "ibsweep", *sweep]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return (time.perf_counter() - begin) / seeds


def main() -> None:
    """Print times and their ratios."""
    torch.set_num_threads(1)
    pairs = [(training_ms(1, 100), training_ms(50, 20)) for _ in range(3)]
    single, together = np.median(pairs, axis=0)
    print(f"training, one core: single {single:.2f}, of 50 {together:.2f} ms a network and epoch")
    print(f"ratio {single / together:.1f}", flush=True)
    seconds = {name: sweep_seconds(*how) for name, how in SWEEPS.items()}
    for name, wall in seconds.items():
        print(f"{name:18s} {wall:5.2f} s a network, {SWEEPS[name][0]} seeds, {EPOCHS} epochs")
    ours, theirs = seconds.values()
    print(f"ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
