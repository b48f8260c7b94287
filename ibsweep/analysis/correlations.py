"""Does compression go with generalising? Correlations over networks, with what chance allows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ibsweep import checks, names
from ibsweep.analysis import resampling

AGAINST = (
    names.TEST_ACCURACY,
    "accuracy/test_best",
    "accuracy_balanced/test",
    "accuracy/gap",
    "loss/test",
    names.TEST_ERROR,
    "rmse/test_best",
    "rmse/gap",
    "r2/test",
)
THROUGH_TRAINING = ("compression", "i_xt", "i_ty")
GIVEN = ("weight_norm", "loss/train")
_STATISTICS = (resampling.pearson, resampling.spearman)


class Pairs(NamedTuple):
    """Scores and outcomes of the networks that have both.

    Attributes:
        x: Scores, shape `(n,)`.
        y: Outcomes, shape `(n,)`.
        groups: Group of each network if both were centred by group, else None.
        rows: The networks.
    """

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray | None
    rows: pd.DataFrame


def correlations(
    runs: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    score: str | Sequence[str] | None = None,
    against: str | Sequence[str] = AGAINST,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Correlate compression scores with accuracies, or errors of regressions, over networks.

    Args:
        runs: Table of `ibsweep.runs`, one row a network.
        by: Columns whose values make groups, e.g. `activation`. Beside each group there are `all`
            networks and `centred`: all, scores and outcomes less their means in the group.
        score: Columns of scores; by default each that there is, of all estimators and layers.
        against: Columns of outcomes; those that no network has are left out by default.
        resamples: Bootstrap resamples, and permutations.
        seed: Seed of both, the same for each row of the result.

    Returns:
        One row for each `group`, `score`, `against` and `without_failed` (False: all networks;
        True: without those that failed to train, always both): `n` networks with both values and
        how many were `undefined`; `r` (Pearson) and `rho` (Spearman) with `_low`, `_high` (95 %,
        percentile bootstrap over networks), `_p` (two-sided permutation; within groups if centred)
        and `_p_holm`, adjusted for the family of all `score`s with the same `group`, `against` and
        `without_failed`; `r_critical`, the |r| that is significant at 5 %; `r_detectable`, the |r|
        found with 80 % power; and the partial r given each of `weight_norm` and `loss/train`
        (`r_given_weight_norm`, `r_given_loss`), NaN where not known.

    Raises:
        ValueError: If a column is not in the table, or there is none of scores.
    """
    keys = [by] if isinstance(by, str) else list(by or ())
    scores = _columns(runs, score, "score", score_columns(runs))
    known = [name for name in AGAINST if name in runs and runs[name].notna().any()]
    outcomes = known if against is AGAINST else _columns(runs, against, "against", known)
    _columns(runs, keys, "by", [])
    rows = [
        {"group": group, "score": x, "against": y, "without_failed": without}
        | _correlation(_pairs(table, x, y, centred), resamples=resamples, seed=seed)
        | {"undefined": int(table[[x, y]].isna().any(axis=1).sum())}
        for without in (False, True)
        for group, table, centred in _groups(_without_failed(runs, without), keys)
        for y in outcomes
        for x in scores
    ]
    return adjusted(pd.DataFrame(rows), ["group", "against", "without_failed"])


def correlations_through_training(
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    training: pd.DataFrame,
    *,
    score: str = "compression",
    against: str | None = None,
    epochs: Sequence[int] | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Correlate the compression so far, or information, with the accuracy in the end.

    That is done at every snapshot. The compression so far is that of eq. 6 up to an epoch:
    1 - I(X;T) / its largest value so far.

    Args:
        runs: Table of `ibsweep.runs`; its networks count.
        curves: Their curves, as `ibsweep.curves` returns them; the part `all` counts.
        training: Their training, as `ibsweep.training` returns it: its last row gives the outcome.
        score: What is correlated: `compression`, or the column `i_xt` or `i_ty` of the curves.
        against: Column of `training`; None: test accuracy, or the error of a regression.
        epochs: Snapshots to correlate at; None: all.
        resamples: Bootstrap resamples, and permutations.
        seed: Seed of both.

    Returns:
        One row for each `estimator`, `layer`, `epoch`, `without_failed`, with the columns of
        `correlations`; Holm's family is the layers and epochs of an estimator.

    Raises:
        ValueError: If a column is not in the table, or there is no such score.

    References:
        Chelombiev et al. (2019), eq. 6. https://arxiv.org/abs/1902.09037
    """
    checks.choice("score", score, THROUGH_TRAINING)
    against = against or names.outcome(training)
    _columns(training, against, "against", [])
    last = training.sort_values("epoch").groupby("network")[against].last().rename("outcome")
    known = curves[(curves["part"] == "all") & curves["network"].isin(runs["run_id"])]
    known = known.sort_values("epoch", kind="stable")
    values = _compression_so_far(known) if score == "compression" else known[score]
    known = known.assign(score=values).join(last, "network")
    chosen = known if epochs is None else known[known["epoch"].isin(epochs)]
    known = chosen.merge(_traits(runs), left_on="network", right_on="run_id")
    rows = [
        {"estimator": estimator, "layer": layer, "epoch": epoch, "without_failed": without}
        | _correlation(_pairs(table, "score", "outcome", ()), resamples=resamples, seed=seed)
        | {"undefined": int(table[["score", "outcome"]].isna().any(axis=1).sum())}
        for without in (False, True)
        for (estimator, layer, epoch), table in _without_failed(known, without).groupby(
            ["estimator", "layer", "epoch"], sort=False
        )
    ]
    return adjusted(pd.DataFrame(rows), ["estimator", "without_failed"])


def _compression_so_far(curves: pd.DataFrame) -> pd.Series:
    """Return 1 - I(X;T) / its largest value so far, of curves whose epochs ascend."""
    peak = curves.groupby(["network", "estimator", "layer"], sort=False)["i_xt"].cummax()
    return (1 - curves["i_xt"] / peak).where(peak != 0)


def _traits(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of runs that a correlation may need beside its two sides."""
    return runs[[name for name in ("run_id", names.FAILED, *GIVEN) if name in runs]]


def score_columns(runs: pd.DataFrame) -> list[str]:
    """Return the columns of a table of runs that hold compression scores."""
    return [name for name in runs if names.is_compression(str(name))]


def adjusted(table: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Add `r_p_holm` and `rho_p_holm`, Holm's p over the rows that agree in `family`."""
    groups = table.groupby(list(family), sort=False, dropna=False)
    for name in ("r", "rho"):
        p = groups[f"{name}_p"].transform(lambda p: resampling.holm(p.to_numpy(float)))
        table.insert(table.columns.get_loc(f"{name}_p") + 1, f"{name}_p_holm", p)
    return table


def _correlation(pairs: Pairs, *, resamples: int, seed: int) -> dict[str, float]:
    """Return what is known of one correlation."""
    x, y, n = pairs.x, pairs.y, len(pairs.x)
    draws = {"resamples": resamples, "seed": seed}
    defined = n > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
    r, rho = (float(f(x, y)) if defined else np.nan for f in _STATISTICS)
    interval = resampling.bootstrap_interval(x, y, **draws) if defined else (np.nan,) * 4
    p = resampling.permutation_p(x, y, groups=pairs.groups, **draws) if defined else (np.nan,) * 2
    row = {"n": n, "r": r, "r_low": interval[0], "r_high": interval[1], "r_p": p[0]}
    row |= {"rho": rho, "rho_low": interval[2], "rho_high": interval[3], "rho_p": p[1]}
    lost = 0 if pairs.groups is None else len(np.unique(pairs.groups)) - 1  # degrees of freedom
    row |= {"r_critical": resampling.critical_r(n - lost)}
    row |= {"r_detectable": resampling.detectable_r(n - lost)}
    for name in GIVEN:
        column = f"r_given_{name.removesuffix('/train')}"
        row[column] = _partial(pairs, name) if defined else np.nan
    return row


def _partial(pairs: Pairs, name: str) -> float:
    """Return the partial r given a column, over the networks that have it; NaN without it."""
    if name not in pairs.rows:
        return np.nan
    given = pairs.rows[name].astype(float).to_numpy()
    known = np.isfinite(given)
    if pairs.groups is not None:
        given = _centred(given, pairs.groups)
    return resampling.partial_r(pairs.x[known], pairs.y[known], given[known])


def _pairs(table: pd.DataFrame, x: str, y: str, keys: Sequence[str]) -> Pairs:
    """Return the networks that have both values; centred by `keys` if there are any."""
    rows = table[table[[x, y]].notna().all(axis=1)]
    left, right = rows[x].astype(float).to_numpy(), rows[y].astype(float).to_numpy()
    if not keys:
        return Pairs(left, right, None, rows)
    groups = rows.groupby(list(keys), dropna=False).ngroup().to_numpy()
    return Pairs(_centred(left, groups), _centred(right, groups), groups, rows)


def _centred(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return values less the mean of their group."""
    return (values - pd.Series(values).groupby(groups).transform("mean")).to_numpy()


def _groups(
    table: pd.DataFrame, keys: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame, Sequence[str]]]:
    """Yield name, networks and what to centre by: all, each group, and all centred."""
    yield "all", table, ()
    if keys:
        for values, rows in table.groupby(list(keys), dropna=False):
            yield ", ".join(str(value) for value in values if pd.notna(value)), rows, ()
        yield "centred", table, keys


def _without_failed(runs: pd.DataFrame, without: bool) -> pd.DataFrame:
    """Return all networks, or those that learned."""
    return runs[runs[names.FAILED] != 1.0] if without else runs


def _columns(
    runs: pd.DataFrame, wanted: str | Sequence[str] | None, key: str, default: list[str]
) -> list[str]:
    """Return the columns that were asked for, or the default."""
    chosen = default if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    for name in chosen:
        if name not in runs:
            raise ValueError(f"{key} must be a column of the runs, got {name!r}")
    if wanted is None and not chosen:
        raise ValueError(f"{key} must be a column of the runs, got a table without any")
    return chosen
