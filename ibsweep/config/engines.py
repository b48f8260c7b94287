"""What trains the networks of settings: torch, or compiled loops where these can."""

import functools
import json
from collections.abc import Sequence
from dataclasses import replace

from ibsweep.config.instantiation import blame
from ibsweep.config.settings import Settings
from ibsweep.learning.compiled.kind import refusal
from ibsweep.learning.engines import COMPILED, TORCH, choose
from ibsweep.learning.ensemble import Ensemble

KEY = "training.engine"


def ensemble_of(settings: Sequence[Settings]) -> Ensemble:
    """Put the networks of settings that differ only in numbers into one ensemble."""
    first = settings[0]
    return Ensemble(
        network=first.network,
        members=[one.member for one in settings],
        regularizers=Settings.regularizers(settings),
        dataset=first.dataset,
        options=first.training,
        snapshots=first.snapshots,
        device=first.device,
        dtype=first.dtype,
        noises=first.noises,
        scheme=first.scheme,
    )


def engine_of(settings: Settings) -> str:
    """Return what trains a network: `compiled` or `torch`; for `auto` what would on this machine.

    Raises:
        ConfigError: If compiled loops are asked for and cannot train it on any machine.
    """
    asked = settings.values["training"].get("engine", TORCH)  # there was none in older ones
    if asked == TORCH:
        return TORCH
    with blame("training"):
        reason = _refusal(settings)
        if asked == COMPILED and reason is None:
            return COMPILED  # also where there is no compiler: its networks are stored perhaps
        return choose(asked, reason)


def engines_of(settings: Settings) -> list[str]:
    """Return the engines whose networks serve, that which would train a missing one first.

    Raises:
        ConfigError: If compiled loops are asked for and cannot train it here.
    """
    asked = settings.values["training"].get("engine", TORCH)
    if asked == COMPILED:
        with blame("training"):
            return [choose(asked, _refusal(settings))]
    first = engine_of(settings)
    if asked == TORCH or _refusal(settings):
        return [first]
    return [COMPILED, TORCH] if first == COMPILED else [TORCH, COMPILED]


def with_engine(settings: Settings, engine: str) -> Settings:
    """Return settings that ask for an engine."""
    training = {**settings.values["training"], "engine": engine}
    return replace(settings, values={**settings.values, "training": training})


def _refusal(settings: Settings) -> str | None:
    """Say why compiled loops cannot train a network on any machine; None if they can."""
    return _refusal_of(*settings.but_for_seeds, settings.given_data.digest)


@functools.lru_cache(maxsize=1024)
def _refusal_of(values: str, seeding: str, digest: str) -> str | None:
    """Say so of settings that are given as JSON, and the digest of their data: it takes 3 ms."""
    return refusal(ensemble_of([Settings(json.loads(values), json.loads(seeding))]))
