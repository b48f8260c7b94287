"""Time the search for neighbours: `python -m tests.benchmarks.neighbours`.

Prints seconds of the processor, which other programs change little, and peak memory, each measured
in a process of its own, and ratios against scikit-learn's NearestNeighbors as one would first
write it; one thread, five neighbours.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ibsweep.estimators.shared.neighbours import nearest

NEIGHBOURS = 5
SIZES = [(10_000, 4), (10_000, 8), (100_000, 4), (100_000, 8)]


def ours(points: np.ndarray) -> np.ndarray:
    """Distances to the fifth neighbour, by ibsweep."""
    return nearest(points, [NEIGHBOURS]).radii[:, 0]


def naive(points: np.ndarray) -> np.ndarray:
    """Distances to the fifth neighbour, by scikit-learn's defaults."""
    search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(points)
    return search.kneighbors(points)[0][:, -1]


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"ours": ours, "naive": naive}


def measure(task: tuple[str, int, int]) -> tuple[float, float, float]:
    """Return seconds of the processor, MiB of memory at most, and the mean distance."""
    name, samples, dimensions = task
    points = np.random.default_rng(0).normal(size=(samples, dimensions))
    METHODS[name](points[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    distance = float(METHODS[name](points).mean())
    seconds = time.process_time() - begin
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, distance


def main() -> None:
    """Print a line for each size."""
    context = multiprocessing.get_context("spawn")
    for samples, dimensions in SIZES:
        found = []
        for name in METHODS:
            with context.Pool(1) as pool:
                found.append(pool.apply(measure, [(name, samples, dimensions)]))
        (fast, small, value), (slow, large, expected) = found
        assert np.isclose(value, expected), (value, expected)
        print(
            f"{samples:7d} × {dimensions}: {fast:6.2f} s, {small:6.1f} MiB; scikit-learn "
            f"{slow:6.2f} s, {large:6.1f} MiB; ratios {slow / fast:.2f}, {large / small:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
