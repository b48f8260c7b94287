"""The claims of Chelombiev et al. (2019), tested on what was measured: one claim, one function.

Nothing is assumed: each says in words by what rule it is `supported`, `not supported` or
`undecided`, and what is missing where networks are.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.effects import (
    ALPHA,
    LEAST_EFFECT,
    Effect,
    Finding,
    decide,
    mean_effect,
    missing,
    share_effect,
    sign_p,
    spread_effect,
)
from ibsweep.names import OUTPUT, TEST_ACCURACY, compression, estimate

PAPER_ESTIMATOR = "ebab"  # of the paper's claims and figures, and of reports
SATURATING = ("tanh", "sigmoid", "softsign", "hardtanh", "relu6", "sine")  # bounded on both sides
SEEDS = 10  # of which C7 says that they show the picture
PENALTY = "regularization.l2.penalty"
_SPREAD = 0.25  # of the mean score: a smaller spread over seeds does not matter
_FEW = 5  # networks: below, nothing is decided
_FALSE_ALARMS = 0.05  # share of networks that may seem to compress first by noise


def claims(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> pd.DataFrame:
    """Test C1 to C7.

    Args:
        runs: Table of `ibsweep.runs`, one row a network. Networks of one activation should differ
            in seeds and L2 penalty alone: choose them with a filter.
        phases: Their phases, as `analysis.phases.phases` returns them.
        estimator: Name of the adaptive estimator; C1 compares it with `binning_global`.

    Returns:
        One row for each claim and group, with the columns of `Finding`.

    References:
        Chelombiev et al. (2019). https://arxiv.org/abs/1902.09037
    """
    findings = [
        *fixed_bins_underestimate(runs, estimator=estimator),
        *saturation_is_not_required(runs, phases, estimator=estimator),
        *initialisations_vary(runs, phases, estimator=estimator),
        *compression_may_come_first(runs, phases, estimator=estimator),
        *penalty_increases_compression(runs, estimator=estimator),
        *only_the_last_layer_correlates(runs, estimator=estimator),
        *ten_seeds_suffice(runs, estimator=estimator),
    ]
    return pd.DataFrame(findings, columns=list(Finding._fields))


def fixed_bins_underestimate(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C1: paired difference of the hidden layers' score, adaptive less fixed bins."""
    claim = ("C1", "fixed bins underestimate compression")
    columns = [compression(name) for name in (estimator, "binning_global")]
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if it is below {LEAST_EFFECT}"
    if not set(columns) <= set(runs):
        need = f"needs estimator=[{estimator},binning_global] on the same networks"
        return [missing(*claim, need)]
    found = []
    for group, networks in _activations(runs):
        difference = networks[columns[0]] - networks[columns[1]]
        effect = mean_effect(difference)._replace(p=sign_p(difference))
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < LEAST_EFFECT)
        found.append(_finding(claim, group, "difference of scores", effect, verdict, rule))
    return found


def saturation_is_not_required(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C2: hidden layers' score less the noise floor, for activations that do not saturate."""
    claim = ("C2", "compression does not require saturation")
    rule = f"interval above 0 and p < {ALPHA}; not, if it is below {LEAST_EFFECT}"
    found = []
    for group, networks in _activations(runs):
        if group not in SATURATING:
            score = networks.set_index("run_id")[compression(estimator)]
            effect = mean_effect(score - noise_floor(phases, estimator=estimator))
            verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < LEAST_EFFECT)
            measure = "hidden score less that of noise"
            found.append(_finding(claim, group, measure, effect, verdict, rule))
    return found or [missing(*claim, "needs an activation that does not saturate, e.g. relu")]


def initialisations_vary(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C3: standard deviation of the hidden layers' score over seeds, against measuring noise."""
    claim = ("C3", "initialisations differ in compression")
    rule = f"interval above {_SPREAD:.0%} of the mean score and the noise; not, if below"
    found = []
    for group, networks in _activations(runs):
        names, score = networks["run_id"], networks[compression(estimator)]
        noise = float(noise_floor(phases, estimator=estimator).reindex(names).mean())
        effect = spread_effect(score, noise=noise)
        least = max(_SPREAD * abs(score.mean()), noise)
        verdict = decide(effect.low > least, effect.high < least)
        found.append(_finding(claim, group, "sd of hidden score", effect, verdict, rule))
    return found


def compression_may_come_first(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C4: share of networks of which a layer compresses before it fits."""
    claim = ("C4", "compression may come before fitting")
    rule = f"interval above {_FALSE_ALARMS}; not, if it is below"
    first = phases[phases["estimator"] == estimator].assign(
        first=lambda table: (table["verdict"] == "compresses_first") & (table["probability"] > 0.9)
    )
    marks = first.groupby("network")["first"].any()
    found = []
    for group, networks in _activations(runs):
        known = marks[marks.index.intersection(networks["run_id"])]
        if len(known):
            effect = share_effect(known, chance=_FALSE_ALARMS)
            verdict = decide(effect.low > _FALSE_ALARMS, effect.high < _FALSE_ALARMS)
            found.append(_finding(claim, group, "share of networks", effect, verdict, rule))
    return found or [missing(*claim, f"needs curves of {estimator}")]


def penalty_increases_compression(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C5: trend in the L2 penalty of compression, of the layers' spread, and of the gap.

    Layers cluster if the standard deviation of their final I(X;T) falls. The trend is Spearman's
    rho over ReLU networks, unpenalised ones included.
    """
    statement = "L2 increases compression, layers cluster, no overfitting"
    networks = _penalised(runs)
    levels = networks[PENALTY].nunique() if PENALTY in networks else 0
    if levels < 3:
        need = "needs relu networks with regularization=none and with l2 at ≥ 2 penalties"
        return [missing("C5", statement, f"{need}, got {levels} levels", group="relu")]
    final = networks[
        [name for name in networks if str(name).startswith(estimate(estimator, "i_xt", ""))]
    ]
    networks = networks.assign(spread=final.std(axis=1, ddof=0))
    outcomes = {compression(estimator): 1, "spread": -1, "accuracy/gap": -1}
    return [_trend(networks, outcome, sign, statement) for outcome, sign in outcomes.items()]


def only_the_last_layer_correlates(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C6: score against test accuracy for each layer; ReLU as in the paper, and all others.

    The family of Holm's p is the layers of one activation.
    """
    claim = ("C6", "only the last layer's compression goes with accuracy")
    last = compression(estimator, "last")
    layers = [name for name in runs if str(name).startswith(compression(estimator, "layer_"))]
    if last not in runs:
        return [missing(*claim, f"needs the estimator {estimator}")]
    rule = f"last: r > 0, Holm p < {ALPHA}, and no hidden layer so; not, if one is or last r < .3"
    found = []
    for group, networks in _activations(runs):
        table = correlations(networks, score=[*layers, last], against=TEST_ACCURACY)
        for without, rows in table.groupby("without_failed"):
            rows = rows.set_index("score")
            good = (rows["r"] > 0) & (rows["r_p_holm"] < ALPHA)
            hidden = bool(good.drop(last).any())
            row = rows.loc[last]
            verdict = decide(bool(good[last]) and not hidden, hidden or row["r_high"] < 0.3)
            effect = _of_row(row, "r", p="r_p_holm")
            name = f"{group}, without failed" if without else group
            measure = f"r of last score, accuracy (detectable {row['r_detectable']:.2f})"
            found.append(_finding(claim, name, measure, effect, verdict, rule))
    return found


def ten_seeds_suffice(runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR) -> list[Finding]:
    """C7: half-width of the 95 % interval of the mean hidden score that ten seeds give."""
    claim = ("C7", "ten seeds already show the picture")
    rule = f"upper end of the half-width ≤ {LEAST_EFFECT}; not, if the lower end is above"
    factor = stats.t.ppf(0.975, SEEDS - 1) / np.sqrt(SEEDS)
    found = []
    for group, networks in _activations(runs):
        spread = spread_effect(networks[compression(estimator)], noise=0.0)
        width, low, high = (factor * end for end in spread[:3])
        effect = Effect(width, low, high, np.nan, spread.n)
        enough = spread.n >= SEEDS
        verdict = decide(
            enough and effect.high <= LEAST_EFFECT, enough and effect.low > LEAST_EFFECT
        )
        measure = "half-width with 10 seeds"
        found.append(_finding(claim, group, measure, effect, verdict, rule))
    return found


def noise_floor(phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR) -> pd.Series:
    """Return the hidden score that measuring noise alone would give each network (the index).

    The largest of n values with noise σ lies at most about σ sqrt(2 ln n) above the truth.
    """
    hidden = phases[(phases["estimator"] == estimator) & (phases["layer"] != OUTPUT)]
    share = hidden["noise"] / hidden["peak"] * np.sqrt(2 * np.log(hidden["snapshots"]))
    return share.where(hidden["peak"] > 0).groupby(hidden["network"]).mean()


def _trend(networks: pd.DataFrame, outcome: str, sign: int, statement: str) -> Finding:
    """Return the finding on the trend in the penalty of one outcome, which should have a sign."""
    table = correlations(networks, score=PENALTY, against=outcome)
    row = table[~table["without_failed"]].iloc[0]
    effect = _of_row(row, "rho", p="rho_p")
    low, high = sorted((sign * effect.low, sign * effect.high))
    verdict = decide(low > 0 and effect.p < ALPHA, high < 0)
    side = ">" if sign > 0 else "<"
    rule = f"rho {side} 0: interval on that side and p < {ALPHA}; not, if on the other"
    measure = f"rho of penalty and {outcome}"
    return _finding(("C5", statement), "relu", measure, effect, verdict, rule)


def _of_row(row: pd.Series, name: str, *, p: str) -> Effect:
    """Return a coefficient from a row of `correlations`."""
    ends = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return Effect(float(row[name]), *ends, float(row[p]), int(row["n"]))


def _finding(
    claim: tuple[str, str], group: str, measure: str, effect: Effect, verdict: str, rule: str
) -> Finding:
    """Return a finding; with too few networks it is undecided."""
    if effect.n < _FEW:
        return missing(*claim, f"needs ≥ {_FEW} networks, got {effect.n}", group=group, n=effect.n)
    return Finding(*claim, group, measure, *effect, verdict, rule)  # type: ignore[arg-type]


def _activations(runs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the unregularised networks of each activation."""
    plain = runs[runs["regularization"] == "none"] if "regularization" in runs else runs
    for activation, networks in plain.groupby("activation"):
        yield str(activation), networks


def _penalised(runs: pd.DataFrame) -> pd.DataFrame:
    """Return ReLU networks with L2 or no penalty, the latter with penalty 0."""
    if PENALTY not in runs or "regularization" not in runs:
        return runs.iloc[:0]
    chosen = runs[(runs["activation"] == "relu") & runs["regularization"].isin(["none", "l2"])]
    penalty = chosen[PENALTY].where(chosen["regularization"] == "l2", 0.0)
    return chosen.assign(**{PENALTY: penalty})
