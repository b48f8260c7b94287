"""A claim on a penalty of the last hidden layer's activity: it collapses what the layer holds.

References:
    Sbailò & Ghiringhelli, Emergence of latent binary encoding in deep neural network classifiers,
    2023. https://arxiv.org/abs/2310.08224
"""

import numpy as np
import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import Claim, Effect, Finding, decide
from ibsweep.analysis.resampling import bootstrap_interval, permutation_p, spearman
from ibsweep.names import OUTPUT, ROBUST_ACCURACY

STATEMENTS = {"L2": "as the penalty grows, nc1 and I(X;T) fall and robustness rises"}
PENALTY = "regularization.activity_l2.penalty"
_SIGNS = {"nc1": -1, "i_xt": -1, ROBUST_ACCURACY: 1}  # the sign that is claimed


def a_penalty_of_activity_collapses_the_layer(networks: Networks) -> list[Finding]:
    """L2: Spearman's rho over networks of the penalty and each of three measures at the end."""
    rule = "interval on the claimed side of 0; not, if on the other"
    claim = Claim("L2", STATEMENTS["L2"], rule, (0.0,))
    table = _last_layer(networks)
    missing = [name for name in (PENALTY, *_SIGNS) if name not in table]
    if missing:
        return [claim.undecided(f"needs +experiment=latent_collapse: no {', '.join(missing)}")]
    findings = []
    for name, sign in _SIGNS.items():
        known = table[[PENALTY, name]].dropna().to_numpy(float)
        effect = _rho(*known.T) if len(known) > 3 and np.ptp(known, axis=0).all() else None
        if effect is None:
            findings.append(claim.undecided(f"needs networks that differ in {name}"))
            continue
        ends = sorted((sign * effect.low, sign * effect.high))
        verdict = decide(ends[0] > 0, ends[1] < 0)
        measure = f"rho of the penalty and {name}"
        findings.append(claim.finding("all", measure=measure, effect=effect, verdict=verdict))
    return findings


def _last_layer(networks: Networks) -> pd.DataFrame:
    """Return runs with what the last hidden layer holds at the end: `nc1`, and `i_xt` in bits."""
    runs, curves = networks.runs.set_index("run_id"), networks.curves
    hidden = curves[(curves["layer"] != OUTPUT) & (curves["part"] == "all")]
    final = hidden[hidden["epoch"] == hidden["epoch"].max()]
    last = max(final["layer"], key=lambda name: (len(name), name), default="")
    final = final[final["layer"] == last]
    for name, estimator in (("nc1", "geometry"), ("i_xt", networks.estimator)):
        rows = final[final["estimator"] == estimator]
        if name in rows and len(rows):
            runs[name] = rows.set_index("network")[name]
    return runs


def _rho(x: np.ndarray, y: np.ndarray) -> Effect:
    """Return Spearman's rho with its bootstrap interval and p by permutation."""
    low, high = bootstrap_interval(x, y, resamples=2000, seed=0)[2:]
    p = permutation_p(x, y, resamples=2000, seed=0)[1]
    return Effect(float(spearman(x, y)), low, high, p, len(x))


PAPER = Paper(
    "Sbailò & Ghiringhelli 2023, arxiv.org/abs/2310.08224",
    "latent_collapse",
    STATEMENTS,
    a_penalty_of_activity_collapses_the_layer,
)
