"""Hydra's own conformance tests for launchers, run with ours."""

import os
from pathlib import Path

import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.plugins.launcher import Launcher
from hydra.test_utils.launcher_common_tests import IntegrationTestSuite, LauncherTestSuite
from omegaconf import OmegaConf

from ibsweep.launching.launcher import EnsembleLauncher
from ibsweep.launching.registration import register

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ROOT / "conf" / "hydra" / "launcher" / "ensemble.yaml"
STUB = f"""
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from ibsweep.launching.launcher import EnsembleLauncher

ConfigStore.instance().store(
    group="hydra/launcher", name="ensemble", node=OmegaConf.load({str(OPTIONS)!r})
)
"""


@pytest.fixture(autouse=True)
def registered():
    state = Singleton.get_state()
    register()
    options = OmegaConf.load(OPTIONS)
    ConfigStore.instance().store(group="hydra/launcher", name="ensemble", node=options)
    yield
    Singleton.set_state(state)


def test_hydra_knows_the_launcher():
    register()
    assert Plugins.instance().discover(Launcher).count(EnsembleLauncher) == 1


@pytest.mark.filterwarnings("ignore:.*defaults list.*:UserWarning")
@pytest.mark.parametrize(
    ("launcher_name", "overrides"), [("ensemble", ["hydra.launcher.workers=2"])]
)
class TestLauncher(LauncherTestSuite):
    pass


@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"),
    [({}, ["-m", "hydra/launcher=ensemble", "hydra.launcher.workers=1"])],
)
class TestIntegration(IntegrationTestSuite):
    @pytest.fixture(autouse=True)
    def plugin_on_path(self, tmp_path_factory, monkeypatch):
        folder = tmp_path_factory.mktemp("path")
        stub = folder / "hydra_plugins" / "ibsweep_stub"
        stub.mkdir(parents=True)
        (stub / "__init__.py").write_text(STUB)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
