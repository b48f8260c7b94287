"""Heads and running statistics are in the store beside the weights, and networks come back."""

import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from tests.sweeps.test_command_line import SEQUENTIAL, command, numbers, said, store_of

SMALL = [
    "task=parity",
    "task.bits=7",
    "training.batch_size=64",
    "artifacts.activity_snapshots=all",
]
OPTIONS = ["scheme=sequential", "network.normalization=batch", *SMALL, *SEQUENTIAL]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "seed=range(3)", *OPTIONS))
    return folder


def call(folder, *arguments):
    done = CliRunner().invoke(cli.main, [*arguments, "--directory", str(folder / "outputs")])
    assert done.exit_code == 0, done.output
    return done.output


def test_weights_hold_them(swept):
    path = next((swept / "outputs" / "artifacts").rglob("weights.npz"))
    with np.load(path) as stored:
        assert stored["layer_1.head.weight"].shape[1:] == (2, 10)
        assert stored["layer_4.head.bias"].shape[1:] == (2,)
        assert "layer_5.head.weight" not in stored
        assert (stored["layer_1.norm_variance"][0] == 1).all()
        assert (stored["layer_1.norm_variance"][-1] != 1).all()
        assert "output.norm_mean" not in stored


def test_measured_layers_and_norms_are_those_of_the_network_alone(swept):
    runs = ibsweep.runs(directory=swept / "outputs")
    assert set(ibsweep.curves(runs)["layer"]) == {*(f"layer_{k}" for k in range(1, 6)), "output"}
    assert set(runs["scheme"]) == {"sequential"}
    path = next((swept / "outputs" / "artifacts").rglob("weights.npz"))
    run = runs[runs["run_id"].map(lambda name: name in str(path))].iloc[0]
    with np.load(path) as stored:
        own = [stored[f"{layer}.weight"][-1] for layer in ("layer_1", "layer_2", "layer_3")]
        own += [stored[f"{layer}.weight"][-1] for layer in ("layer_4", "layer_5", "output")]
    norm = np.sqrt(sum(np.square(values.astype(float)).sum() for values in own))
    assert run["weight_norm"] == pytest.approx(norm, rel=1e-6)


def test_the_store_is_sound(swept):
    """Each layer's logged activity is what the stored weights and statistics give."""
    assert re.search(r"0 problems; .* exactly in 3, .* in 0\n", call(swept, "doctor"))


def test_other_estimators_measure_them_without_training(swept, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(swept, own)  # other tests count the runs of `swept`
    call(own, "estimate", "--workers", "1", "estimator=[ebab_50]")
    runs = store_of(own).networks()
    new = runs[runs["ebab_50/compression/hidden"].notna()]
    assert len(new) == 3 and new["duration/training"].isna().all()
    text = said(command(own, "-m", "seed=range(3)", "estimator=[binning_width]", *OPTIONS))
    assert "measuring 3 networks from stored weights" in text


def test_a_network_is_the_same_alone(swept, tmp_path):
    said(command(tmp_path, "seed=2", *OPTIONS))
    alone, among = numbers(store_of(tmp_path).networks()), numbers(store_of(swept).networks())
    names = [name for name in alone if name in among]
    assert np.array_equal(
        alone[names].to_numpy(), among.loc[alone.index, names].to_numpy(), equal_nan=True
    )
    assert len(names) > 20


def test_too_few_epochs_for_the_layers_are_told_in_a_line(settings):
    wrong = settings("scheme=sequential", "training.epochs=4")
    with pytest.raises(
        ValueError, match="^training.epochs must leave one for each of the 5 phase"
    ):
        wrong.check()
