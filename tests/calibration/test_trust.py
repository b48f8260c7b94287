"""What is said of an estimator's trustworthiness follows from its biases."""

import pandas as pd
import pytest

from ibsweep.calibration.catalogue import catalogue
from ibsweep.calibration.trust import sentence, stored, trust
from ibsweep.config import shipped


def table(biases, estimator="ebab", distribution="normal"):
    return pd.DataFrame(
        {
            "distribution": distribution,
            "estimator": estimator,
            "samples": 5000,
            "truth": [float(truth) for truth in biases],
            "bias": list(biases.values()),
            "seconds": 0.5,
        }
    )


def only(found):
    (row,) = found.to_dict("records")
    return row


def test_trust_ends_at_the_first_bias_that_is_too_large():
    row = only(trust(table({8: -0.1, 0: 0.1, 2: -0.2, 4: -1.0})))
    assert (row["trusted"], row["measured"]) == (2.0, 8.0)


def test_a_bias_may_grow_with_the_truth():
    assert only(trust(table({0: 0.0, 10: -0.45})))["trusted"] == 10.0
    assert only(trust(table({0: 0.0, 10: -0.55})))["trusted"] == 0.0


@pytest.mark.parametrize(("rotated", "name"), [(True, "rotated normal, N"), ("", "normal, N")])
def test_samples_that_are_rotated_are_called_so(rotated, name):
    told = trust(table({0: 0.0}).assign(**{"distribution.rotated": rotated}))
    assert only(told)["sample"].startswith(name)


def test_an_undefined_bias_is_not_trusted():
    assert sentence(trust(table({0: float("nan")}))).endswith("nowhere")


@pytest.mark.parametrize("name", shipped.names("estimator"))
def test_every_estimator_is_listed_with_its_paper(name):
    listed = catalogue(table({0: 0.0, 2: 0.1}))
    row = only(listed[listed["estimator"] == name])
    assert row["estimates"].endswith(".")
    assert row["paper"]
    assert row["trustworthy"] == (
        "normal, N = 5000: to 2.0 of 2.0 bits" if name == "ebab" else "not calibrated"
    )


def test_the_shipped_calibration_can_be_told():
    cells = stored()
    assert set(trust(cells)["estimator"]) == set(cells["estimator"])
    assert (cells["n"] >= 2).all()


def test_estimators_of_vectors_warn_of_layers_that_are_off_at_some_samples():
    listed = catalogue(stored()).set_index("estimator")["beware"]
    warning = (
        "exactly 0, or another value, at part of the samples: it may be far off, and kl/atoms"
    )
    assert warning in listed["kl"]
    assert listed[["shuffled", "lossy", "ksg_subsampled", "mine"]].str.len().gt(0).all()
    assert listed[["ebab", "akde", "sp", "quantized"]].eq("").all()
