"""A claim on the conditional information plane, whose horizontal axis is I(X;T|Y).

References:
    Tezuka & Namekawa, Information bottleneck analysis by a conditional mutual information bound,
    2021. https://doi.org/10.3390/e23080974
"""

from collections.abc import Iterator

import pandas as pd

from ibsweep.analysis.bounds import conditional
from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import (
    ALPHA,
    Claim,
    Effect,
    Finding,
    decide,
    mean_effect,
    share_effect,
    sign_p,
)
from ibsweep.names import OUTPUT
from ibsweep.scores.phases import phases

STATEMENTS = {
    "T1": "I(X;T|Y) is below I(X;T), most near the input, and changes what layers seem to do",
}
_FALSE_ALARMS = 0.05  # share of networks in which a verdict may change by chance
_NEAR = f"near the input more: interval above 0 and sign test p < {ALPHA}; not, if it is below 0"
_CHANGED = f"verdicts change: interval above {_FALSE_ALARMS}; not, if it is below"
_NEED = "needs curves of {} on all data, with at least one hidden layer, and its phases"


def conditioning_changes_the_picture(networks: Networks) -> list[Finding]:
    """T1: what conditioning takes away, first less last hidden layer; verdicts that it changes.

    I(X;T) − I(X;T|Y) = I(T;Y), of the last snapshot. A verdict is that of `phases`, of a hidden
    layer below its ceiling; a network counts if one of its layers has another.
    """
    claim = Claim("T1", STATEMENTS["T1"], _NEAR, (0.0,))
    curves = networks.curves
    hidden = curves[(curves["part"] == "all") & (curves["layer"] != OUTPUT)]
    hidden = hidden[hidden["estimator"] == networks.estimator]
    if hidden.empty or networks.phases.empty:
        return [claim.undecided(_NEED.format(networks.estimator))]
    taken = _taken_away(hidden)
    changed = _changed(hidden, networks)
    findings: list[Finding] = []
    for activation, runs in networks.runs.groupby("activation"):
        difference = taken.reindex(runs["run_id"]).dropna()
        marks = changed.reindex(runs["run_id"]).dropna()
        findings += _findings(claim, str(activation), difference, marks)
    return findings


def _findings(
    claim: Claim, group: str, difference: pd.Series, marks: pd.Series
) -> Iterator[Finding]:
    """Yield both findings on one group of networks."""
    effect = mean_effect(difference)._replace(p=sign_p(difference))
    yield claim.finding(
        group,
        measure="I(T;Y), first less last hidden layer, bits",
        effect=effect,
        verdict=decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0),
    )
    other = claim._replace(rule=_CHANGED, thresholds=(_FALSE_ALARMS,))
    if marks.empty:
        yield other.undecided("needs curves of at least 5 snapshots", group=group)
        return
    share: Effect = share_effect(marks.astype(bool).tolist(), chance=_FALSE_ALARMS)
    verdict = decide(share.low > _FALSE_ALARMS, share.high < _FALSE_ALARMS)
    measure = "share of networks with another verdict"
    yield other.finding(group, measure=measure, effect=share, verdict=verdict)


def _taken_away(hidden: pd.DataFrame) -> pd.Series:
    """Return I(T;Y) of the first less that of the last hidden layer, by network; NaN of one."""
    last = hidden[hidden["epoch"] == hidden.groupby("network")["epoch"].transform("max")]
    layers = last.groupby("network", sort=False)["i_ty"]
    difference: pd.Series = layers.first() - layers.last()
    return difference.where(layers.size() > 1)


def _changed(hidden: pd.DataFrame, networks: Networks) -> pd.Series:
    """Return whether a hidden layer that is not at its ceiling has another verdict, by network."""
    samples = int(networks.runs["samples"].iloc[0])
    keys = ["network", "layer"]
    plain = phases(hidden, samples, resamples=1).set_index(keys)["verdict"]
    given = phases(conditional(hidden), samples, resamples=1).set_index(keys)["verdict"]
    decided = plain[plain != "cannot_tell"]  # the ceiling of I(X;T|Y) is lower by H(Y)
    changed: pd.Series = (decided != given.reindex(decided.index)).groupby("network").any()
    return changed


PAPER = Paper(
    "Tezuka & Namekawa 2021, Entropy 23:974",
    "fig6",
    STATEMENTS,
    conditioning_changes_the_picture,
)
