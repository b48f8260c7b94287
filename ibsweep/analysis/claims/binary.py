"""Claims on binary networks: late compression, and whether it goes with generalisation.

References:
    Nothnagel & Geiger, 2026. https://arxiv.org/abs/2605.03636
"""

import numpy as np
import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.claims.exact import EXACT, LEAST, NEED, groups
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.effects import ALPHA, Claim, Effect, Finding, decide, share_effect
from ibsweep.names import OUTPUT, TEST_ACCURACY, compression
from ibsweep.scores.phases import phases

STATEMENTS = {
    "B1": "late compression is frequent",
    "B2": "compression does not go with accuracy",
}
SETTING = ("task", "regularization")
LATE = 0.95  # of the highest training accuracy: from the snapshot on that reaches it


def late_compression_is_frequent(networks: Networks) -> list[Finding]:
    """B1: share of networks of which a hidden layer falls late, further than noise would.

    A fall is that of I(X;T) from its highest since training accuracy reached 95 % of its highest,
    to the end. The floor is that of C2: noise · √(2 ln snapshots), at least `LEAST` bits.
    """
    rule = "interval of the share above .5; not, if below"
    claim = Claim("B1", STATEMENTS["B1"], rule)
    falls = _late_falls(networks)
    findings = []
    for group, runs in groups(networks, *SETTING):
        own = falls.loc[falls.index.intersection(runs)]
        if own.empty:
            continue
        effect = share_effect(own["late"], chance=0.5)
        flagged = f", undersampled {own['undersampled'].mean():.2f}"
        measure = f"share of networks (median fall {own['fall'].median():.2f} bits{flagged})"
        verdict = decide(effect.low > 0.5, effect.high < 0.5)
        findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided(NEED.format("binary"))]


def compression_does_not_go_with_accuracy(networks: Networks) -> list[Finding]:
    """B2: r of each layer's score and test accuracy, as in C6, in each setting."""
    rule = f"every |r| interval within .3; not, if a layer's Holm p < {ALPHA}"
    claim = Claim("B2", STATEMENTS["B2"], rule)
    runs = networks.runs
    scores = [name for name in runs if str(name).startswith(compression(EXACT, "layer_"))]
    scores += [name for name in (compression(EXACT, "last"),) if name in runs]
    if not scores:
        return [claim.undecided(NEED.format("binary"))]
    findings = []
    for group, chosen in groups(networks, *SETTING):
        rows = runs[runs["run_id"].isin(chosen)]
        table = correlations(rows, score=scores, against=TEST_ACCURACY)
        table = table[~table["without_failed"].astype(bool) & table["r"].notna()]
        if table.empty:
            continue
        most = table.loc[table["r"].abs().idxmax()]
        ends = float(most["r_low"]), float(most["r_high"])
        effect = Effect(float(most["r"]), *ends, float(most["r_p_holm"]), int(most["n"]))
        widest = float(table[["r_low", "r_high"]].abs().to_numpy().max())
        verdict = decide(widest < 0.3, bool((table["r_p_holm"] < ALPHA).any()))
        layer = str(most["score"]).rpartition("/")[2]
        measure = f"largest r, {layer} (detectable {most['r_detectable']:.2f})"
        findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided("needs ≥ 5 networks that differ in both")]


def _late_falls(networks: Networks) -> pd.DataFrame:
    """Return of each network whether a hidden layer falls late, how far, and `undersampled`."""
    columns = ["late", "fall", "undersampled"]
    curves = networks.curves
    exact = curves[(curves["part"] == "all") & (curves["estimator"] == EXACT)]
    hidden = exact[exact["layer"] != OUTPUT]
    if hidden.empty or networks.training is None:
        return pd.DataFrame(columns=columns)
    reached = networks.training.groupby("network")[["epoch", "accuracy/train"]].apply(
        lambda t: t.loc[t["accuracy/train"] >= LATE * t["accuracy/train"].max(), "epoch"].min()
    )
    after = hidden[hidden["epoch"] >= hidden["network"].map(reached)].sort_values("epoch")
    layers = after.groupby(["network", "layer"])["i_xt"]
    falls = (layers.max() - layers.last()).rename("fall").reset_index()
    samples = int(networks.runs["samples"].iloc[0])
    noise = phases(hidden, samples, resamples=2).set_index(["network", "layer"])
    floor = noise["noise"] * np.sqrt(2 * np.log(noise["snapshots"]))
    known = floor.reindex(pd.MultiIndex.from_frame(falls[["network", "layer"]])).to_numpy()
    falls["late"] = falls["fall"] >= np.maximum(known, LEAST)
    table = falls.groupby("network").agg(late=("late", "any"), fall=("fall", "max"))
    flags = hidden.groupby("network")["undersampled"].max() if "undersampled" in hidden else None
    return table.assign(undersampled=0.0 if flags is None else flags)


def _test(networks: Networks) -> list[Finding]:
    """Test B1 and B2."""
    return [
        *late_compression_is_frequent(networks),
        *compression_does_not_go_with_accuracy(networks),
    ]


PAPER = Paper("Nothnagel & Geiger 2026, arXiv:2605.03636", "binary", STATEMENTS, _test)
