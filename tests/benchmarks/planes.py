"""What a network's information plane costs: `python -m tests.benchmarks.planes [checkout]`.

Processor time of drawing and writing the planes of one network after another, in repeats that take
turns. A checkout of another version takes part if one is given, in this environment.
"""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

REPEATS = 5
NETWORKS = 20


def main() -> None:
    """Print a table of times, and their ratios."""
    checkouts = [Path(__file__).parents[2], *(Path(one).resolve() for one in sys.argv[1:])]
    times = [[seconds(one) for one in checkouts] for _ in range(REPEATS)]
    print("ms of a plane (least, median), ratio of both to this version")
    table = 1e3 * np.stack([np.min(times, axis=0), np.median(times, axis=0)], axis=1)
    for checkout, row in zip(checkouts, table, strict=True):
        least, median = row / table[0]
        print(f"{checkout.name:12s} {row[0]:.0f} {row[1]:.0f}  {least:.2f} {median:.2f}")


def seconds(checkout: Path) -> float:
    """Return the median time of a plane in a fresh process, with the package of a checkout."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    command = [sys.executable, __file__, "draw"]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(said.stdout)


def draw() -> None:
    """Draw the planes of networks, and print the median time of one."""
    from ibsweep.plots.by_estimator import information_planes  # of the checkout
    from tests.support.records import SAMPLES, make_curves

    layers = [*(f"layer_{k}" for k in range(1, 6)), "output"]
    times = []
    for seed in range(NETWORKS):
        curves = make_curves(seed, layers=layers).assign(i_ty_floor=0.03)
        begin = time.process_time()
        planes = information_planes(curves, {}, samples=SAMPLES, title=f"relu-seed{seed}")
        for plane in planes.values():
            plane.savefig(io.BytesIO())
        times.append(time.process_time() - begin)
    print(np.median(times))


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
