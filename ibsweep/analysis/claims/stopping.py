"""A claim on when to stop: the largest I(T;Y) of the output is a good epoch.

References:
    Perin, Buhan & Picek, Learning when to stop, 2020. https://eprint.iacr.org/2020/058
"""

from collections.abc import Iterator

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import ALPHA, Claim, Finding, decide, mean_effect, sign_p
from ibsweep.analysis.resampling import holm
from ibsweep.names import FAILED

STATEMENTS = {
    "P1": "stopping at the output's largest I(T;Y) beats the last epoch and is no worse than loss"
}
TABLE = "stopping"  # of `Networks.tables`: `network` and the columns of `scores.stopping.stops`
OTHERS = ("last", "loss", "accuracy", "phase", "fitted")
_MARGIN = 0.005  # of accuracy: no worse than the loss by more
_RULES = {
    "last": f"against last: interval above 0 and Holm p < {ALPHA}; not, if it is below 0",
    "loss": f"against loss: interval above -{_MARGIN}; not, if it is below that",
}


def information_tells_when_to_stop(networks: Networks) -> list[Finding]:
    """P1: paired difference of accuracy on held-out samples, I(T;Y)'s epoch less another rule's.

    The family of Holm's p is the other rules, for one estimator and group of networks.
    """
    claim = Claim("P1", STATEMENTS["P1"], "")
    table = networks.tables.get(TABLE)
    if table is None or table.empty:
        return [claim.undecided("needs stored networks to run again")]
    findings: list[Finding] = []
    for group, runs in _groups(networks.runs):
        accuracy = table[table["network"].isin(runs["run_id"])]
        for estimator, own in accuracy[accuracy["rule"] == "i_ty"].groupby("estimator"):
            ours = own.set_index("network")["accuracy"]
            rivals = accuracy[accuracy["estimator"].isin(["", estimator])]
            findings += _against(claim, f"{group}, {estimator}", ours, rivals)
    return findings


def _against(claim: Claim, group: str, ours: pd.Series, rivals: pd.DataFrame) -> Iterator[Finding]:
    """Yield the findings on one group of networks and estimator: against `last`, then `loss`."""
    others = rivals.pivot(index="network", columns="rule", values="accuracy")
    differences = {name: (ours - others[name]).dropna() for name in OTHERS}
    raw = pd.Series({name: sign_p(values) for name, values in differences.items()})
    adjusted = dict(zip(raw.index, holm(raw.to_numpy(dtype=float)), strict=True))
    for name, rule in _RULES.items():
        effect = mean_effect(differences[name])._replace(p=adjusted[name])
        if name == "last":
            verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
        else:
            verdict = decide(effect.low > -_MARGIN, effect.high < -_MARGIN)
        measure = f"accuracy less that of {name}"
        threshold = 0.0 if name == "last" else -_MARGIN
        one = claim._replace(rule=rule, thresholds=(threshold,))
        yield one.finding(group, measure=measure, effect=effect, verdict=verdict)


def _groups(runs: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the networks of each activation; again without those that failed to train."""
    for activation, rows in runs.groupby("activation"):
        yield str(activation), rows
        failed = rows[FAILED] > 0
        if failed.any():
            yield f"{activation}, without failed", rows[~failed]


PAPER = Paper(
    "Perin, Buhan & Picek 2020, eprint.iacr.org/2020/058",
    "stopping",
    STATEMENTS,
    information_tells_when_to_stop,
    tables=(TABLE,),
)
