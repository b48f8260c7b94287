"""Runs the pretending app in this process, or as a user would."""

import os
import subprocess
import sys
from pathlib import Path

from hydra import version
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from ibsweep.launching.registration import register
from tests.apps import fake

ROOT = Path(__file__).resolve().parents[2]


def sweep(folder, *overrides, task=fake.task):
    """Run a sweep and return what each job returned."""
    hydra = open_hydra()
    try:
        (results,) = hydra.multirun("config", task, settings(folder, *overrides))
    finally:
        GlobalHydra.instance().clear()
    return results


def open_hydra():
    version.setbase("1.3")
    register()
    return Hydra.create_main_hydra_file_or_module(fake.__file__, None, "conf", "fake")


def settings(folder, *overrides):
    return [
        f"hydra.sweep.dir={folder}",
        f"hydra.searchpath=[file://{ROOT / 'conf'}]",
        "hydra.mode=MULTIRUN",
        *overrides,
    ]


def master(folder, *overrides):
    """Return Hydra's configuration of a sweep and what composes its jobs."""
    hydra = open_hydra()
    config = hydra.compose_config("config", settings(folder, *overrides), RunMode.MULTIRUN)
    return config, hydra.config_loader


def command(folder, *overrides, **options):
    """Start the app's command line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.apps.fake", "-m", f"hydra.sweep.dir={folder}", *overrides],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def events(folder, event):
    return [note for note in fake.notes(folder) if note["event"] == event]
