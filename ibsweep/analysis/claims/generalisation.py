"""Claims on bounds: does I(X;T|Y) rank networks by their gap, and do bounds hold?

References:
    Kawaguchi, Deng, Ji & Huang 2023 (K1, K3). https://arxiv.org/abs/2305.18887
    Galloway et al. 2022 (K2). https://arxiv.org/abs/2207.09408
"""

import numpy as np
import pandas as pd

from ibsweep.analysis.bounds import FRACTION, bounds
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
from ibsweep.analysis.resampling import permutation_p, spearman
from ibsweep.names import OUTPUT

STATEMENTS = {
    "K1": "the gap goes with I(X;T|Y), more than with the norm of the weights",
    "K2": "the input compression bound holds for 95 % of the networks",
    "K3": "random labels raise I(X;T|Y)",
}
GAP, NORM = "accuracy/gap", "weight_norm"  # training less test accuracy
_RESAMPLES = 2000
_SHUFFLED = "shuffled"
_NEED = "needs networks measured on all data, with a share of training samples (split=stratified)"


def conditional_information_ranks_the_gap(networks: Networks) -> list[Finding]:
    """K1: Spearman's rho of hidden I(X;T|Y) and the gap, both ranked among networks of equal n."""
    rule = "rho's interval above 0 and above that of the weights' norm; not, if below .3"
    claim = Claim("K1", STATEMENTS["K1"], rule, (0.0, 0.3))
    table = _final(networks)
    table = table[table["task"] != _SHUFFLED].dropna(subset=["conditional", GAP, NORM])
    if len(table) < 3:
        return [claim.undecided(_NEED)]
    ranks = table.groupby("n")[["conditional", GAP, NORM]].rank(pct=True)
    x, gap, norm = (ranks[name].to_numpy() for name in ranks)
    rows = np.random.default_rng(0).integers(len(gap), size=(_RESAMPLES, len(gap)))
    drawn = {name: spearman(values[rows], gap[rows]) for name, values in (("x", x), ("w", norm))}
    low, high = np.nanpercentile(drawn["x"], [2.5, 97.5])
    ahead = float(np.nanpercentile(drawn["x"] - drawn["w"], 2.5))
    p = permutation_p(x, gap, resamples=_RESAMPLES, seed=0)[1]
    effect = Effect(float(spearman(x, gap)), float(low), float(high), p, len(gap))
    baseline = float(spearman(norm, gap))
    measure = f"rho of I(X;T|Y) and gap (weights' norm {baseline:.2f})"
    verdict = decide(low > 0 and ahead > 0, high < 0.3)
    return [claim.finding("all", measure=measure, effect=effect, verdict=verdict)]


def compression_bound_holds(networks: Networks) -> list[Finding]:
    """K2: share of networks whose gap is below the bound of their last hidden layer."""
    rule = "interval of the share above .9; not, if below .95"
    claim = Claim("K2", STATEMENTS["K2"], rule, (0.9, 0.95))
    table = _final(networks).dropna(subset=["bound", GAP])
    findings = []
    for (task, n), rows in table.groupby(["task", "n"]):
        effect = share_effect(rows[GAP] <= rows["bound"], chance=0.95)
        verdict = decide(effect.low > 0.9, effect.high < 0.95)
        vacuous = float((rows["bound"] >= 1).mean())
        measure = f"share of networks (bound ≥ 1: {vacuous:.2f})"
        group = f"{task}, n = {n:.0f}"
        findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided(_NEED)]


def random_labels_raise_it(networks: Networks) -> list[Finding]:
    """K3: difference of hidden I(X;T|Y) between random and true labels, paired by seed and n."""
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if the interval is below 0"
    claim = Claim("K3", STATEMENTS["K3"], rule, (0.0,))
    table = _final(networks)
    random = table[table["task"] == _SHUFFLED].set_index(["n", "seed"])["conditional"]
    true = table[(table["task"] != _SHUFFLED) & table["plain"]].set_index(["n", "seed"])
    pairs = (random - true["conditional"].reindex(random.index)).dropna()
    if pairs.empty:
        need = "needs the same networks with task=shuffled, by seed and share of training samples"
        return [claim.undecided(need)]
    findings = []
    for n, difference in pairs.groupby("n"):
        effect = mean_effect(difference)._replace(p=sign_p(difference))
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
        measure = "difference of I(X;T|Y), bits"
        group = f"n = {n:.0f}"
        findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings


def _final(networks: Networks) -> pd.DataFrame:
    """Return one row a network: gap, and what its hidden layers hold at the last snapshot."""
    runs = networks.runs.drop_duplicates("run_id").set_index("run_id")
    table = bounds(networks.runs, networks.curves, estimator=networks.estimator)
    last = table[table["epoch"] == table.groupby("network")["epoch"].transform("max")]
    hidden = last[last["layer"] != OUTPUT]
    layers = hidden.groupby("network", sort=False)
    final = pd.DataFrame(
        {
            "n": layers["n"].first(),
            "conditional": layers["i_xt_given_y"].mean(),
            "bound": layers["bound_compression"].last(),
        }
    )
    wanted = [name for name in ("seed", "task", GAP, NORM, "network.hidden") if name in runs]
    final = final.join(runs[wanted])
    deepest = final["network.hidden"].map(len).max() if "network.hidden" in final else None
    plain = runs["regularization"] == "none" if "regularization" in runs else True
    final["plain"] = plain
    if deepest is not None:
        final["plain"] &= final["network.hidden"].map(len) == deepest
    return final.assign(**{name: np.nan for name in (GAP, NORM) if name not in final})


def _test(networks: Networks) -> list[Finding]:
    """Test K1 to K3."""
    if FRACTION not in networks.runs or "task" not in networks.runs:
        return [Claim(number, text, "").undecided(_NEED) for number, text in STATEMENTS.items()]
    return [
        *conditional_information_ranks_the_gap(networks),
        *compression_bound_holds(networks),
        *random_labels_raise_it(networks),
    ]


PAPER = Paper(
    "Kawaguchi et al. 2023, arXiv:2305.18887; for K2 Galloway et al. 2022, arXiv:2207.09408",
    "bounds",
    STATEMENTS,
    _test,
)
