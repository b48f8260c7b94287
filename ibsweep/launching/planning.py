"""Which networks to train together: ensembles that keep every worker busy to the end."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from ibsweep import checks

Item = TypeVar("Item")

OVERHEAD = 8.0  # cost of an ensemble without its networks, in networks


def split(
    groups: Mapping[str, Sequence[Item]],
    workers: int,
    *,
    max_size: int = 64,
    overhead: float = OVERHEAD,
) -> list[tuple[Item, ...]]:
    """Split groups of networks into ensembles, the largest first.

    An ensemble of n networks is taken to cost `overhead + n`; each worker takes the next ensemble
    of the list whenever it is free. The split is the one, of those tried, with which the last
    worker is done first; of equal ones that with fewest ensembles.

    Args:
        groups: The networks of each group, in order; only those of one group can train together.
        workers: Number of workers.
        max_size: Largest number of networks in an ensemble.
        overhead: Cost of an ensemble without its networks, in networks.

    Returns:
        Ensembles: each network once, in the order of its group.

    Raises:
        ValueError: If `workers` or `max_size` is not positive or `overhead` is negative.

    Example:
        >>> [len(ensemble) for ensemble in split({"relu": range(150)}, workers=2)]
        [38, 38, 37, 37]
    """
    checks.integer("workers", workers, minimum=1)
    checks.integer("max_size", max_size, minimum=1)
    checks.real("overhead", overhead, minimum=0)
    filled = [list(networks) for networks in groups.values() if len(networks)]
    counts = [len(networks) for networks in filled]
    parts = _best_parts(counts, workers, max_size=max_size, overhead=overhead)
    ensembles = [
        ensemble
        for networks, number in zip(filled, parts, strict=True)
        for ensemble in _cut(networks, number)
    ]
    return sorted(ensembles, key=len, reverse=True)


def even_sizes(count: int, parts: int) -> list[int]:
    """Return the sizes of `parts` parts of `count` things that differ by one at most.

    Example:
        >>> even_sizes(7, 3)
        [3, 2, 2]
    """
    small, large = divmod(count, parts)
    return [small + 1] * large + [small] * (parts - large)


def makespan(costs: Iterable[float], workers: int) -> float:
    """Return when all is done if each worker that is free takes the largest remaining cost.

    References:
        Graham, Bounds on Multiprocessing Timing Anomalies, 1969. https://doi.org/10.1137/0117039

    Example:
        >>> makespan([3, 3, 2, 2], workers=2)
        5.0
    """
    free_at = [0.0] * workers
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(free_at, free_at[0] + cost)
    return max(free_at)


def _cut(networks: list[Item], parts: int) -> Iterable[tuple[Item, ...]]:
    start = 0
    for size in even_sizes(len(networks), parts):
        yield tuple(networks[start : start + size])
        start += size


def _best_parts(
    counts: Sequence[int], workers: int, *, max_size: int, overhead: float
) -> tuple[int, ...]:
    """Return into how many ensembles each group is cut.

    All groups are cut to about the same size: what a network costs differs between groups, by a
    factor that is not known here, and like sizes are easiest to balance with.
    """
    fewest = [math.ceil(count / max_size) for count in counts]

    def quality(parts: tuple[int, ...]) -> tuple[float, int]:
        sizes = (
            size
            for count, number in zip(counts, parts, strict=True)
            for size in even_sizes(count, number)
        )
        return makespan((overhead + size for size in sizes), workers), sum(parts)

    candidates = {
        tuple(math.ceil(count / size) for count in counts) for size in range(1, max_size + 1)
    }
    candidates.add(
        tuple(min(count, max(workers, least)) for count, least in zip(counts, fewest, strict=True))
    )
    return min(sorted(candidates), key=quality)
