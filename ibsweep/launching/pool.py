"""What a pool of workers is, and what its workers must have in common with the client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hydra.errors import ConfigCompositionException

from ibsweep.launching.packages import Done, Package, Split
from ibsweep.launching.scratch import Client, difference
from ibsweep.launching.workers import Sight


@dataclass(frozen=True)
class Lost:
    """The outcome of an ensemble whose worker died.

    Attributes:
        reason: What is known of its death.
    """

    reason: str


Outcome = dict[int, Done] | Lost | Split


@dataclass(frozen=True)
class Pool:
    """Workers, each running one ensemble at a time.

    Attributes:
        workers: Their number.
        call: Runs an ensemble in a free worker and waits; `workers` threads may call at once.
        near: Whether all workers see the client's folder.
        present: Returns how many of the workers there are now.
        split: Asks the worker of the ensemble of this name to stop, so that others can take a
            part of it; None: `progress_files.ask_to_split` does.
    """

    workers: int
    call: Callable[[Package], Outcome]
    near: bool = True
    present: Callable[[], int] = field(kw_only=True)
    split: Callable[[str], None] | None = None


def meet(client: Client, sights: Mapping[str, Sight | Exception]) -> bool:
    """Check what workers said of themselves, and say whether all see the client's folder.

    Raises:
        ConfigCompositionException: If one cannot run packages.
    """
    if not sights:
        raise ConfigCompositionException("hydra.launcher.scheduler must have workers, got none")
    for name, sight in sights.items():
        if isinstance(sight, Exception):
            raise ConfigCompositionException(f"worker {name} cannot import ibsweep: {sight}")
        if unlike := difference(client.versions, sight.versions):
            raise ConfigCompositionException(
                f"workers must have the versions of the client, got {unlike} on {name}"
            )
    return all(sight.near for sight in sights.values() if not isinstance(sight, Exception))
