"""Claims on autoencoders: which kinds simplify, and do they rebuild equally well?

References:
    Lee & Jo, Information flows of diverse autoencoders, 2021. https://arxiv.org/abs/2102.07402
"""

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import ALPHA, LEAST_EFFECT, Claim, Finding, decide, mean_effect
from ibsweep.names import TEST_ERROR, compression

STATEMENTS = {
    "A1": "plain and sparse autoencoders simplify, sparse ones more",
    "A2": "the other kinds do not simplify",
    "A3": "all kinds rebuild test patterns equally well",
}
KIND = "network.kind"
PLAIN, SPARSE = "plain", "sparse"
NEAR = 0.1  # share by which test errors may differ from those of plain ones
_NEED = "needs autoencoders (network=autoencoder), plain, tied and with regularization=sparsity"


def which_simplify(networks: Networks) -> list[Finding]:
    """A1 and A2: the hidden score of each kind, and of sparse ones less that of plain ones."""
    table = _scores(networks, compression(networks.estimator))
    findings = []
    for kind in table:
        simplifies = kind in (PLAIN, SPARSE)
        rule = f"interval above {LEAST_EFFECT}; not, if below"
        if not simplifies:
            rule = f"interval below {LEAST_EFFECT}; not, if above"
        number = "A1" if simplifies else "A2"
        claim = Claim(number, STATEMENTS[number], rule)
        effect = mean_effect(table[kind])
        more, less = effect.low > LEAST_EFFECT, effect.high < LEAST_EFFECT
        verdict = decide(more, less) if simplifies else decide(less, more)
        findings.append(
            claim.finding(str(kind), measure="hidden score", effect=effect, verdict=verdict)
        )
    if {PLAIN, SPARSE} <= set(table):
        rule = f"interval above 0 and p < {ALPHA}; not, if below 0"
        claim = Claim("A1", STATEMENTS["A1"], rule)
        effect = mean_effect(table[SPARSE] - table[PLAIN])
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
        measure = "difference of hidden scores, paired by seed"
        findings.append(
            claim.finding("sparse less plain", measure=measure, effect=effect, verdict=verdict)
        )
    return findings or [
        Claim(number, STATEMENTS[number], "").undecided(_NEED) for number in ("A1", "A2")
    ]


def errors_are_alike(networks: Networks) -> list[Finding]:
    """A3: test error of a kind over that of plain ones, less 1, paired by seed."""
    rule = f"interval within ±{NEAR}; not, if beyond"
    claim = Claim("A3", STATEMENTS["A3"], rule)
    table = _scores(networks, TEST_ERROR)
    if PLAIN not in table or table.shape[1] < 2:
        return [claim.undecided(_NEED)]
    findings = []
    for kind in table.columns.drop(PLAIN):
        effect = mean_effect(table[kind] / table[PLAIN] - 1)
        alike = -NEAR < effect.low and effect.high < NEAR
        verdict = decide(alike, effect.low > NEAR or effect.high < -NEAR)
        measure = "test RMSE over that of plain, less 1"
        findings.append(claim.finding(str(kind), measure=measure, effect=effect, verdict=verdict))
    return findings


def _scores(networks: Networks, name: str) -> pd.DataFrame:
    """Return a column of the runs by seed (the index) and kind of autoencoder."""
    runs = networks.runs
    if not {KIND, name, "regularization"} <= set(runs):
        return pd.DataFrame()
    known = runs.dropna(subset=[KIND])
    kinds = known[KIND].astype(str).where(known["regularization"] != "sparsity", SPARSE)
    sparse_tied = (known["regularization"] == "sparsity") & (known[KIND] != PLAIN)
    known = known.assign(kind=kinds)[~sparse_tied]
    return known.pivot_table(index="seed", columns="kind", values=name, aggfunc="mean")


def _test(networks: Networks) -> list[Finding]:
    """Test A1 to A3."""
    return [*which_simplify(networks), *errors_are_alike(networks)]


PAPER = Paper("Lee & Jo 2021, arXiv:2102.07402", "autoencoders", STATEMENTS, _test)
