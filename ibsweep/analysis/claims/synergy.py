"""Claims on synergy: what inputs tell of a layer only together, its complexity, is compressed.

References:
    Westphal, Hailes & Musolesi 2025. https://arxiv.org/abs/2509.26327
"""

import numpy as np
import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import ALPHA, Claim, Effect, Finding, decide, mean_effect, sign_p
from ibsweep.analysis.resampling import bootstrap_interval, permutation_p, spearman
from ibsweep.names import FAILED, OUTPUT, TEST_ACCURACY

ESTIMATOR = "synergy"
STATEMENTS = {
    "V1": "complexity is compressed in ReLU networks, where I(X;T) is not",
    "V2": "compression of complexity goes with accuracy",
}
_NEED = "needs curves of estimator=[synergy] on all data"
_RESAMPLES = 2000


def complexity_is_compressed(networks: Networks) -> list[Finding]:
    """V1: fall of complexity less fall of I(X;T), mean of hidden layers, paired in a network.

    A fall is from the largest value of a training to the last. The claim is on ReLU; other
    activations stand beside it.
    """
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if it is below 0"
    claim = Claim("V1", STATEMENTS["V1"], rule, (0.0,))
    falls = _falls(networks)
    findings = []
    for activation, rows in falls.groupby("activation"):
        difference = rows["complexity"] - rows["i_xt"]
        effect = mean_effect(difference)._replace(p=sign_p(difference))
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < 0)
        both = f"{rows['complexity'].mean():.2f} and {rows['i_xt'].mean():.2f}"
        measure = f"fall of complexity less that of I(X;T), bits ({both})"
        findings.append(
            claim.finding(str(activation), measure=measure, effect=effect, verdict=verdict)
        )
    return findings or [claim.undecided(_NEED)]


def compression_goes_with_accuracy(networks: Networks) -> list[Finding]:
    """V2: Spearman's rho over networks of the fall of complexity and test accuracy."""
    rule = f"interval above 0 and p < {ALPHA}; not, if it is below .3"
    claim = Claim("V2", STATEMENTS["V2"], rule, (0.0, 0.3))
    findings = []
    for activation, every in _falls(networks).groupby("activation"):
        trained = every[every[FAILED] == 0]
        groups = {str(activation): every}
        if len(trained) < len(every):
            groups[f"{activation}, without failed"] = trained
        for group, rows in groups.items():
            x, y = rows["complexity"].to_numpy(), rows[TEST_ACCURACY].to_numpy()
            if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
                reason = "needs ≥ 4 networks that differ in both"
                findings.append(claim.undecided(reason, group=group, n=len(x)))
                continue
            low, high = bootstrap_interval(x, y, resamples=_RESAMPLES, seed=0)[2:]
            p = permutation_p(x, y, resamples=_RESAMPLES, seed=0)[1]
            effect = Effect(float(spearman(x, y)), low, high, p, len(x))
            verdict = decide(low > 0 and p < ALPHA, high < 0.3)
            measure = "rho of fall of complexity and accuracy"
            findings.append(claim.finding(group, measure=measure, effect=effect, verdict=verdict))
    return findings or [claim.undecided(_NEED)]


def _falls(networks: Networks) -> pd.DataFrame:
    """Return one row a network: by how much complexity and I(X;T) fall, bits, and its outcome."""
    curves = networks.curves
    columns = ["complexity", "i_xt"]
    outcome = networks.runs.set_index("run_id")[["activation", TEST_ACCURACY, FAILED]]
    if "complexity" not in curves:
        return outcome.iloc[:0].assign(**dict.fromkeys(columns, 0.0))
    of_it = (curves["estimator"] == ESTIMATOR) & (curves["part"] == "all")
    hidden = curves[of_it & (curves["layer"] != OUTPUT)].sort_values("epoch", kind="stable")
    layers = hidden.groupby(["network", "layer"])[columns]
    falls = (layers.max() - layers.last()).groupby("network").mean()
    return falls.join(outcome, how="inner")


def _test(networks: Networks) -> list[Finding]:
    """Test V1 and V2."""
    return [*complexity_is_compressed(networks), *compression_goes_with_accuracy(networks)]


PAPER = Paper("Westphal, Hailes & Musolesi 2025, arXiv:2509.26327", "synergy", STATEMENTS, _test)
