"""What rules for stopping are worth over many networks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ibsweep.analysis.effects import mean_effect
from ibsweep.names import FAILED

_RESAMPLES = 2000


def stopping_summary(
    stopped: pd.DataFrame, runs: pd.DataFrame, *, by: str | None = None
) -> pd.DataFrame:
    """Sum up over networks when rules stop, and what accuracy that gives.

    Args:
        stopped: `network, rule, estimator, epoch, accuracy, regret`, see `scores.stopping.stops`.
        runs: Table of `ibsweep.runs`, one row a network.
        by: Column of `runs` whose values make groups, e.g. `activation`; None: one group, `all`.

    Returns:
        One row for each `group, rule, estimator`: the median `epoch` with the ends of its 95 %
        interval, `epoch_low` and `epoch_high` (bootstrap); the mean `accuracy` and `regret` on
        held-out samples with theirs (Student's t); `n` networks in which the rule chose a
        snapshot, and `failed`, those of them that failed to train.

    Raises:
        ValueError: If there is no such column.
    """
    if by is not None and by not in runs:
        raise ValueError(f"by must be a column of the networks, got {by!r}")
    known = runs.set_index("run_id")
    groups = known[by] if by else pd.Series("all", known.index)
    table = stopped.assign(group=stopped["network"].map(groups).astype(str))
    table[FAILED] = stopped["network"].map(known[FAILED])
    keys = ["group", "rule", "estimator"]
    return pd.DataFrame(list(_rows(table.groupby(keys, sort=False), keys)))


def _rows(groups: Any, keys: list[str]) -> Iterator[dict[str, object]]:  # noqa: ANN401
    """Yield one row a group."""
    for place, rows in groups:
        chosen = rows.dropna(subset=["epoch"])
        row: dict[str, object] = dict(zip(keys, place, strict=True))
        row |= dict(zip(("epoch", "epoch_low", "epoch_high"), _median(chosen), strict=True))
        for name in ("accuracy", "regret"):
            effect = mean_effect(chosen[name])
            row |= {name: effect.effect, f"{name}_low": effect.low, f"{name}_high": effect.high}
        yield row | {"n": len(chosen), "failed": int(chosen[FAILED].sum())}


def _median(chosen: pd.DataFrame) -> tuple[float, float, float]:
    """Return the median epoch and its bootstrap interval; NaN of no network."""
    epochs = chosen["epoch"].to_numpy()
    if not len(epochs):
        return (np.nan,) * 3
    rows = np.random.default_rng(0).integers(len(epochs), size=(_RESAMPLES, len(epochs)))
    low, high = np.percentile(np.median(epochs[rows], axis=1), [2.5, 97.5])
    return float(np.median(epochs)), float(low), float(high)
