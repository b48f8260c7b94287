"""What a command does hangs on the composed values, however and wherever they were given."""

import pytest

from ibsweep.config.jobs import describe
from ibsweep.config.settings import Settings
from tests.conftest import ROOT
from tests.sweeps.test_command_line import SEQUENTIAL, TINY

CELL = ["samples=50", "estimator=gaussian"]
OWN = {
    "mine.yaml": "defaults:\n  - config\n  - _self_\ndry_run: true\n",
    "cells.yaml": "defaults:\n  - calibration\n  - _self_\ndry_run: yes\n",
    "experiment/rehearsed.yaml": "# @package _global_\ndry_run: true\n",
    "own/dry.yaml": "# @package _global_\ndry_run: true\n",
    "own/wet.yaml": "# @package _global_\ndry_run: false\n",
}


def write_own(folder):
    for name, text in OWN.items():
        (folder / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "conf" / name).write_text(text)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix != ".yaml")


MINE = ["--config-dir=conf", "--config-name=mine"]
EXPERIMENT = ["--config-dir=conf", "+experiment=rehearsed"]


@pytest.mark.parametrize(
    "arguments",
    [
        *(["dry_run=True", *TINY], ["dry_run=TRUE", *TINY], ["++dry_run=true", *TINY]),
        *([*MINE, *TINY], [*EXPERIMENT, *TINY]),
        *(["-m", "dry_run=True", *TINY], ["-m", "++dry_run=true", *TINY]),
        *(["-m", *MINE, *TINY], ["-m", *EXPERIMENT, *TINY], [*MINE, "hydra.mode=MULTIRUN", *TINY]),
        *(["calibrate", "dry_run=True", *CELL], ["calibrate", "--run", "dry_run=true", *CELL]),
        ["calibrate", "--config-dir=conf", "--config-name=cells", *CELL],
    ],
    ids=" ".join,
)
def test_a_dry_run_is_one_wherever_it_is_asked_for(typed, tmp_path, arguments):
    write_own(tmp_path)
    before = files(tmp_path)
    done = typed(*arguments)
    assert done.status == 0, done.stderr
    assert done.stdout.startswith("dry run: 1 job, all to run\n")
    assert files(tmp_path) == before


@pytest.mark.parametrize("command", [[], ["calibrate"]])
def test_the_configuration_of_a_dry_run_can_be_shown(typed, tmp_path, command):
    done = typed(*command, "--cfg", "job", "dry_run=true")
    assert (done.status, done.stderr) == (0, "")
    assert "dry_run: true\n" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("launcher", ["ensemble", "basic", "joblib"])
@pytest.mark.parametrize("dry", [["dry_run=true,false"], ["--config-dir=conf", "+own=wet,dry"]])
def test_a_sweep_is_dry_or_not_as_a_whole(typed, tmp_path, launcher, dry):
    write_own(tmp_path)
    before = files(tmp_path)
    done = typed("-m", *dry, f"hydra/launcher={launcher}")
    assert done.status == 2
    assert "dry_run must be the same for all jobs of a sweep, got False and True" in done.stderr
    assert files(tmp_path) == before


def test_with_hydras_own_sweeper_nothing_is_trained_by_a_dry_run(typed, tmp_path):
    theirs = ["hydra/sweeper=basic", "hydra/launcher=basic", *TINY]
    done = typed("-m", "dry_run=true", *theirs)
    assert done.status == 2
    assert "dry_run must be with hydra/sweeper=grids" in done.stderr
    assert not list(tmp_path.iterdir())
    swept = typed("-m", "dry_run=choice(true)", *theirs)
    assert swept.status != 0
    assert "dry_run must have one value for the whole command" in swept.stderr
    assert not list(tmp_path.rglob("*.db"))


@pytest.mark.parametrize(
    ("overrides", "seeds"),
    [
        (["seed=range(3)", "++seed=7"], "3 jobs, 2 the same as another job, 1 to run"),
        (["++seed=range(3)"], "3 jobs, all to run"),
        (["seed=range( 0, 3 )"], "3 jobs, all to run"),
        (["seed=choice(1,2)"], "2 jobs, all to run"),
        (["seed=1,2", "seed=3"], "1 job, all to run"),
        (["+hydra.sweeper.params.seed='range(4)'", "++seed=7"], "4 jobs, 3 the same"),
    ],
)
def test_a_seed_is_what_hydra_composes(typed, overrides, seeds):
    done = typed("-m", *overrides, *TINY, "dry_run=true")
    assert f"dry run: {seeds}" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("swept", "key"),
    [
        (["hydra.sweep.dir=outputs/lr_${training.learning_rate}"], "hydra.sweep.dir"),
        (["hydra.sweep.dir=outputs/${hydra.job.override_dirname}"], "hydra.sweep.dir"),
        (["hydra.sweep.dir=outputs/${seed}"], "hydra.sweep.dir"),
        (["hydra.sweep.dir=outputs/${hydra.job.num}"], "hydra.sweep.dir"),
        (["hydra.sweep.subdir=same"], "hydra.sweep.subdir"),
        (["hydra.sweep.subdir=${training.learning_rate}"], "hydra.sweep.subdir"),
        (["tracking.study=s${seed}"], "tracking.study"),
        (["tracking.study=a,b"], "tracking.study"),
        (["tracking.curves=metrics,artifact"], "tracking.curves"),
        (["directory=a,b"], "directory"),
        (["rerun=true,false"], "rerun"),
        (["retries=0,1"], "retries"),
        (["fail_fast=true,false"], "fail_fast"),
    ],
    ids=str,
)
@pytest.mark.parametrize("launcher", ["ensemble", "basic"])
def test_what_a_sweep_goes_by_is_resolved_once_or_refused(typed, tmp_path, swept, key, launcher):
    jobs = ["training.learning_rate=1e-3,1e-2", "seed=0,1", *TINY, f"hydra/launcher={launcher}"]
    done = typed("-m", *swept, *jobs)
    assert done.status == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ibsweep: error: {key} must be"), line
    assert not list(tmp_path.iterdir())


def test_a_sweep_may_be_named_by_what_its_jobs_share(typed, tmp_path):
    named = ["hydra.sweep.dir=outputs/lr_${training.learning_rate}-${now:%f}", "seed=0,1"]
    done = typed("-m", *named, "tracking.study=day-${now:%f}", *TINY, "hydra/launcher=basic")
    assert done.status == 0, done.stderr
    assert "test accuracy" in done.stdout
    (sweep,) = (tmp_path / "outputs").glob("lr_*")
    assert {path.name for path in sweep.iterdir() if path.is_dir()} == {"0", "1"}
    (networks, summary) = sorted((tmp_path / "outputs" / "artifacts").iterdir())
    assert summary.name == f"{networks.name}-summary"


def test_all_options_of_a_group_can_be_swept(typed):
    """Hydra's own way to say so; a part of them, too."""
    shown = typed("-m", "activation=glob(*,exclude=[s*,r*])", *TINY, "dry_run=true").stdout
    names = {path.stem for path in (ROOT / "conf" / "activation").glob("[!sr]*.yaml")}
    assert f"dry run: {len(names)} jobs, all to run" in shown
    shown = typed("-m", "estimator=glob(*kde)", *TINY, "dry_run=true").stdout
    assert "dry run: 2 jobs, all to run" in shown


def test_two_penalties_at_once_are_named_after_both(composed):
    settings = Settings.of(composed("regularization=[l1,l2]"))
    assert describe(settings, {"activation": "relu"}, sweep=None).name == "relu-l1,l2-seed0"


def test_users_texts_are_printed_as_they_are(typed, tmp_path):
    """Brackets are no markup, colons no emoji; what is printed can be typed."""
    folder, study = "[f] x", "[red]s[/red] :dog:"
    placed = [f"directory='{folder}'", f"tracking.study='{study}'"]
    done = typed("-m", "seed=0", *placed, *SEQUENTIAL)
    assert done.status == 0, done.stderr
    assert f"results: {tmp_path / folder}, MLflow experiments {study} and" in done.stdout
    typed_again = f"--directory '{tmp_path / folder}' --study '{study}'\n"
    assert done.stdout.count(typed_again) == 2
    again = typed("seed=0", *placed, *TINY)
    assert "already finished: run " in again.stdout and "Skipped(" not in again.stdout


def test_a_sweep_whose_networks_all_fail_ends_with_the_reasons(typed):
    done = typed("-m", "training.learning_rate=1e30", "seed=0,1", *SEQUENTIAL)
    assert done.status == 1
    assert "2 of 2 jobs failed" in done.stdout and "no longer finite" in done.stdout
