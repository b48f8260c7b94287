"""Every key of the shipped configurations has its row, and every row its key."""

import pytest
import yaml
from omegaconf import open_dict

from ibsweep.calibration.cell import Cell
from ibsweep.config import keys
from ibsweep.config.instantiation import ConfigError
from ibsweep.config.settings import Settings
from tests.config.test_golden_fingerprints import composed
from tests.conftest import ROOT

TABLES = {"config": (keys.NETWORKS, Settings), "calibration": (keys.CALIBRATIONS, Cell)}
WRONG = ["rerun=5", "retries=-1", "fail_fast=5", "dry_run=perhaps", "directory=5"]


def shipped(name):
    """Yield the keys of a file in conf/: its groups, then its own."""
    file = yaml.safe_load((ROOT / "conf" / f"{name}.yaml").read_text(encoding="utf-8"))
    for entry in file.pop("defaults"):
        if isinstance(entry, dict):
            yield from (group for group in entry if not group.startswith("override "))
    yield from file.keys() - {"hydra"}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_has_the_keys_of_the_shipped_configuration(name):
    assert {key.name for key in TABLES[name][0]} == set(shipped(name))


@pytest.mark.parametrize("name", TABLES)
def test_what_checks_a_key_is_there(name):
    table, options = TABLES[name]
    assert [part for part in keys.parts(table) if not hasattr(options, part)] == []


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("override", WRONG)
def test_options_of_a_whole_sweep_are_checked_first(name, override):
    key, value = override.split("=")
    with pytest.raises(ConfigError, match=f"^{key} must be .* got '?{value}"):
        TABLES[name][1].of(composed(name, [override])).check()


@pytest.mark.parametrize(
    ("name", "key"),
    [("config", "directory"), ("calibration", "directory"), ("calibration", "information")],
)
def test_a_key_that_is_missing_is_named(name, key):
    config = composed(name, [])
    with open_dict(config):
        del config[key]
    with pytest.raises(ConfigError, match=f"^{key} must be given, got nothing$"):
        TABLES[name][1].of(config)
