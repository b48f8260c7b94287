"""Targets of earlier versions: they are built, and fingerprints go on naming them."""

import pytest

from ibsweep.config.fingerprints import run_fingerprint
from ibsweep.config.instantiation import build
from ibsweep.config.moved import FORMER, current, former

OLD = {
    "activation": "ibsweep.activations.Activation",
    "regularization.l2": "ibsweep.regularizers.l2",
    "noise.additive": "ibsweep.noise.additive",
    "snapshots": "ibsweep.schedule.logarithmic",
}
PARTS = ["activation=prelu", "regularization=l2", "noise=additive"]


@pytest.mark.parametrize("key", OLD)
def test_a_former_address_is_the_same_run(settings, key):
    given = settings(*PARTS)
    old = settings(*PARTS, f"{key}._target_={OLD[key]}")
    assert old.values != given.values
    assert run_fingerprint(old) == run_fingerprint(given)
    old.check()


def test_a_part_at_its_former_address_is_built():
    node = {"_target_": "ibsweep.regularizers.l2", "penalty": [0.1]}
    assert type(build(node, "it")).__module__ == "ibsweep.learning.regularizers"


@pytest.mark.parametrize("prefix", FORMER)
def test_renaming_there_and_back_changes_nothing(prefix):
    node = {"parts": [{"_target_": f"{prefix}name", "target": f"{prefix}name"}], "n": 1.5}
    assert current(former(node)) == node
    assert former(node)["parts"][0]["target"] == f"{prefix}name"  # text that is no address
