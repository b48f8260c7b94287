"""Measuring stored networks again from the command line."""

import numpy as np
import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from tests.sweeps.test_command_line import SEQUENTIAL, command, said, store_of


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "activation=relu,tanh", "seed=range(2)", *SEQUENTIAL))
    return folder


def estimate(folder, *arguments):
    place = ["--directory", str(folder / "outputs")]
    return CliRunner().invoke(cli.main, ["estimate", *place, *arguments])


@pytest.fixture(scope="module")
def estimated(swept):
    chosen = ["--filter", "activation == 'relu'", "--workers", "1"]
    done = estimate(swept, *chosen, "estimator=[ebab_50]", "parts=[all,test]")
    assert done.exit_code == 0, done.output
    return done.output


def test_chosen_networks_are_measured_without_training(swept, estimated):
    runs = store_of(swept).networks()
    new = runs[runs["ebab_50/compression/hidden"].notna()]
    assert set(new["activation"]) == {"relu"} and len(new) == 2
    assert new["duration/training"].isna().all()
    assert "ebab_50" in estimated


def test_they_are_the_same_networks(swept, estimated):
    table = ibsweep.runs(directory=swept / "outputs")
    assert len(table) == 4
    relu = table[table["activation"] == "relu"]
    assert relu[["ebab/compression/hidden", "ebab_50/compression/hidden"]].notna().all(axis=None)
    curves = ibsweep.curves(relu)
    assert set(curves["part"]) == {"all", "test"}


def test_seeds_stay_one_configuration(swept, estimated):
    runs = store_of(swept).networks()
    new = runs[runs["ebab_50/compression/hidden"].notna()]
    assert new["configuration"].nunique() == 1


def test_the_numbers_are_those_of_a_sweep(swept, estimated, tmp_path):
    said(command(tmp_path, "-m", "seed=range(2)", "estimator=[ebab_50]", *SEQUENTIAL))
    name = "ebab_50/compression/hidden"
    swept_alone = store_of(tmp_path).networks().set_index("seed")[name].sort_index()
    found = store_of(swept).networks().dropna(subset=[name]).set_index("seed")[name].sort_index()
    assert np.array_equal(found, swept_alone)


def test_what_is_measured_is_not_measured_again(swept, estimated):
    before = len(store_of(swept).networks())
    chosen = ["--filter", "activation == 'relu'", "--workers", "1"]
    assert estimate(swept, *chosen, "estimator=[ebab_50]", "parts=[all,test]").exit_code == 0
    assert len(store_of(swept).networks()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["training.epochs=9"], "override must be of estimator, parts"),
        (["estimator=[ebab]", "estimator.ebab.bins=1"], "estimator.ebab.bins must be"),
        (["estimator=[nonsense]"], "nonsense"),
        (["--filter", "activation == 'elu'", "estimator=[akde]"], "holds no such networks"),
        (["--filter", "nonsense > 1", "estimator=[akde]"], "filter must be a pandas query"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(swept, arguments, message):
    done = estimate(swept, *arguments)
    assert done.exit_code != 0
    assert message in done.output and "Traceback" not in done.output
