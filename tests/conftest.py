"""Composing the shipped configuration, as the command line does."""

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.singleton import Singleton
from omegaconf import DictConfig

from ibsweep import cli, main
from ibsweep.calibration import task
from ibsweep.config.settings import Settings
from ibsweep.launching.registration import register
from tests.support import accessibility

ROOT = Path(__file__).resolve().parents[1]
torch.set_num_threads(1)
COMMANDS = cli.main.list_commands(None)


LONGEST = ("test_submit", "test_pages", "test_notebooks", "test_command_line", "test_dry_run")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all workers end at about the same time."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="module", autouse=True)
def hydra_as_it_was() -> Iterator[None]:
    """Give each file of tests Hydra's global state as it was: composing sets its version base."""
    before = copy.deepcopy(Singleton.get_state())
    yield
    Singleton.set_state(before)


@pytest.fixture(scope="session")
def axe(pytestconfig) -> str:
    """Return the script of axe-core, kept in pytest's cache."""
    return accessibility.axe(Path(pytestconfig.cache.mkdir("axe")))


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a random generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def composed(tmp_path, monkeypatch) -> Iterator[Callable[..., DictConfig]]:
    """Compose the configuration with overrides; results would go to a temporary folder."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = copy.deepcopy(Singleton.get_state())
    register()

    def make(*overrides: str) -> DictConfig:
        with initialize_config_dir(version_base="1.3", config_dir=str(ROOT / "conf")):
            return compose("config", overrides=[f"directory={tmp_path}/outputs", *overrides])

    yield make
    Singleton.set_state(before)


@pytest.fixture
def settings(composed) -> Callable[..., Settings]:
    """Read the configuration composed with overrides."""
    return lambda *overrides: Settings.of(composed(*overrides))


class Typed(NamedTuple):
    """What a command left: its exit status, and what it printed."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def typed(tmp_path, monkeypatch, capfd) -> Iterator[Callable[..., Typed]]:
    """Type a command in an empty folder, in this process; of `ibsweep`, if it is named first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # which a command replaces
    before = copy.deepcopy(Singleton.get_state())

    def run(*arguments: str) -> Typed:
        Singleton.set_state(copy.deepcopy(before))
        monkeypatch.setattr(sys, "argv", ["ibsweep", *arguments])
        status = 0
        try:
            if arguments[0] == "calibrate":
                task.run(arguments[1:])
            elif arguments[0] in COMMANDS:
                cli.main(arguments, prog_name="ibsweep")
            else:
                main.main()
        except SystemExit as end:
            status = end.code or 0
        return Typed(status, *capfd.readouterr())

    yield run
    Singleton.set_state(before)
