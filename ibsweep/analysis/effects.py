"""What a claim came to: effect, interval, p, verdict and the rule that decides."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ibsweep.analysis.summaries import mean_interval

Verdict = Literal["supported", "not supported", "undecided"]
ALPHA = 0.05
LEAST_EFFECT = 0.05  # of a score: an interval below this rules out an effect that matters
FEWEST = 5  # networks: below, nothing is decided


class Finding(NamedTuple):
    """What a claim came to for one group of networks.

    Attributes:
        claim: Its number, e.g. `C1`.
        statement: The claim in words.
        group: The networks, e.g. an activation.
        measure: What `effect` is, with its unit.
        effect: The estimate; NaN if there is none.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Probability of an effect as large if there were none.
        n: Number of networks.
        verdict: What the rule says.
        rule: The rule in words; for what is undecided for lack of networks, what is missing.
        thresholds: The values that the rule compares the interval with, if they are fixed.
    """

    claim: str
    statement: str
    group: str
    measure: str
    effect: float
    low: float
    high: float
    p: float
    n: int
    verdict: Verdict
    rule: str
    thresholds: tuple[float, ...] = ()


class Effect(NamedTuple):
    """An estimate with its 95 % interval, p and number of networks."""

    effect: float
    low: float
    high: float
    p: float
    n: int


NOTHING = Effect(np.nan, np.nan, np.nan, np.nan, 0)


class Claim(NamedTuple):
    """A claim, and the rule in words that decides it.

    Attributes:
        number: E.g. `C1`.
        statement: The claim in words.
        rule: When it is supported, and when not.
        thresholds: The values that the rule compares intervals with, if they are fixed.
    """

    number: str
    statement: str
    rule: str
    thresholds: tuple[float, ...] = ()

    def finding(self, group: str, *, measure: str, effect: Effect, verdict: Verdict) -> Finding:
        """Return what it came to for a group of networks; with too few of them it is undecided."""
        if effect.n < FEWEST:
            reason = f"needs ≥ {FEWEST} networks, got {effect.n}"
            return self.undecided(reason, group=group, n=effect.n)
        return Finding(
            claim=self.number,
            statement=self.statement,
            group=group,
            measure=measure,
            **effect._asdict(),
            verdict=verdict,
            rule=self.rule,
            thresholds=self.thresholds,
        )

    def undecided(self, reason: str, *, group: str = "all", n: int = 0) -> Finding:
        """Return the finding if the networks that it needs are not there."""
        nothing = NOTHING._replace(n=n)
        return Finding(self.number, self.statement, group, "", *nothing, "undecided", reason)


def decide(supported: bool, refuted: bool) -> Verdict:
    """Return the verdict; what supports a claim comes first."""
    return "supported" if supported else "not supported" if refuted else "undecided"


def mean_effect(values: Sequence[float]) -> Effect:
    """Return the mean, its interval and p by Student's t; NaN values are left out."""
    known = pd.Series(values, dtype=float).dropna()
    mean, half_width, _ = mean_interval(known)
    constant = len(known) < 2 or np.ptp(known) == 0
    p = np.nan if constant else float(stats.ttest_1samp(known, 0.0).pvalue)
    return Effect(mean, mean - half_width, mean + half_width, p, len(known))


def share_effect(marks: Sequence[bool], *, chance: float) -> Effect:
    """Return a share, its exact interval, and the p of so many if the share were `chance`.

    References:
        Clopper & Pearson, The Use of Confidence or Fiducial Limits, 1934.
    """
    count, n = int(np.sum(marks)), len(marks)
    test = stats.binomtest(count, n, chance, alternative="greater")
    ends = stats.binomtest(count, n).proportion_ci(0.95, method="exact")
    return Effect(count / n, float(ends.low), float(ends.high), float(test.pvalue), n)


def sign_p(values: Sequence[float]) -> float:
    """Return the two-sided p of the sign test; zeros are left out, NaN if nothing is left."""
    known = pd.Series(values, dtype=float).dropna()
    signs = np.sign(known[known != 0])
    if not len(signs):
        return np.nan
    return float(stats.binomtest(int((signs > 0).sum()), len(signs)).pvalue)


def spread_effect(values: Sequence[float], *, noise: float) -> Effect:
    """Return a standard deviation, its bootstrap interval, and p against a spread by noise alone.

    The p is that of the chi-square test of a variance; the interval is that of 2000 resamples.
    """
    known = pd.Series(values, dtype=float).dropna().to_numpy()
    if len(known) < 3:
        return NOTHING._replace(n=len(known))
    rows = np.random.default_rng(0).integers(len(known), size=(2000, len(known)))
    low, high = np.percentile(known[rows].std(axis=1, ddof=1), [2.5, 97.5])
    spread, freedom = float(known.std(ddof=1)), len(known) - 1
    p = float(stats.chi2.sf(freedom * (spread / noise) ** 2, freedom)) if noise > 0 else np.nan
    return Effect(spread, float(low), float(high), p, len(known))
