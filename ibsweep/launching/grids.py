"""From sweeps over values to the overrides of each job."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from hydra.errors import ConfigCompositionException


def union(
    grids: Iterable[Mapping[str, object]], arguments: Sequence[str], parser: OverridesParser
) -> list[list[str]]:
    """Return the overrides of each job of a union of grids, each job once.

    Args:
        grids: Key to value or sweep.
        arguments: Overrides that win over every grid's.
        parser: Reads them.

    Raises:
        ConfigCompositionException: If a sweep has infinitely many values, or sweeps an experiment.
    """
    distinct: dict[frozenset[str], list[str]] = {}
    for grid in grids:
        texts = [f"{key}={value}" for key, value in grid.items()] + list(arguments)
        for job in product(parser.parse_overrides(texts)):
            distinct.setdefault(frozenset(job), job)
    return list(distinct.values())


def product(overrides: Sequence[Override]) -> list[list[str]]:
    """Return the overrides of each job: all combinations, the last key changing fastest.

    Args:
        overrides: Overrides; of those with the same key the last counts.

    Raises:
        ConfigCompositionException: If a sweep has infinitely many values, or sweeps an experiment.
    """
    values: dict[str, list[str]] = {}
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            values[key] = [f"{key}={override.get_value_element_as_str()}"]
            continue
        values[key] = [f"{key}={value}" for value in _swept(override)]
        if not values[key]:
            raise ConfigCompositionException(
                f"{key} must be swept over at least one value, got {override.input_line}"
            )
    return [list(job) for job in itertools.product(*values.values())]


def _swept(override: Override) -> Iterator[str]:
    """Return the values that an override sweeps over.

    Raises:
        ConfigCompositionException: If they cannot be listed.
    """
    if override.is_interval_sweep():
        rule = "a sweep must list its values"
        raise ConfigCompositionException(f"{override.input_line}: {rule}, got interval_sweep")
    if override.key_or_group == "experiment":
        raise ConfigCompositionException(
            f"experiment must not be swept, got {override.input_line}: Hydra would ignore "
            "the experiments' own launcher and sweep; run one after the other"
        )
    limits = override.value()
    if isinstance(limits, RangeSweep) and not (
        limits.step and math.isfinite(limits.step) and math.isfinite(limits.stop or 0)
    ):
        raise ConfigCompositionException(
            f"{override.key_or_group} must be swept over a range with a step that is not 0 and an"
            f" end, got {override.input_line}"
        )
    return override.sweep_string_iterator()
