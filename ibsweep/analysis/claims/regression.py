"""A claim on regression: does the bottleneck of Cauchy-Schwarz divergences lower the error?

References:
    Yu et al., Cauchy-Schwarz divergence information bottleneck for regression, 2024.
    https://arxiv.org/abs/2404.17951
"""

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import ALPHA, Claim, Finding, decide, mean_effect, sign_p
from ibsweep.names import TEST_ERROR

STATEMENTS = {"R1": "test error and gap are lower with cs_ib than with the squared error"}
MEASURES = {TEST_ERROR: "test RMSE", "rmse/gap": "test less training RMSE"}
OURS, PLAIN = "cs_ib", "none"
_NEED = "needs regressions with regularization=none and cs_ib, by seed"


def errors_are_lower(networks: Networks) -> list[Finding]:
    """R1: difference of errors between cs_ib and the squared error, paired by task and seed."""
    rule = f"interval below 0 and sign test p < {ALPHA}; not, if the interval is above 0"
    claim = Claim("R1", STATEMENTS["R1"], rule)
    runs = networks.runs
    if TEST_ERROR not in runs or "regularization" not in runs:
        return [claim.undecided(_NEED)]
    known = runs.dropna(subset=[TEST_ERROR])
    findings = []
    for task, rows in known.groupby("task"):
        for name, words in MEASURES.items():
            difference = _paired(rows, name)
            if difference.empty:
                continue
            effect = mean_effect(difference)._replace(p=sign_p(difference))
            verdict = decide(effect.high < 0 and effect.p < ALPHA, effect.low > 0)
            measure = f"difference of {words}, standard deviations of y"
            findings.append(
                claim.finding(str(task), measure=measure, effect=effect, verdict=verdict)
            )
    return findings or [claim.undecided(_NEED)]


def _paired(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return what cs_ib adds to a column, for each seed that has both."""
    both = rows.pivot_table(index="seed", columns="regularization", values=name, aggfunc="mean")
    if not {OURS, PLAIN} <= set(both):
        return pd.Series(dtype=float)
    return (both[OURS] - both[PLAIN]).dropna()


PAPER = Paper("Yu et al. 2024, arXiv:2404.17951", "regression", STATEMENTS, errors_are_lower)
