"""Keeping freed memory in the process, for loops that allocate the same tensors over and over."""

import ctypes
import functools

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
_KEPT = 2**30  # bytes at the top of the heap that are not given back
_LARGEST = 2**25  # bytes; larger blocks are still mapped one by one


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
