"""Stops the trainings of this process, each with a checkpoint to go on from."""

import threading

_stop = threading.Event()


class Stopped(KeyboardInterrupt):
    """A training ended before its last epoch, with a checkpoint, as `stop_trainings` asked."""


def stop_trainings() -> None:
    """Let each training of this process end after its current epoch, with a checkpoint."""
    _stop.set()


def allow_trainings() -> None:
    """Let trainings run again after `stop_trainings`."""
    _stop.clear()


def is_stopping() -> bool:
    """Say whether trainings of this process are to stop."""
    return _stop.is_set()
