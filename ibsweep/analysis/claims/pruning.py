"""A claim on single units: those that know little of the label can be removed.

References:
    Sarvani et al., HRel: Filter pruning based on high relevance between activation maps and class
    labels, 2022. https://arxiv.org/abs/2202.10716
"""

from collections.abc import Iterator

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import ALPHA, Claim, Finding, decide, mean_effect, sign_p
from ibsweep.analysis.resampling import holm
from ibsweep.names import FAILED

STATEMENTS = {"H1": "without the units that know least of the label, a network does best"}
TABLE = "pruning"  # of `Networks.tables`: `network` and the columns of `sweeps.pruning`
RIVALS = ("random", "magnitude", "i_xt")
_RULE = f"difference of accuracy: interval above 0 and Holm p < {ALPHA}; not, if it is below 0"


def units_that_know_little_can_go(networks: Networks) -> list[Finding]:
    """H1: paired difference of accuracy, least I(T;Y) removed first, less another order.

    Accuracy is the mean over the shares that are removed. The family of Holm's p is the other
    orders, for one estimator and group of networks.
    """
    claim = Claim("H1", STATEMENTS["H1"], _RULE)
    table = networks.tables.get(TABLE)
    if table is None or table.empty:
        return [claim.undecided("needs stored networks to run again")]
    removed = table[table["share"] > 0].groupby(["network", "order", "estimator"], sort=False)
    accuracy = removed["accuracy"].mean().reset_index()
    runs = networks.runs[~(networks.runs[FAILED] > 0)]
    findings: list[Finding] = []
    for place, group in runs.groupby(["task", "activation"]):
        own = accuracy[accuracy["network"].isin(group["run_id"])]
        for estimator in own.loc[own["order"] == "i_ty", "estimator"].unique():
            name = f"{' '.join(map(str, place))}, {estimator}"
            findings += _against(claim, name, own[own["estimator"].isin(["", estimator])])
    return findings


def _against(claim: Claim, group: str, accuracy: pd.DataFrame) -> Iterator[Finding]:
    """Yield the findings on one group of networks and estimator, one a rival."""
    orders = accuracy.pivot(index="network", columns="order", values="accuracy")
    differences = {name: (orders["i_ty"] - orders[name]).dropna() for name in RIVALS}
    raw = pd.Series({name: sign_p(values) for name, values in differences.items()})
    adjusted = dict(zip(raw.index, holm(raw.to_numpy(dtype=float)), strict=True))
    for name, values in differences.items():
        effect = mean_effect(values)._replace(p=adjusted[name])
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
        measure = f"accuracy less that of {name}"
        yield claim.finding(group, measure=measure, effect=effect, verdict=verdict)


PAPER = Paper(
    "Sarvani et al. 2022 (HRel), arxiv.org/abs/2202.10716",
    "pruning",
    STATEMENTS,
    units_that_know_little_can_go,
    tables=(TABLE,),
)
