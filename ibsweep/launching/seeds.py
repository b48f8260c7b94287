"""The seed among a job's overrides: jobs that differ in it alone share one composition.

Overrides are read as text here: Hydra's parser takes 0.3 ms for each.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Seed(NamedTuple):
    """The seed of a job.

    Attributes:
        key: What the task calls it.
        value: Its value.
    """

    key: str
    value: int


def seed_of(overrides: Sequence[str], key: str) -> Seed | None:
    """Return a job's seed if one override sets it to an integer ≥ 0; else Hydra is to say."""
    given = [text for text in overrides if key_of(text) == key]
    if len(given) != 1 or not _sets(given[0], key):
        return None
    return Seed(key, int(given[0].partition("=")[2]))


def with_seed(overrides: Sequence[str], key: str, value: object) -> tuple[str, ...]:
    """Return overrides with another seed, for those that `seed_of` reads one from."""
    return tuple(
        f"{text.partition('=')[0]}={value}" if _sets(text, key) else text for text in overrides
    )


def key_of(override: str) -> str:
    """Return what an override is of.

    Example:
        >>> [key_of(text) for text in ("++seed=1", "~noise", "db@src=mysql")]
        ['seed', 'noise', 'db']
    """
    return override.lstrip("+~").partition("=")[0].partition("@")[0]


def _sets(override: str, key: str) -> bool:
    """Say whether an override sets a key that is there to an integer ≥ 0, plainly written."""
    name, _, value = override.partition("=")
    plain = value.isascii() and value.isdecimal() and (value == "0" or value[0] != "0")
    return plain and name.removeprefix("++") == key
