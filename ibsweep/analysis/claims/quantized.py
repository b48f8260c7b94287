"""Claims on networks that compute in few bits: do layers fit and compress, exactly?

References:
    Lorenzen, Igel & Nielsen, Information bottleneck: exact analysis of (quantized) neural
    networks, 2022. https://arxiv.org/abs/2106.12912
"""

from collections.abc import Callable

import pandas as pd

from ibsweep.analysis.claims.base import Networks, Paper
from ibsweep.analysis.claims.exact import EXACT, LEAST, NEED, agreement, groups, layer_facts
from ibsweep.analysis.effects import Claim, Effect, Finding, Verdict, decide, share_effect

STATEMENTS = {
    "Q1": "all layers fit: I(T;Y) first rises",
    "Q2": "the output layer compresses in every setting",
    "Q3": "hidden layers compress with tanh; with ReLU they need not",
}
BITS = "quantization.bits"
_MOST = f"interval of the share above .5; not, if below (a change counts from {LEAST} bits on)"


def all_layers_fit(networks: Networks) -> list[Finding]:
    """Q1: share of networks of which I(T;Y) of every layer first rises."""
    claim = Claim("Q1", STATEMENTS["Q1"], _MOST)
    return _shares(claim, networks, lambda facts: facts["fits"].groupby("network").all(), _most)


def output_compresses(networks: Networks) -> list[Finding]:
    """Q2: share of networks whose output ends below its highest I(X;T)."""
    claim = Claim("Q2", STATEMENTS["Q2"], _MOST)

    return _shares(claim, networks, lambda facts: _falls(facts, output=True), _most)


def hidden_layers_compress(networks: Networks) -> list[Finding]:
    """Q3: share of networks of which a hidden layer ends below its highest I(X;T)."""
    rule = f"tanh: {_MOST}; relu: interval below .95; not, if above .5"
    claim = Claim("Q3", STATEMENTS["Q3"], rule)

    def verdict(group: str, effect: Effect) -> Verdict:
        if group.startswith("relu"):
            return decide(effect.high < 0.95, effect.low > 0.5)
        return _most(group, effect)

    return _shares(claim, networks, lambda facts: _falls(facts, output=False), verdict)


def _falls(facts: pd.DataFrame, *, output: bool) -> pd.Series:
    """Say of which networks the output, or a hidden layer, ends below its highest I(X;T)."""
    chosen = facts.loc[facts["output"].astype(bool) == output, "fall"]
    return (chosen >= LEAST).groupby("network").any()


def _most(group: str, effect: Effect) -> Verdict:
    return decide(effect.low > 0.5, effect.high < 0.5)


def _shares(
    claim: Claim,
    networks: Networks,
    marks: Callable[[pd.DataFrame], pd.Series],
    verdict: Callable[[str, Effect], Verdict],
) -> list[Finding]:
    """Return the share of marked networks for each activation and number of bits."""
    exact = marks(layer_facts(networks.curves))
    other = marks(layer_facts(networks.curves, networks.estimator)).rename(networks.estimator)
    findings = []
    for group, runs in groups(networks, "activation", BITS):
        own = exact[exact.index.intersection(runs)]
        if own.empty:
            continue
        effect = share_effect(own, chance=0.5)
        same = agreement(own, other) if networks.estimator != EXACT else ""
        measure = f"share of networks{same}"
        findings.append(
            claim.finding(group, measure=measure, effect=effect, verdict=verdict(group, effect))
        )
    return findings or [claim.undecided(NEED.format("uniform"))]


def _test(networks: Networks) -> list[Finding]:
    """Test Q1 to Q3."""
    return [
        *all_layers_fit(networks),
        *output_compresses(networks),
        *hidden_layers_compress(networks),
    ]


PAPER = Paper("Lorenzen, Igel & Nielsen 2022, arXiv:2106.12912", "quantized", STATEMENTS, _test)
