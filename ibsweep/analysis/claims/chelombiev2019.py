"""The claims of Chelombiev et al. (2019): one claim, one function.

References:
    Chelombiev, Houghton & O'Donnell, Adaptive Estimators Show Information Compression in Deep
    Neural Networks, 2019. https://arxiv.org/abs/1902.09037
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from ibsweep.analysis.claims.base import PAPER_ESTIMATOR, Networks, Paper
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.effects import (
    ALPHA,
    LEAST_EFFECT,
    Claim,
    Effect,
    Finding,
    Verdict,
    decide,
    mean_effect,
    share_effect,
    sign_p,
    spread_effect,
)
from ibsweep.names import OUTPUT, TEST_ACCURACY, compression, estimate

STATEMENTS = {
    "C1": "fixed bins underestimate compression",
    "C2": "compression does not require saturation",
    "C3": "initialisations differ in compression",
    "C4": "compression may come before fitting",
    "C5": "L2 increases compression, layers cluster, no overfitting",
    "C6": "only the last layer's compression goes with accuracy",
    "C7": "ten seeds already show the picture",
}
SATURATING = ("tanh", "sigmoid", "softsign", "hardtanh", "relu6", "sine")  # bounded on both sides
SEEDS = 10  # of which C7 says that they show the picture
PENALTY = "regularization.l2.penalty"
_SPREAD = 0.25  # of the mean score: a smaller spread over seeds does not matter
_FALSE_ALARMS = 0.05  # share of networks that may seem to compress first by noise
_PRESENT = f"interval above 0 and p < {ALPHA}; not, if it is below {LEAST_EFFECT}"


def fixed_bins_underestimate(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C1: paired difference of the hidden layers' score, adaptive less fixed bins."""
    rule = _PRESENT.replace("p <", "sign test p <")
    claim = Claim("C1", STATEMENTS["C1"], rule, (0.0, LEAST_EFFECT))
    adaptive, fixed = (compression(name) for name in (estimator, "binning_global"))
    if not {adaptive, fixed} <= set(runs):
        need = f"needs estimator=[{estimator},binning_global] on the same networks"
        return [claim.undecided(need)]

    def test(networks: pd.DataFrame) -> tuple[Effect, Verdict]:
        difference = networks[adaptive] - networks[fixed]
        effect = mean_effect(difference)._replace(p=sign_p(difference))
        return effect, _present(effect)

    return _by_activation(claim, runs, "difference of scores", test)


def saturation_is_not_required(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C2: hidden layers' score less the noise floor, for activations that do not saturate."""
    claim = Claim("C2", STATEMENTS["C2"], _PRESENT, (0.0, LEAST_EFFECT))
    floor = noise_floor(phases, estimator=estimator)

    def test(networks: pd.DataFrame) -> tuple[Effect, Verdict]:
        score = networks.set_index("run_id")[compression(estimator)]
        effect = mean_effect(score - floor)
        return effect, _present(effect)

    unsaturated = runs[~runs["activation"].isin(SATURATING)]
    findings = _by_activation(claim, unsaturated, "hidden score less that of noise", test)
    need = "needs an activation that does not saturate, e.g. relu"
    return findings or [claim.undecided(need)]


def initialisations_vary(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C3: standard deviation of the hidden layers' score over seeds, against measuring noise."""
    rule = f"interval above {_SPREAD:.0%} of the mean score and the noise; not, if below"
    claim = Claim("C3", STATEMENTS["C3"], rule)
    floor = noise_floor(phases, estimator=estimator)

    def test(networks: pd.DataFrame) -> tuple[Effect, Verdict]:
        score = networks[compression(estimator)]
        noise = float(floor.reindex(networks["run_id"]).mean())
        effect = spread_effect(score, noise=noise)
        least = max(_SPREAD * abs(score.mean()), noise)
        return effect, decide(effect.low > least, effect.high < least)

    return _by_activation(claim, runs, "sd of hidden score", test)


def compression_may_come_first(
    runs: pd.DataFrame, phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C4: share of networks of which a layer compresses before it fits."""
    rule = f"interval above {_FALSE_ALARMS}; not, if it is below"
    claim = Claim("C4", STATEMENTS["C4"], rule, (_FALSE_ALARMS,))
    layers = phases[phases["estimator"] == estimator]
    first = (layers["verdict"] == "compresses_first") & (layers["probability"] > 0.9)
    marks = first.groupby(layers["network"]).any()

    def test(networks: pd.DataFrame) -> tuple[Effect, Verdict]:
        effect = share_effect(marks[networks["run_id"]], chance=_FALSE_ALARMS)
        return effect, decide(effect.low > _FALSE_ALARMS, effect.high < _FALSE_ALARMS)

    known = runs[runs["run_id"].isin(marks.index)]
    findings = _by_activation(claim, known, "share of networks", test)
    return findings or [claim.undecided(f"needs curves of {estimator}")]


def penalty_increases_compression(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C5: trend in the L2 penalty of compression, of the layers' spread, and of the gap.

    Layers cluster if the standard deviation of their final I(X;T) falls. The trend is Spearman's
    rho over ReLU networks, unpenalised ones included.
    """
    rule = f"rho > 0: interval on that side and p < {ALPHA}; not, if on the other"
    claim = Claim("C5", STATEMENTS["C5"], rule, (0.0,))
    networks = _penalised(runs)
    levels = networks[PENALTY].nunique() if PENALTY in networks else 0
    if levels < 3:
        need = "needs relu networks with regularization=none and with l2 at ≥ 2 penalties"
        return [claim.undecided(f"{need}, got {levels} levels", group="relu")]
    final = networks[
        [name for name in networks if str(name).startswith(estimate(estimator, "i_xt", ""))]
    ]
    networks = networks.assign(spread=final.std(axis=1, ddof=0))
    falls = claim._replace(rule=rule.replace(">", "<", 1))
    return [
        _trend(claim, networks, compression(estimator), sign=1),
        _trend(falls, networks, "spread", sign=-1),
        *(
            _trend(falls, networks, name, sign=-1)
            for name in ("accuracy/gap",)
            if name in networks
        ),
    ]


def only_the_last_layer_correlates(
    runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR
) -> list[Finding]:
    """C6: score against test accuracy for each layer; ReLU as in the paper, and all others.

    The family of Holm's p is the layers of one activation.
    """
    rule = f"last: r > 0, Holm p < {ALPHA}, and no hidden layer so; not, if one is or last r < .3"
    claim = Claim("C6", STATEMENTS["C6"], rule, (0.0, 0.3))
    last = compression(estimator, "last")
    layers = [name for name in runs if str(name).startswith(compression(estimator, "layer_"))]
    if last not in runs:
        return [claim.undecided(f"needs the estimator {estimator}")]
    if TEST_ACCURACY not in runs:
        return [claim.undecided("needs networks that tell classes")]
    findings = []
    for activation, networks in _unregularised(runs).groupby("activation"):
        table = correlations(networks, score=[*layers, last], against=TEST_ACCURACY)
        for without, rows in table.groupby("without_failed"):
            group = f"{activation}, without failed" if without else str(activation)
            findings.append(_last_alone(claim, group, rows.set_index("score"), last))
    return findings


def ten_seeds_suffice(runs: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR) -> list[Finding]:
    """C7: half-width of the 95 % interval of the mean hidden score that ten seeds give."""
    rule = f"upper end of the half-width ≤ {LEAST_EFFECT}; not, if the lower end is above"
    claim = Claim("C7", STATEMENTS["C7"], rule, (LEAST_EFFECT,))
    factor = stats.t.ppf(0.975, SEEDS - 1) / np.sqrt(SEEDS)

    def test(networks: pd.DataFrame) -> tuple[Effect, Verdict]:
        spread = spread_effect(networks[compression(estimator)], noise=0.0)
        width, low, high = (factor * end for end in spread[:3])
        enough = spread.n >= SEEDS
        verdict = decide(enough and high <= LEAST_EFFECT, enough and low > LEAST_EFFECT)
        return Effect(width, low, high, np.nan, spread.n), verdict

    return _by_activation(claim, runs, "half-width with 10 seeds", test)


def noise_floor(phases: pd.DataFrame, *, estimator: str = PAPER_ESTIMATOR) -> pd.Series:
    """Return the hidden score that measuring noise alone would give each network (the index).

    The largest of n values with noise σ lies at most about σ sqrt(2 ln n) above the truth.
    """
    hidden = phases[(phases["estimator"] == estimator) & (phases["layer"] != OUTPUT)]
    share = hidden["noise"] / hidden["peak"] * np.sqrt(2 * np.log(hidden["snapshots"]))
    return share.where(hidden["peak"] > 0).groupby(hidden["network"]).mean()


def _by_activation(
    claim: Claim,
    runs: pd.DataFrame,
    measure: str,
    test: Callable[[pd.DataFrame], tuple[Effect, Verdict]],
) -> list[Finding]:
    """Test a claim on the unregularised networks of each activation."""
    findings = []
    for activation, networks in _unregularised(runs).groupby("activation"):
        effect, verdict = test(networks)
        findings.append(
            claim.finding(str(activation), measure=measure, effect=effect, verdict=verdict)
        )
    return findings


def _unregularised(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the networks that were trained without a regulariser."""
    return runs[runs["regularization"] == "none"] if "regularization" in runs else runs


def _present(effect: Effect) -> Verdict:
    """Decide whether an effect is there by the rule `_PRESENT`."""
    return decide(effect.low > 0 and effect.p < ALPHA, effect.high < LEAST_EFFECT)


def _trend(claim: Claim, networks: pd.DataFrame, outcome: str, *, sign: int) -> Finding:
    """Return the finding on the trend in the penalty of one outcome, which should have a sign."""
    table = correlations(networks, score=PENALTY, against=outcome)
    effect = _of_row(table[~table["without_failed"]].iloc[0], "rho", p="rho_p")
    low, high = sorted((sign * effect.low, sign * effect.high))
    verdict = decide(low > 0 and effect.p < ALPHA, high < 0)
    measure = f"rho of penalty and {outcome}"
    return claim.finding("relu", measure=measure, effect=effect, verdict=verdict)


def _last_alone(claim: Claim, group: str, rows: pd.DataFrame, last: str) -> Finding:
    """Return the finding on one group, from its correlations, a row a layer's score."""
    correlates = (rows["r"] > 0) & (rows["r_p_holm"] < ALPHA)
    hidden, row = bool(correlates.drop(last).any()), rows.loc[last]
    verdict = decide(bool(correlates[last]) and not hidden, hidden or row["r_high"] < 0.3)
    measure = f"r of last score, accuracy (detectable {row['r_detectable']:.2f})"
    effect = _of_row(row, "r", p="r_p_holm")
    return claim.finding(group, measure=measure, effect=effect, verdict=verdict)


def _of_row(row: pd.Series, name: str, *, p: str) -> Effect:
    """Return a coefficient from a row of `correlations`."""
    ends = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return Effect(float(row[name]), *ends, float(row[p]), int(row["n"]))


def _penalised(runs: pd.DataFrame) -> pd.DataFrame:
    """Return ReLU networks with L2 or no penalty, the latter with penalty 0."""
    if PENALTY not in runs or "regularization" not in runs:
        return runs.iloc[:0]
    chosen = runs[(runs["activation"] == "relu") & runs["regularization"].isin(["none", "l2"])]
    penalty = chosen[PENALTY].where(chosen["regularization"] == "l2", 0.0)
    return chosen.assign(**{PENALTY: penalty})


def _test(networks: Networks) -> list[Finding]:
    """Test C1 to C7; C1 compares the estimator with `binning_global`."""
    runs, phases, estimator = networks.runs, networks.phases, networks.estimator
    return [
        *fixed_bins_underestimate(runs, estimator=estimator),
        *saturation_is_not_required(runs, phases, estimator=estimator),
        *initialisations_vary(runs, phases, estimator=estimator),
        *compression_may_come_first(runs, phases, estimator=estimator),
        *penalty_increases_compression(runs, estimator=estimator),
        *only_the_last_layer_correlates(runs, estimator=estimator),
        *ten_seeds_suffice(runs, estimator=estimator),
    ]


PAPER = Paper(
    "Chelombiev, Houghton & O'Donnell 2019, arXiv:1902.09037", "paper", STATEMENTS, _test
)
