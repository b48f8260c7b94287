"""The accuracy under attack as a score of runs: a member alone, in company, and measured later."""

import numpy as np
import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.config.fingerprints import network_fingerprint, run_fingerprint
from tests.sweeps.test_command_line import SEQUENTIAL, command, said, store_of

COLUMN = "accuracy/robust"
PGD = ["robustness=pgd", "robustness.steps=3", "robustness.step=.1", "training.epochs=40"]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "seed=range(5)", *SEQUENTIAL, *PGD))
    return folder


def test_an_attack_names_the_run_and_not_the_network(settings):
    plain, none, attacked = (
        settings(*chosen) for chosen in ([], ["robustness=none"], ["robustness=fgsm"])
    )
    assert run_fingerprint(plain) == run_fingerprint(none) != run_fingerprint(attacked)
    assert network_fingerprint(plain) == network_fingerprint(attacked)
    older = {key: value for key, value in plain.values.items() if key != "robustness"}
    assert run_fingerprint(plain) == run_fingerprint(
        type(plain)({**older, "robustness": {}}, plain.seeding)
    )


def test_a_member_alone_is_as_in_company(swept, tmp_path):
    said(command(tmp_path, "seed=3", *SEQUENTIAL[:-1], *PGD))
    alone = store_of(tmp_path).networks()[COLUMN].item()
    company = store_of(swept).networks().set_index("seed")[COLUMN]
    assert company[3] == alone
    assert company.nunique() > 1


def test_stored_networks_are_attacked_without_training(swept, tmp_path):
    said(command(tmp_path, "-m", "seed=range(2)", *SEQUENTIAL, "training.epochs=40"))
    assert COLUMN not in store_of(tmp_path).networks()
    place = ["--directory", str(tmp_path / "outputs"), "--workers", "1"]
    runner = CliRunner()
    for overrides in (
        PGD[:3],
        ["estimator=[ebab_50]"],
        ["robustness=fgsm", "robustness.epsilon=0"],
    ):
        done = runner.invoke(cli.main, ["estimate", *place, *overrides])
        assert done.exit_code == 0, done.output
        if overrides[0] != "robustness=fgsm":  # the second leaves the first's column alone
            table = ibsweep.runs(directory=tmp_path / "outputs").set_index("seed")
            later = store_of(swept).networks().set_index("seed")[COLUMN]
            assert np.array_equal(table[COLUMN].sort_index(), later.sort_index()[:2])
            assert set(table["robustness"]) == {"pgd"} and set(table["robustness.steps"]) == {3}
    table = ibsweep.runs(directory=tmp_path / "outputs")
    assert table[COLUMN].equals(table["accuracy/test"].rename(COLUMN))  # nothing within nothing
    assert set(table["robustness"]) == {"fgsm"} and table["robustness.steps"].isna().all()


def test_correlate_takes_it_as_an_outcome(swept):
    place = ["--directory", str(swept / "outputs"), "--resamples", "50"]
    done = CliRunner().invoke(cli.main, ["correlate", *place, "--against", COLUMN])
    assert done.exit_code == 0, done.output
    assert f"does compression go with {COLUMN}?" in done.output
