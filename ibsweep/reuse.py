"""What the store holds already: finished runs, and networks that need only be measured."""

from collections.abc import Sequence
from typing import NamedTuple

from ibsweep.tracking import TrackingOptions, open_store


class Skipped(NamedTuple):
    """What a job returns that was not run, since the store holds its run already.

    Attributes:
        run_id: That run.
    """

    run_id: str


class Wanted(NamedTuple):
    """A run that is asked for.

    Attributes:
        store: Where it would be.
        run: Its fingerprint.
        network: Its training fingerprint.
    """

    store: TrackingOptions
    run: str
    network: str


class Held(NamedTuple):
    """What a store holds of a run that is asked for.

    Attributes:
        run_id: The finished run, or None.
        trained: Whether its network is stored, by that run or another.
    """

    run_id: str | None
    trained: bool


def held(wanted: Sequence[Wanted], *, sweep: str | None) -> list[Held]:
    """Say what the stores hold of each run; finished runs become part of the sweep, if any."""
    known: dict[Wanted, Held] = {}
    for options in dict.fromkeys(one.store for one in wanted):
        here = [one for one in wanted if one.store == options]
        store = open_store(options)
        finished = store.finished(one.run for one in here)
        trained = store.trained(one.network for one in here)
        known |= {one: Held(finished.get(one.run), one.network in trained) for one in here}
        if sweep is not None:
            store.join_sweep(finished.values(), sweep)
    return [known[one] for one in wanted]
