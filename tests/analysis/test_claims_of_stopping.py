"""The claim on when to stop, on tables for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.stopping import OTHERS, information_tells_when_to_stop
from ibsweep.analysis.stopping import stopping_summary


def networks(*, gain, against, seeds=20):
    """Return networks where I(T;Y)'s epoch is better than each rule's by so much on average."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(seeds):
        accuracy = {name: 0.9 + 0.01 * rng.normal() for name in OTHERS}
        best = accuracy[against] + gain + 0.001 * rng.normal()
        for rule in ("i_ty", *OTHERS):
            estimator = "ebab" if rule in ("i_ty", "phase", "fitted") else ""
            rows.append((f"run{k}", rule, estimator, 9.0, accuracy.get(rule, best)))
    columns = ["network", "rule", "estimator", "epoch", "accuracy"]
    table = pd.DataFrame(rows, columns=columns).assign(regret=0.1)
    names = [f"run{k}" for k in range(seeds)]
    failed = [float(k == 0) for k in range(seeds)]
    runs = pd.DataFrame({"run_id": names, "activation": "relu", "failed_to_train": failed})
    return Networks(runs, pd.DataFrame(), pd.DataFrame(), tables={"stopping": table})


@pytest.mark.parametrize(
    ("against", "gain", "verdict"),
    [
        ("last", 0.01, "supported"),
        ("last", -0.01, "not supported"),
        ("last", 0.0001, "undecided"),
        ("loss", -0.003, "supported"),
        ("loss", -0.01, "not supported"),
    ],
)
def test_p1_is_decided_by_the_paired_difference(against, gain, verdict):
    findings = information_tells_when_to_stop(networks(gain=gain, against=against))
    assert [one.group for one in findings][::2] == ["relu, ebab", "relu, without failed, ebab"]
    chosen = [one for one in findings if one.measure.endswith(f" {against}")]
    assert [one.verdict for one in chosen] == [verdict] * 2
    assert [one.n for one in chosen] == [20, 19]
    assert chosen[0].effect == pytest.approx(gain, abs=0.001)


def test_p1_adjusts_the_sign_test_over_the_rules():
    last, _, *_ = information_tells_when_to_stop(networks(gain=0.01, against="last"))
    assert last.p == pytest.approx(len(OTHERS) * 2 * 0.5**20)


def test_the_summary_is_over_networks():
    told = networks(gain=0.01, against="last")
    table = stopping_summary(told.tables["stopping"], told.runs).set_index("rule")
    last = told.tables["stopping"].query("rule == 'last'")["accuracy"]
    assert table.loc["last", "accuracy"] == pytest.approx(last.mean())
    half = 2.093 * last.std() / np.sqrt(20)  # Student's t, 19 degrees of freedom
    assert table.loc["last", "accuracy_high"] == pytest.approx(last.mean() + half, abs=1e-5)
    assert table.loc["last", ["epoch", "epoch_low", "epoch_high", "n", "failed"]].tolist() == [
        *(9.0, 9.0, 9.0, 20, 1)
    ]
    with pytest.raises(ValueError, match="by must be a column of the networks, got 'x'"):
        stopping_summary(told.tables["stopping"], told.runs, by="x")
