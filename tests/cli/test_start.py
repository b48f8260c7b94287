"""The command `ibsweep` explains itself without importing what its commands need."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from tests.conftest import ROOT

NAMES = cli.main.list_commands(None)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_no_large_library(option):
    code = f"""
import sys
from ibsweep.cli import main
main([{option!r}], standalone_mode=False)
sys.exit(" ".join({{"torch", "mlflow", "pandas", "matplotlib", "hydra"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""
    assert "ibsweep" in done.stdout


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_so_does_the_command_that_trains(option):
    code = f"""
import atexit, sys
atexit.register(lambda: print({{"torch", "mlflow", "pandas", "joblib"}} & set(sys.modules)))
sys.argv[1:] = [{option!r}]
from ibsweep.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
    shown = f"ibsweep {ibsweep.__version__}" if option == "--version" else "estimator:"
    assert shown in done.stdout


@pytest.mark.parametrize("safe", [False, True])
def test_the_installed_command_looks_for_modules_where_it_is_typed(tmp_path, safe):
    script = tmp_path / "bin" / "ibsweep"
    here = tmp_path / "here"
    script.parent.mkdir()
    here.mkdir()
    (here / "own_module.py").touch()
    call = "import contextlib\nfrom ibsweep.cli import main\n"
    call += "with contextlib.suppress(SystemExit):\n    main(['status', '--help'])\n"
    script.write_text(f"{call}import own_module")
    path = {"PYTHONPATH": str(ROOT)} | ({"PYTHONSAFEPATH": "1"} if safe else {})
    run = [sys.executable, str(script)]
    done = subprocess.run(run, cwd=here, env=os.environ | path, capture_output=True, text=True)
    assert ("No module named 'own_module'" in done.stderr) is safe, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_help_names_is_there(name):
    assert name in CliRunner().invoke(cli.main, ["--help"]).output
    answer = CliRunner().invoke(cli.main, [name, "--help"])
    assert answer.exit_code == 0
    assert f"{name} [OPTIONS]" in answer.output


def test_an_unknown_command_is_refused():
    answer = CliRunner().invoke(cli.main, ["run"])
    assert answer.exit_code == 2
    assert "No such command 'run'" in answer.output


def test_the_version_is_that_of_the_package():
    assert ibsweep.__version__ in CliRunner().invoke(cli.main, ["--version"]).output
