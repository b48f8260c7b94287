"""Standard deviations of the weights that networks start from."""

import math
from collections.abc import Callable, Mapping

Initialization = Callable[[int, int, float], float]


def glorot(fan_in: int, fan_out: int, gain: float) -> float:
    """Standard deviation √(2 / (fan_in + fan_out)) (Glorot & Bengio, 2010, eq. 12)."""
    return math.sqrt(2 / (fan_in + fan_out))


def released(fan_in: int, fan_out: int, gain: float) -> float:
    """Standard deviation gain / √fan_in (released code of Chelombiev et al., 2019)."""
    return gain / math.sqrt(fan_in)


INITIALIZATIONS: Mapping[str, Initialization] = {"glorot": glorot, "released": released}
