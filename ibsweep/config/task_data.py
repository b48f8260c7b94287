"""A task's patterns and labels, made once a process, and what is checked of them."""

import json
from functools import lru_cache

import numpy as np

from ibsweep import promises
from ibsweep.config.data_files import Source
from ibsweep.config.instantiation import ConfigError, blame, build
from ibsweep.types import Dataset

MERGED = 0.01  # share of different patterns that float32 may make equal


@lru_cache(maxsize=8)
def dataset(task: Source, trusted: tuple[str, ...]) -> Dataset:
    """Return a task's data; equal options with equal files share one copy.

    Args:
        task: The option `task`.
        trusted: Packages whose targets may be built.

    Raises:
        ConfigError: If the option is wrong.
    """
    with blame("task"):
        return promises.kind(build(json.loads(task.node), "task", trusted=trusted), Dataset)


@lru_cache(maxsize=8)
def try_task(task: Source, trusted: tuple[str, ...]) -> None:
    """Make the user's own task twice, and check that it does the same both times.

    It must return the same data and draw no global random numbers.

    Args:
        task: The option `task`.
        trusted: Packages whose targets may be built.

    Raises:
        ConfigError: If it does not.
    """
    target = str(json.loads(task.node).get("_target_"))
    if not target.startswith("ibsweep."):  # ours may be gigabytes, and have tests
        rule = f"_target_ must make the same Dataset again, got {target}"
        promises.tried(rule, lambda: dataset.__wrapped__(task, trusted).digest)


@lru_cache(maxsize=8)
def check_float32(task: Source, trusted: tuple[str, ...]) -> None:
    """Check that float32 holds a task's patterns, and keeps all but 1 % of them different.

    Of continuous data a few coincide by chance: some 2 of 10 000 normal numbers.

    Args:
        task: The option `task`.
        trusted: Packages whose targets may be built.

    Raises:
        ConfigError: If it does not.
    """
    exact = dataset(task, trusted).inputs
    with np.errstate(over="ignore"):
        rounded = exact.astype(np.float32) + 0  # −0 becomes 0
    rule = "dtype must be float64 for patterns that float32"
    if not np.isfinite(rounded).all():
        raise ConfigError(f"{rule} cannot hold, got {exact[~np.isfinite(rounded)][0]:g}")
    distinct = [len({hash(row.tobytes()) for row in rows}) for rows in (exact, rounded)]
    if distinct[1] < (1 - MERGED) * distinct[0]:
        got = f"got {distinct[0]} different ones, of which it leaves {distinct[1]}"
        raise ConfigError(f"{rule} makes equal, {got}")
