"""The options of a calibration are checked before anything is measured."""

import copy
from functools import cached_property

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.singleton import Singleton
from hydra.errors import HydraException

from ibsweep.calibration.cell import Cell
from ibsweep.config.fingerprints import NUMERICS
from ibsweep.config.instantiation import ConfigError
from ibsweep.config.jobs import parameters
from ibsweep.config.options import Options
from ibsweep.config.shipped import conf_dir
from ibsweep.launching.registration import register
from tests.support.idx import write_idx


@pytest.fixture
def cell(tmp_path, monkeypatch):
    """Compose a cell with overrides."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = copy.deepcopy(Singleton.get_state())
    register()

    def make(*overrides):
        with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
            overrides = [f"directory={tmp_path}", "estimator=gaussian", *overrides]
            return Cell.of(compose("calibration", overrides=overrides))

    yield make
    Singleton.set_state(before)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["information=-1"], "distribution.information must be ≥ 0, got -1"),
        (["samples=1"], "samples must be an integer ≥ 2, got 1"),
        (["seed=-1"], "seed must be an integer ≥ 0, got -1"),
        (["distribution=levels", "information=2"], "information must be null for a distribution"),
        (["distribution=student", "information=0"], "distribution.information must be ≥ 0.* bits"),
        (["estimator=ebab", "estimator.ebab.bins=0"], "estimator.ebab.bins must be"),
        (["compressor=pca", "compressor.pca.dimensions=0"], "compressor.pca.dimensions must"),
        (["rerun=perhaps"], "rerun must be true or false, got 'perhaps'"),
        (["distribution._target_=os.system"], "distribution._target_ must start with"),
        (["distribution._target_=torch.nn.ReLU", "~distribution.dims"], "distribution"),
    ],
    ids=str,
)
def test_an_option_that_is_wrong_is_named(cell, overrides, message):
    with pytest.raises(ConfigError, match=message):
        cell(*overrides).check()


def test_an_unknown_choice_lists_the_choices(cell):
    with pytest.raises(HydraException, match="(?s)distribution/nomal.*normal.*student"):
        cell("distribution=nomal")


def test_a_cell_has_every_option_that_it_offers(cell):
    given = cell()
    given.check()
    offered = [name for name, one in vars(Options).items() if isinstance(one, cached_property)]
    assert offered
    assert all(getattr(given, name) is not None for name in offered)


def test_equal_cells_have_equal_fingerprints_and_share_their_samples(cell):
    one, typed = cell("information=1"), cell("information=1.0")
    other, later = cell("information=1", "estimator=kl"), cell("information=1", "seed=1")

    assert run(one) == run(typed) != run(other)
    assert samples(one) == samples(typed) == samples(other) != samples(later)


def test_where_results_go_does_not_change_what_they_are(cell, tmp_path):
    there = cell(f"directory={tmp_path}/other", "tracking.study=mine")
    assert run(there) == run(cell())


def test_data_count_by_content_not_by_path(cell, tmp_path):
    first, same, other = (
        mnist(cell, tmp_path / name, brightness=brightness)
        for name, brightness in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert run(first) == run(same) != run(other)
    assert samples(first) == samples(same) != samples(other)


def test_data_that_change_within_a_process_make_other_runs(cell, tmp_path):
    before = mnist(cell, tmp_path / "a", brightness=1)
    before.check()
    names = run(before), samples(before)
    after = mnist(cell, tmp_path / "a", brightness=2)
    after.check()
    assert (run(before), samples(before)) == names
    assert (run(after), samples(after)) != names
    assert after.distribution.digest != before.distribution.digest


def test_where_data_are_is_no_parameter(cell, tmp_path):
    logged = parameters(mnist(cell, tmp_path / "a", brightness=1).values)
    assert "distribution.information" in logged
    assert not [value for value in logged.values() if str(tmp_path) in str(value)]


def mnist(cell, folder, *, brightness):
    """Compose a cell of pairs of such images, which are written."""
    folder.mkdir(exist_ok=True)
    labels = np.arange(20) % 10
    write_idx(folder / "train-images-idx3-ubyte", brightness * np.tile(labels, (2, 2, 1)).T)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    return cell("distribution=mnist", f"distribution.path={folder}")


def run(cell):
    return cell.fingerprint(cell.content)


def samples(cell):
    return cell.fingerprint(cell.sample_content)


@pytest.mark.parametrize(
    ("part", "override"),
    [("critics", "estimator=mine"), ("autoencoders", "compressor=autoencoder")],
)
def test_new_numbers_of_a_part_make_new_cells_of_those_that_have_it(
    cell, monkeypatch, part, override
):
    with_it, without = cell(override), cell()
    before = run(with_it), run(without)
    monkeypatch.setitem(NUMERICS, part, 99)
    assert run(with_it) != before[0]
    assert run(without) == before[1]
