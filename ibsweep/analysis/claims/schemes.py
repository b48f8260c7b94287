"""Claims on training schemes: do layers compress without gradients from above?

References:
    Sakamoto & Sato, End-to-end training induces information bottleneck through layer-role
    differentiation, 2024 (S1, S2). https://arxiv.org/abs/2402.09050
    Du, Farrahi & Niranjan, Entropy 23:1360, 2021 (S3). https://doi.org/10.3390/e23101360
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import (
    ALPHA,
    LEAST_EFFECT,
    Claim,
    Effect,
    Finding,
    decide,
    mean_effect,
    sign_p,
)
from ibsweep.analysis.resampling import bootstrap_interval, permutation_p, spearman
from ibsweep.names import OUTPUT, TEST_ACCURACY, compression
from ibsweep.scores.compression import score

STATEMENTS = {
    "S1": "middle layers compress only if trained end to end",
    "S2": "end to end, the last hidden layer depends more on the label, and accuracy is higher",
    "S3": "of layers trained in sequence, compression and accuracy are not linked, and "
    "I(T;Y)/I(X;T) rises with depth",
}
END_TO_END, SEQUENTIAL = "end_to_end", "sequential"
DEPENDENCE = "nhsic"
_UNLINKED = 0.3  # |rho| up to which two numbers count as not linked
_KEYS = ["activation", "seed"]
_NEED = (
    "needs networks of equal seeds with scheme=end_to_end and another, and estimator=[{},nhsic]"
)


def middle_layers_compress_end_to_end_only(networks: Networks) -> list[Finding]:
    """S1: paired difference of the middle layers' score, end to end less another scheme.

    The middle layers are the hidden ones but the first and the last; the score is eq. 6 of
    Chelombiev et al. (2019), of I(X;T) and of nHSIC(X, T).
    """
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if it is below {LEAST_EFFECT}"
    claim = Claim("S1", STATEMENTS["S1"], rule)
    findings = []
    for estimator, column in ((networks.estimator, "i_xt"), (DEPENDENCE, "dependence_xt")):
        scores = _middle_scores(networks.curves, estimator, column)
        for group, difference, mean in _paired(networks.runs, scores):
            effect = mean_effect(difference)._replace(p=sign_p(difference))
            supported = effect.low > 0 and effect.p < ALPHA
            measure = f"difference of {estimator} scores (end to end {mean:.2f})"
            verdict = decide(supported, effect.high < LEAST_EFFECT)
            findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided(_NEED.format(networks.estimator))]


def end_to_end_serves_the_label(networks: Networks) -> list[Finding]:
    """S2: paired differences of the last hidden layer's final nHSIC(T, Y) and of test accuracy."""
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if it is below 0"
    claim = Claim("S2", STATEMENTS["S2"], rule)
    accuracy = networks.runs.set_index("run_id")[TEST_ACCURACY]
    findings = []
    for name, values in (
        ("nHSIC(T;Y)", _last_dependence(networks.curves)),
        ("test accuracy", accuracy),
    ):
        for group, difference, mean in _paired(networks.runs, values):
            effect = mean_effect(difference)._replace(p=sign_p(difference))
            verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
            measure = f"difference of {name} (end to end {mean:.3f})"
            findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided(_NEED.format(networks.estimator))]


def accuracy_is_not_linked(networks: Networks) -> list[Finding]:
    """S3: rho of accuracy and hidden compression, and the trend of I(T;Y)/I(X;T) with depth.

    The first is over networks trained in sequence, of one activation; the second is Spearman's rho
    over the layers of each network, the output included, at the last snapshot.
    """
    rule = f"rho with accuracy: interval within ±{_UNLINKED}; not, if it is outside"
    unlinked = Claim("S3", STATEMENTS["S3"], rule)
    rising = Claim("S3", STATEMENTS["S3"], "rho with depth: interval above 0; not, if below")
    runs, findings = networks.runs, []
    sequential = runs[runs["scheme"] == SEQUENTIAL]
    trend = _ratio_trend(networks)
    for activation, rows in sequential.groupby("activation"):
        known = rows.dropna(subset=[TEST_ACCURACY, compression(networks.estimator)])
        x = known[compression(networks.estimator)].to_numpy(dtype=float)
        y = known[TEST_ACCURACY].to_numpy(dtype=float)
        if len(x) > 3 and np.ptp(x) > 0 and np.ptp(y) > 0:
            low, high = bootstrap_interval(x, y, resamples=2000, seed=0)[2:]
            p = permutation_p(x, y, resamples=2000, seed=0)[1]
            effect = Effect(float(spearman(x, y)), low, high, p, len(x))
            verdict = decide(
                -_UNLINKED < low and high < _UNLINKED, low > _UNLINKED or high < -_UNLINKED
            )
            measure = "rho of compression and accuracy"
            findings.append(
                unlinked.finding(str(activation), measure=measure, effect=effect, verdict=verdict)
            )
        depth = mean_effect(trend.reindex(rows["run_id"]))
        verdict = decide(depth.low > 0, depth.high < 0)
        measure = "rho of I(T;Y)/I(X;T) and depth"
        findings.append(
            rising.finding(str(activation), measure=measure, effect=depth, verdict=verdict)
        )
    return findings or [unlinked.undecided("needs networks with scheme=sequential")]


def _paired(runs: pd.DataFrame, values: pd.Series) -> Iterator[tuple[str, pd.Series, float]]:
    """Yield each group of networks, differences of equal seeds, and the mean end to end.

    Args:
        runs: Columns `run_id`, `scheme`, `activation`, `seed`.
        values: What is compared, by `run_id`.
    """
    table = runs.assign(value=runs["run_id"].map(values)).dropna(subset=["value"])
    wide = table.pivot_table(index=_KEYS, columns="scheme", values="value")
    if END_TO_END not in wide:
        return
    for scheme in wide.columns.drop(END_TO_END):
        pairs = wide[[END_TO_END, scheme]].dropna()
        difference = pairs[END_TO_END] - pairs[scheme]
        for activation, rows in difference.groupby(level="activation"):
            mean = float(pairs.loc[rows.index, END_TO_END].mean())
            yield f"{activation}, {scheme}", rows, mean


def _whole(curves: pd.DataFrame, estimator: str, column: str) -> pd.DataFrame:
    """Return an estimator's rows on all data that have a number, in the order of epochs."""
    if column not in curves:
        return curves.iloc[:0].assign(**{column: np.nan})
    rows = curves[(curves["estimator"] == estimator) & (curves["part"] == "all")]
    return rows.dropna(subset=[column]).sort_values("epoch", kind="stable")


def _middle_scores(curves: pd.DataFrame, estimator: str, column: str) -> pd.Series:
    """Return the mean score of the hidden layers but the first and the last, by network."""
    rows = _whole(curves, estimator, column)
    hidden = [layer for layer in rows["layer"].unique() if layer != OUTPUT]
    middle = rows[rows["layer"].isin(sorted(hidden, key=lambda name: (len(name), name))[1:-1])]
    layers = middle.groupby(["network", "layer"], sort=False)[column]
    each = layers.agg(lambda values: score(values.to_numpy()))
    return each.groupby("network").mean()


def _last_dependence(curves: pd.DataFrame) -> pd.Series:
    """Return the final nHSIC(T, Y) of the last hidden layer, by network."""
    rows = _whole(curves, DEPENDENCE, "dependence_ty")
    hidden = [layer for layer in rows["layer"].unique() if layer != OUTPUT]
    last = max(hidden, key=lambda name: (len(name), name), default="")
    return rows[rows["layer"] == last].groupby("network")["dependence_ty"].last()


def _ratio_trend(networks: Networks) -> pd.Series:
    """Return rho of depth and final I(T;Y)/I(X;T) over the layers of each network."""
    rows = _whole(networks.curves, networks.estimator, "i_xt")
    final = rows.groupby(["network", "layer"], sort=False)[["i_xt", "i_ty"]].last()
    ratio = (final["i_ty"] / final["i_xt"].where(final["i_xt"] > 0)).unstack()
    hidden = [layer for layer in ratio.columns if layer != OUTPUT]
    ordered = ratio[[*sorted(hidden, key=lambda name: (len(name), name)), OUTPUT]]
    rho = {name: _rho(np.arange(len(row)), row.to_numpy()) for name, row in ordered.iterrows()}
    return pd.Series(rho, dtype=float)


def _rho(x: np.ndarray, y: np.ndarray) -> float:
    """Return Spearman's rho; NaN where a value is missing or all are equal."""
    return float(spearman(x, y)) if np.isfinite(y).all() and np.ptp(y) > 0 else np.nan


def _test(networks: Networks) -> list[Finding]:
    """Test S1 to S3."""
    if "scheme" not in networks.runs:
        need = _NEED.format(networks.estimator)
        return [Claim(number, text, "").undecided(need) for number, text in STATEMENTS.items()]
    return [
        *middle_layers_compress_end_to_end_only(networks),
        *end_to_end_serves_the_label(networks),
        *accuracy_is_not_linked(networks),
    ]


PAPER = Paper(
    "Sakamoto & Sato 2024, arXiv:2402.09050; for S3 Du, Farrahi & Niranjan 2021, Entropy 23:1360",
    "schemes",
    STATEMENTS,
    _test,
)
