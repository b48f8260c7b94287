"""Sweep 50 seeds with the ensemble launcher and with one network per job: `python
tests/benchmarks/ensembles.py`.

Prints the ratio of what each needs for a network and epoch; the one-network-per-job sweep uses
Hydra's official joblib launcher on all cores, and both runs do the same work, training, measuring
and tracking included.
"""

import subprocess
import sys
import tempfile
import time

SEEDS, EPOCHS = 50, 400
SWEEP = ["-m", f"seed=range({SEEDS})", f"training.epochs={EPOCHS}", "snapshots.count=12"]
LAUNCHERS = {
    "ensemble": [],
    "joblib, one network a job": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=-1"],
}


def seconds(overrides: list[str]) -> float:
    """Run the sweep in an empty folder and return its wall time in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "ibsweep", *SWEEP, *overrides],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - begin


def main() -> None:
    """Print wall times and their ratio."""
    times = {name: seconds(overrides) for name, overrides in LAUNCHERS.items()}
    for name, wall in times.items():
        print(
            f"{name:28s} {wall:7.1f} s   {1000 * wall / SEEDS / EPOCHS:.2f} ms a network and epoch"
        )
    ensemble, single = times.values()
    print(f"ratio {single / ensemble:.1f}")


if __name__ == "__main__":
    main()
