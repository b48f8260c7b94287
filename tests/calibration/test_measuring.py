"""Estimates of known samples: any estimator of conf/estimator can be asked."""

import time
from mmap import mmap
from pathlib import Path

import numpy as np
import pytest
import yaml

from ibsweep.calibration.measuring import MEGABYTE, measure
from ibsweep.calibration.pair_estimators import pair_estimator
from ibsweep.config import shipped
from ibsweep.distributions.base import Pair
from ibsweep.distributions.normal import Normal
from ibsweep.distributions.quantized_uniform import levels
from ibsweep.resources import growth

FOLDER = Path(__file__).parents[2] / "conf" / "estimator"
NAMES = [
    name
    for name in shipped.names("estimator")
    if not shipped.source("estimator", name).endswith(" No information.")
]


def estimator(name):
    node = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())[name]
    return pair_estimator(node, f"estimator.{name}")


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", NAMES)
def test_every_estimator_measures_vectors_and_labels(name):
    pairs = [
        Normal(dims=(2, 2), information=1.0).sample(60, rng()),
        levels(levels=3, features=2).sample(60, rng()),
    ]
    for pair in pairs:
        table = measure(pair, {name: estimator(name)})
        assert table["estimator"].tolist() == [name]
        assert np.isfinite(table["estimate"]).all()
        assert (table["seconds"] > 0).all()


@pytest.mark.parametrize(("name", "states"), [("sp", True), ("shuffled", True), ("ebab", False)])
def test_an_error_is_stated_by_those_that_know_it(name, states):
    pair = Normal(dims=(2, 2), information=1.0).sample(60, rng())
    assert np.isfinite(measure(pair, {name: estimator(name)})["error"].item()) == states


def test_binning_labels_that_are_the_sample_finds_their_entropy():
    labels = np.repeat(np.arange(4), 25)
    pair = Pair(labels[:, None].astype(float), labels)
    table = measure(pair, {"ebab": estimator("ebab")})
    assert table["estimate"].item() == pytest.approx(2.0)


def test_memory_that_is_held_for_a_while_is_seen():
    with growth() as grown, mmap(-1, 40 * MEGABYTE) as fresh:  # not freed before, as a heap's is
        for page in range(0, 40 * MEGABYTE, 4096):
            fresh[page] = 1
        time.sleep(0.1)
    assert 35 * MEGABYTE < grown.bytes < 200 * MEGABYTE
