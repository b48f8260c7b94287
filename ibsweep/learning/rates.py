"""Schedules of the learning rate: by which factor each step is shorter than the first ones.

Members keep their own learning rates; a schedule multiplies all of them. A factor follows from the
number of the step alone, so that an interrupted training goes on with the right one.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ibsweep import checks

Factor = Callable[[int], float]


def constant(step: int, *, steps: int) -> float:
    """Keep the learning rate.

    Args:
        step: Number of steps taken before.
        steps: Of the whole training.
    """
    return 1.0


def cosine(step: int, *, steps: int) -> float:
    """Follow half a cosine down to 0: ½(1 + cos πt/T).

    Args:
        step: t, the number of steps taken before.
        steps: T, those of the whole training.

    References:
        Loshchilov & Hutter (2017), eq. 5 without restarts. https://arxiv.org/abs/1608.03983
    """
    return (1 + math.cos(math.pi * step / steps)) / 2


def stepwise(step: int, *, steps: int, at: Sequence[float], factor: float) -> float:
    """Multiply by a factor each time that a given share of the training is done.

    Args:
        step: Number of steps taken before.
        steps: Of the whole training.
        at: The shares, in (0, 1).
        factor: > 0.

    References:
        He et al. (2016), §4.2: a tenth after half and three quarters. arXiv:1512.03385
    """
    return factor ** sum(step >= share * steps for share in at)


def warmup_cosine(step: int, *, steps: int, fraction: float) -> float:
    """Rise linearly to the whole learning rate, then follow half a cosine down to 0.

    Args:
        step: Number of steps taken before.
        steps: Of the whole training.
        fraction: Share of the training that the rise takes, rounded to whole steps, in [0, 1).

    References:
        Goyal et al. (2017), §2.2. https://arxiv.org/abs/1706.02677
    """
    rising = round(fraction * steps)
    if step < rising:
        return (step + 1) / rising
    return cosine(step - rising, steps=steps - rising)


_SCHEDULES: dict[str, Callable[..., float]] = {
    "constant": constant,
    "cosine": cosine,
    "step": stepwise,
    "warmup_cosine": warmup_cosine,
}
_OPTIONS = {  # of each schedule: an option of training, and the argument that it is
    "constant": {},
    "cosine": {},
    "step": {"step_at": "at", "step_factor": "factor"},
    "warmup_cosine": {"warmup_fraction": "fraction"},
}


def make(options: Mapping[str, Any], *, steps: int) -> Factor:
    """Build the schedule that options of training name, with its own options.

    Args:
        options: `schedule`, and e.g. `step_factor`.
        steps: Of the whole training.
    """
    name = options["schedule"]
    own = {argument: options[option] for option, argument in _OPTIONS[name].items()}
    return partial(_SCHEDULES[name], steps=steps, **own)


def idle(schedule: str) -> set[str]:
    """Return the options of training that belong to other schedules alone.

    Example:
        >>> sorted(idle("step"))
        ['warmup_fraction']
    """
    return {option for own in _OPTIONS.values() for option in own} - set(_OPTIONS[schedule])


def check(*, schedule: str, at: Sequence[float], factor: float, fraction: float) -> None:
    """Check the options of all schedules.

    Raises:
        ValueError: If one is out of its range.
    """
    checks.choice("schedule", schedule, _SCHEDULES)
    for share in checks.sequence("step_at", at, "a list of at least one share", least=1):
        checks.real("step_at", share, above=0, below=1)
    checks.real("step_factor", factor, above=0)
    checks.real("warmup_fraction", fraction, minimum=0, below=1)
