"""Claims on geometry: is the fall of I(X;T) the clustering of classes?

References:
    Goldfeld et al., Estimating Information Flow in Deep Neural Networks, 2019 (G1).
    https://arxiv.org/abs/1810.05728
    G2: https://arxiv.org/abs/2606.21593 (2026)
"""

import numpy as np
import pandas as pd
from scipy import stats

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import Claim, Effect, Finding, decide, mean_effect
from ibsweep.analysis.resampling import bootstrap_interval, partial_r, permutation_p, spearman
from ibsweep.names import OUTPUT, TEST_ACCURACY

STATEMENTS = {
    "G1": "over a training, I(X;T) goes with geometry",
    "G2": "low information does not imply clustering",
}
MEASURES = ("cdnv", "distance_ratio", "effective_rank")
ESTIMATOR = "geometry"
_FEWEST = 5  # snapshots with both values
_NEED = "needs estimator=[{},geometry] on the same networks"


def information_goes_with_geometry(networks: Networks) -> list[Finding]:
    """G1: Spearman's rho over snapshots of I(X;T) and a measure, a mean over hidden layers."""
    rule = "interval of the mean over networks above .5; not, if below .3"
    claim = Claim("G1", STATEMENTS["G1"], rule, (0.3, 0.5))
    findings = []
    table = _both(networks)
    for name in MEASURES if len(table) else ():
        rows = table.dropna(subset=["i_xt", name])
        rho = rows.groupby(["network", "layer"])[["i_xt", name]].apply(_rho, include_groups=False)
        each = np.arctanh(rho.clip(-0.999, 0.999)).groupby("network").mean()
        for group, values in each.groupby(_groups(networks).reindex(each.index)):
            z = mean_effect(values)
            mean, low, high = np.tanh(z[:3])
            effect = Effect(float(mean), float(low), float(high), z.p, z.n)
            verdict = decide(effect.low > 0.5, effect.high < 0.3)
            measure = f"rho of I(X;T) and {name}"
            findings.append(
                claim.finding(str(group), measure=measure, effect=effect, verdict=verdict)
            )
    return findings or [claim.undecided(_NEED.format(networks.estimator))]


def low_information_is_no_clustering(networks: Networks) -> list[Finding]:
    """G2: rho over networks of final I(X;T) and `cdnv` of the last hidden layer."""
    rule = "|rho| < .3, or intervals of two groups on two sides of 0; not, if it is above .3"
    claim = Claim("G2", STATEMENTS["G2"], rule, (-0.3, 0.3))
    table = _both(networks)
    if table.empty:
        return [claim.undecided(_NEED.format(networks.estimator))]
    last = table[table["epoch"] == table.groupby("network")["epoch"].transform("max")]
    final = last.dropna(subset=["i_xt", "cdnv"]).groupby("network").last()
    accuracy = networks.runs.set_index("run_id")[TEST_ACCURACY]
    effects, partial = {}, {}
    for group, rows in final.groupby(_groups(networks).reindex(final.index)):
        x, y = rows["i_xt"].to_numpy(), rows["cdnv"].to_numpy()
        if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        low, high = bootstrap_interval(x, y, resamples=2000, seed=0)[2:]
        p = permutation_p(x, y, resamples=2000, seed=0)[1]
        effects[group] = Effect(float(spearman(x, y)), low, high, p, len(x))
        ranks = [stats.rankdata(v) for v in (x, y, accuracy.reindex(rows.index))]
        partial[group] = partial_r(*ranks)
    ends = [end for effect in effects.values() for end in (effect.low, effect.high)]
    opposed = max(ends[::2], default=0.0) > 0 > min(ends[1::2], default=0.0)
    findings = []
    for group, effect in effects.items():
        verdict = decide(abs(effect.effect) < 0.3 or opposed, effect.low > 0.3)
        measure = f"rho of I(X;T) and cdnv (given accuracy {partial[group]:.2f})"
        findings.append(claim.finding(str(group), measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided("needs ≥ 4 networks that differ in both")]


def _rho(rows: pd.DataFrame) -> float:
    """Return Spearman's rho of two columns; NaN where one is constant, or for few rows."""
    x, y = rows.to_numpy(dtype=float).T
    if len(x) < _FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return float(spearman(x, y))


def _both(networks: Networks) -> pd.DataFrame:
    """Return I(X;T) and the geometry of hidden layers side by side, at every snapshot."""
    curves = networks.curves
    keys = ["network", "layer", "epoch"]
    if not set(MEASURES) <= set(curves):
        return pd.DataFrame(columns=[*keys, "i_xt", *MEASURES])
    hidden = curves[(curves["part"] == "all") & (curves["layer"] != OUTPUT)]
    information = hidden.loc[hidden["estimator"] == networks.estimator, [*keys, "i_xt"]]
    geometry = hidden.loc[hidden["estimator"] == ESTIMATOR, [*keys, *MEASURES]]
    return information.merge(geometry, on=keys)


def _groups(networks: Networks) -> pd.Series:
    """Return the activation of each network."""
    return networks.runs.set_index("run_id")["activation"]


def _test(networks: Networks) -> list[Finding]:
    """Test G1 and G2."""
    return [
        *information_goes_with_geometry(networks),
        *low_information_is_no_clustering(networks),
    ]


PAPER = Paper(
    "Goldfeld et al. 2019, arXiv:1810.05728 (G1); arXiv:2606.21593 (G2)",
    "geometry",
    STATEMENTS,
    _test,
)
