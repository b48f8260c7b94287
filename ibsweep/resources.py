"""Memory and threads of this process, and which processes of this machine are alive."""

import ctypes
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
_KEPT = 2**30  # bytes at the top of the heap that are not given back
_LARGEST = 2**25  # bytes; larger blocks are still mapped one by one
_CLOCK_SECONDS = 2.0  # by which the start of one process may seem to differ


@functools.cache
def keep_freed_memory() -> bool:
    """Ask the C library not to give freed memory back to the system at once.

    A training step frees and allocates tensors of some hundred kilobytes, which glibc's defaults
    map anew each time: with two trainings side by side, faulting their pages in took as long as
    all arithmetic (.9 against .4 ms a network and epoch, ReLU to ELU).

    Returns:
        Whether the C library knows the request; if not, training is slower, not different.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))


@dataclass
class Growth:
    """By how much the process grew.

    Attributes:
        bytes: The most that it held above what it held at the start.
    """

    bytes: int = 0


@contextmanager
def growth(*, interval_s: float = 0.005) -> Iterator[Growth]:
    """Watch from a thread how the process grows while the block runs.

    Memory that was freed before and kept by the process is used again without growth, so the
    figure is a lower one.

    Args:
        interval_s: Seconds between two looks.

    Yields:
        The growth so far; it is final when the block has ended.
    """
    process, seen, done = psutil.Process(), Growth(), threading.Event()
    before = process.memory_info().rss

    def look() -> None:
        seen.bytes = max(seen.bytes, process.memory_info().rss - before)

    def watch() -> None:
        while not done.wait(interval_s):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
        look()


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute on so many threads, then on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def is_alive(pid: int, started: float) -> bool:
    """Say whether a process of this machine is alive; numbers are used again, by others.

    Args:
        pid: Its number, ≥ 0.
        started: Unix time in seconds at which it started.
    """
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < _CLOCK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
