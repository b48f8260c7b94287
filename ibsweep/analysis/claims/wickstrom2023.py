"""Claims on parts of the data: more compression on training samples, and none before it is time.

References:
    Wickstrøm et al. 2023. https://doi.org/10.3390/e25060899 (2019, arXiv:1909.11396)
"""

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.effects import (
    ALPHA,
    LEAST_EFFECT,
    Claim,
    Finding,
    decide,
    mean_effect,
    share_effect,
    sign_p,
)
from ibsweep.names import OUTPUT
from ibsweep.scores.compression import score

STATEMENTS = {
    "W1": "layers compress more on training than on test samples",
    "W2": "validation loss stops a training before its last hidden layer compresses",
}
_NEED = "needs curves of {} of parts=[all,train,test]"


def training_samples_are_compressed_more(networks: Networks) -> list[Finding]:
    """W1: hidden layers' score on the training less that on the test part, paired in a network.

    Parts of unlike size have unlike ceilings: take an estimator that uses equally many samples of
    both, as `renyi_aligned` does.
    """
    rule = f"interval above 0 and sign test p < {ALPHA}; not, if it is below {LEAST_EFFECT}"
    claim = Claim("W1", STATEMENTS["W1"], rule, (0.0, LEAST_EFFECT))
    scores = _scores(networks)
    if scores.empty:
        return [claim.undecided(_NEED.format(networks.estimator))]
    activations = networks.runs.set_index("run_id")["activation"]
    findings = []
    for activation, rows in scores.groupby(activations.reindex(scores.index)):
        difference = rows["train"] - rows["test"]
        effect = mean_effect(difference)._replace(p=sign_p(difference))
        verdict = decide(effect.low > 0 and effect.p < ALPHA, effect.high < LEAST_EFFECT)
        both = f"{rows['train'].mean():.2f} and {rows['test'].mean():.2f}"
        measure = f"hidden score, train less test ({both})"
        findings.append(
            claim.finding(str(activation), measure=measure, effect=effect, verdict=verdict)
        )
    return findings


def loss_stops_before_compression(networks: Networks) -> list[Finding]:
    """W2: share of networks whose loss on test samples is least before I(X;T) begins to fall.

    Of the networks whose last hidden layer compresses; the fall begins at its largest smoothed
    I(X;T). Test samples stand for validation samples, as nothing else is chosen by them.
    """
    rule = "interval above .5; not, if it is below .5"
    claim = Claim("W2", STATEMENTS["W2"], rule, (0.5,))
    if networks.training is None or networks.phases.empty:
        return [claim.undecided("needs networks with at least 5 snapshots")]
    begins = _falls(networks)
    losses = networks.training.sort_values("epoch", kind="stable").dropna(subset="loss/test")
    least = losses.loc[losses.groupby("network")["loss/test"].idxmin()]
    stops = least.set_index("network")["epoch"].reindex(begins.index)
    activations = networks.runs.set_index("run_id")["activation"]
    findings = []
    for activation, falls in begins.groupby(activations.reindex(begins.index)):
        effect = share_effect(list(stops[falls.index] <= falls), chance=0.5)
        verdict = decide(effect.low > 0.5, effect.high < 0.5)
        measure = "share of the networks that compress"
        findings.append(
            claim.finding(str(activation), measure=measure, effect=effect, verdict=verdict)
        )
    return findings or [claim.undecided("needs networks whose last hidden layer compresses")]


def _falls(networks: Networks) -> pd.Series:
    """Return the epoch from which the last hidden layer of a network compresses, by network."""
    hidden = networks.phases[networks.phases["layer"] != OUTPUT]
    number = hidden["layer"].str.extract(r"(\d+)$", expand=False).astype(int)
    last = hidden[number == number.groupby(hidden["network"]).transform("max")]
    falling = last[last["verdict"].isin(["compresses", "compresses_first"])]
    return falling.set_index("network")["peak_epoch"]


def _scores(networks: Networks) -> pd.DataFrame:
    """Return each network's mean score of hidden layers on `train` and `test`; NaN of neither."""
    curves = networks.curves
    of_it = (curves["estimator"] == networks.estimator) & curves["part"].isin(["train", "test"])
    hidden = curves[of_it & (curves["layer"] != OUTPUT)].sort_values("epoch", kind="stable")
    if hidden["part"].nunique() < 2:
        return pd.DataFrame(columns=["train", "test"])
    layers = hidden.groupby(["network", "part", "layer"])["i_xt"].agg(
        lambda values: score(values.to_numpy())
    )
    return layers.groupby(["network", "part"]).mean().unstack("part")


PAPER = Paper(
    "Wickstrøm et al. 2023, Entropy 25:899",
    "conv_renyi",
    STATEMENTS,
    lambda networks: [
        *training_samples_are_compressed_more(networks),
        *loss_stops_before_compression(networks),
    ],
)
