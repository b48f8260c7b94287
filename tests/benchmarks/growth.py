"""How time and memory grow: `python -m tests.benchmarks.growth [figure.png]`.

One thing grows at a time: networks trained together, epochs, samples, units of a layer, snapshots,
runs in the store. Each point is a process of its own, which does the work once in small to warm up
and then in full. Prints a table in Markdown with the exponent k of growth ∝ size^k, by least
squares on the logarithms, for the time and for what the memory rises by while the work is done.
"""

import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure

import ibsweep
from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.kde import kde_information
from ibsweep.learning.trainer import train
from ibsweep.networks.mlp import MLP
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.types import Dataset, Split
from tests.benchmarks.querying import fill
from tests.learning.test_trainer import ACTIVATIONS, OPTIONS, TASK, ensemble

EPOCHS, MEMBERS, UNITS = 200, 20, 10
REPEATS = 3  # of every point; the median counts
Work = Callable[[int], Callable[[], object]]


def training(
    *,
    members: int = MEMBERS,
    epochs: int = EPOCHS,
    samples: int = len(TASK.labels),
    units: int = UNITS,
    snapshots: int = 3,
) -> Callable[[], object]:
    """Return the training of an ensemble of relu networks of five hidden layers."""
    repeats = samples // len(TASK.labels)
    inputs, labels = np.tile(TASK.inputs, (repeats, 1)), np.tile(TASK.labels, repeats)
    kind = ensemble(range(members))
    rows = np.arange(samples)
    split = Split(rows[: samples * 4 // 5], rows[samples * 4 // 5 :])
    return partial(
        train,
        dataclasses.replace(
            kind,
            network=MLP([units] * 5, ACTIVATIONS["relu"], "glorot", features=12, classes=2),
            members=[one._replace(split=split) for one in kind.members],
            dataset=Dataset(inputs, labels, TASK.classes),
            options=dataclasses.replace(OPTIONS, epochs=epochs, engine="auto"),
            snapshots=np.unique(np.linspace(0, epochs, snapshots).astype(int)),
        ),
    )


def measuring(
    estimator: Callable[..., object],
    *,
    samples: int = 4096,
    units: int = UNITS,
    snapshots: int = 2,
) -> Callable[[], object]:
    """Return the measuring of layers of relu activity."""
    draw = torch.Generator().manual_seed(0)
    activity = torch.randn(snapshots, samples, units, generator=draw).relu()
    return partial(estimator, activity, torch.arange(samples) % 2)


def querying(runs: int) -> Callable[[], object]:
    """Return the reading of the runs and curves of a store of made-up networks."""
    folder = tempfile.TemporaryDirectory()
    fill(open_store(TrackingOptions(None, "ibsweep", "metrics", Path(folder.name))), runs)

    def read() -> object:
        return ibsweep.curves(ibsweep.runs(directory=folder.name))

    return read


ebab = partial(ebab_information, bins=30)
kde = partial(kde_information, noise_variance=1e-3)
AXES: dict[str, tuple[Work, list[int]]] = {
    "training, networks together": (lambda n: training(members=n), [10, 20, 40, 80, 160]),
    "training, epochs": (lambda n: training(epochs=n), [100, 200, 400, 800]),
    "training, samples": (lambda n: training(samples=n, epochs=40), [4096, 16384, 65536]),
    "training, units of a layer": (lambda n: training(units=n, epochs=50), [8, 16, 32, 64]),
    "training, snapshots": (lambda n: training(snapshots=n), [25, 50, 100, 200]),
    "EBAB, samples": (lambda n: measuring(ebab, samples=n), [4096, 16384, 65536]),
    "EBAB, units": (lambda n: measuring(ebab, units=n), [8, 16, 32, 64, 128]),
    "EBAB, snapshots": (lambda n: measuring(ebab, snapshots=n), [25, 50, 100, 200]),
    "KDE, samples": (lambda n: measuring(kde, samples=n), [4096, 8192, 16384, 32768]),
    "KDE, units": (lambda n: measuring(kde, units=n), [8, 16, 32, 64]),
    "reading runs and curves, runs": (querying, [100, 300, 1000]),
}


def point(axis: str, size: int) -> None:
    """Do the work of a point, and print its seconds and the MB that memory rose by."""
    torch.set_num_threads(1)
    work, sizes = AXES[axis]
    work(sizes[0])()
    full = work(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    full()
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([seconds, (after - before) / 1024]))


def measured(axis: str, size: int) -> tuple[float, float]:
    """Return the median seconds of a point in processes of its own, and the least MB."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", axis, str(size)]
    texts = [subprocess.check_output(command, text=True) for _ in range(REPEATS)]
    seconds, megabytes = zip(*(json.loads(text.splitlines()[-1]) for text in texts), strict=True)
    return float(np.median(seconds)), min(megabytes)


def exponent(sizes: list[int], values: list[float]) -> float:
    """Fit k of values ∝ sizes^k."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def main() -> None:
    """Print a row for each axis, and draw them if a file is named."""
    print(
        "| what grows | sizes | seconds | exponent | MB | exponent |\n|---|---|---|---:|---|---:|"
    )
    panel = Figure(figsize=(6, 4), layout="constrained").subplots()
    for k, (axis, (_, sizes)) in enumerate(AXES.items()):
        seconds, megabytes = zip(*(measured(axis, size) for size in sizes), strict=True)
        memory = f"{exponent(sizes, megabytes):.2f}" if min(megabytes) > 5 else "–"
        cells = [
            *(axis, ", ".join(map(str, sizes)), ", ".join(f"{one:.3g}" for one in seconds)),
            *(f"{exponent(sizes, seconds):.2f}", ", ".join(f"{one:.0f}" for one in megabytes)),
            memory,
        ]
        print(f"| {' | '.join(cells)} |", flush=True)
        relative = np.array(sizes) / sizes[0], np.array(seconds) / seconds[0]
        panel.loglog(*relative, marker="o", color=colormaps["tab20"](k), label=axis)
    panel.loglog([1, 20], [1, 20], color="black", linestyle=":", label="in proportion")
    panel.set(xlabel="size, relative to the smallest", ylabel="time, likewise")
    panel.legend(fontsize=7)
    if len(sys.argv) == 2:
        panel.figure.savefig(sys.argv[1], dpi=150)


if __name__ == "__main__":
    point(sys.argv[1], int(sys.argv[2])) if len(sys.argv) == 3 else main()
