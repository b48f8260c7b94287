"""Checks of option values: each states the rule and the value it got."""

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

_LARGEST = 2**53  # beyond it not every integer has a float64 of its own


def integer(name: str, value: object, *, minimum: int, maximum: float = _LARGEST) -> int:
    """Return `value` if it is an integer from `minimum` to `maximum`.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise ValueError(f"{name} must be an integer ≥ {minimum}, got {value!r}")
    if int(value) > maximum:
        raise ValueError(f"{name} must be an integer ≤ {maximum:.0f}, got {value!r}")
    return int(value)


def seed(name: str, value: object) -> int:
    """Return `value` if it is an integer of at least 0, however large.

    Raises:
        ValueError: If it is not.
    """
    return integer(name, value, minimum=0, maximum=math.inf)


def truth(name: str, value: object) -> bool:
    """Return `value` if it is true or false.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, got {value!r}")
    return value


def real(
    name: str,
    value: object,
    *,
    minimum: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a float if it is finite, ≥ `minimum`, > `above` and < `below`.

    Raises:
        ValueError: If it is not.
    """
    rules = [
        f"{sign} {bound:g}"
        for sign, bound in (("≥", minimum), (">", above), ("<", below))
        if math.isfinite(bound)
    ]
    rule = " and ".join(rules) or "a finite number"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(f"{name} must be a number {rule}, got {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number >= minimum and above < number < below):
        raise ValueError(f"{name} must be {rule}, got {value!r}")
    return number


def choice(name: str, value: object, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`.

    Raises:
        ValueError: If it is not; the message lists the choices.
    """
    options = list(choices)
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {value!r}")
    return str(value)


def sequence(
    name: str, value: object, rule: str = "a list", *, least: int = 0, most: float = math.inf
) -> Sequence[Any]:
    """Return `value` if it is a list, or another sequence but a text, of `least` to `most` items.

    Args:
        name: What an error calls it.
        value: To check.
        rule: What an error says that it must be.
        least: Fewest items.
        most: Most items.

    Raises:
        ValueError: If it is not.

    Example:
        >>> sequence("dims", "ab", "two sizes", least=2, most=2)
        Traceback (most recent call last):
        ValueError: dims must be two sizes, got 'ab'
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{name} must be {rule}, got {value!r}")
    if not least <= len(value) <= most:
        raise ValueError(f"{name} must be {rule}, got {value!r}")
    return value
