import importlib.util
import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobStatus
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf

from ibsweep.launching.composition import compose
from ibsweep.launching.units import Unit
from tests.apps import fake, recorder
from tests.apps.sweeps import events, master, sweep


@pytest.fixture(autouse=True)
def untouched_globals():
    state = Singleton.get_state()
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    Singleton.set_state(state)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


class CountingLoader:
    def __init__(self, loader):
        self._loader = loader
        self.calls = 0

    def load_sweep_config(self, config, overrides):
        self.calls += 1
        return self._loader.load_sweep_config(config, overrides)


def starts(folder):
    return [note["seeds"] for note in events(folder, "start")]


def failed(results):
    return [num for num, result in enumerate(results) if result.status == JobStatus.FAILED]


def product(**values):
    jobs = [[]]
    for key, options in values.items():
        jobs = [[*job, f"{key}={option}"] for job in jobs for option in options]
    return jobs


# --- composition


def test_jobs_that_differ_in_the_seed_are_composed_once(tmp_path):
    config, loader = master(tmp_path)
    counting = CountingLoader(loader)
    jobs = product(kind=["relu", "elu"], seed=range(30))
    composition = compose(counting, config, jobs, task=fake.task)
    assert counting.calls == 2
    assert [composition.config(job).seed for job in composition.jobs] == [*range(30)] * 2


def test_the_task_says_what_its_seed_is_called(tmp_path):
    config, loader = master(tmp_path)
    counting = CountingLoader(loader)
    task = replace(fake.task, seed_key="penalty")
    composition = compose(counting, config, product(penalty=[3, 0, 7], seed=[1, 2]), task=task)
    assert counting.calls == 2
    configs = [composition.config(job) for job in composition.jobs]
    assert [(one.penalty, one.seed) for one in configs] == [
        (penalty, seed) for penalty in (3, 0, 7) for seed in (1, 2)
    ]
    with pytest.raises(ConfigCompositionException, match="penalty must be an integer ≥ 0, got -1"):
        compose(loader, config, [["penalty=-1"]], task=task)


@pytest.mark.parametrize(
    "style",
    [
        [],
        ["hydra.job.config.override_dirname.exclude_keys=[seed]"],
        [
            "hydra.job.config.override_dirname.kv_sep=_",
            "hydra.job.config.override_dirname.item_sep=+",
        ],
    ],
)
def test_shared_composition_gives_what_hydra_would_compose(tmp_path, style):
    config, loader = master(tmp_path, "+env=one", *style)
    jobs = product(kind=["relu", "elu"], seed=[3, 11, 0], **{"+env": ["one", "two"]})
    composition = compose(loader, config, jobs, task=fake.task)
    for job, overrides in zip(composition.jobs, jobs, strict=True):
        expected = loader.load_sweep_config(config, overrides)
        ours = composition.config(job)
        assert (ours.hydra.job.id, ours.hydra.job.num) == (str(job.num), job.num)
        for key in ("id", "num"):
            OmegaConf.update(ours, f"hydra.job.{key}", expected.hydra.job._get_node(key))
        assert ours == expected


def test_times_in_folder_names_are_those_of_the_sweep(tmp_path):
    config, loader = master(tmp_path, "hydra.sweep.dir=${now:%S.%f}")
    HydraConfig.instance().set_config(config)
    folder = config.hydra.sweep.dir
    composition = compose(loader, config, product(seed=range(3)), task=fake.task)
    assert {composition.config(job).hydra.sweep.dir for job in composition.jobs} == {folder}


def test_configs_without_a_fast_path_are_composed_one_by_one(tmp_path):
    config, loader = master(tmp_path)
    counting = CountingLoader(loader)
    compose(counting, config, product(seed=range(4)))
    assert counting.calls == 4


# --- running


def test_what_is_known_is_not_run(tmp_path):
    results = sweep(tmp_path, "seed=range(4)", "known=[relu 1 0.0 a]")
    assert sorted(job["seed"] for job in events(tmp_path, "job")) == [0, 2, 3]
    assert results[1].return_value == {"known": "relu 1 0.0 a"}
    assert results[1].overrides == ["seed=1", *results[0].overrides[1:]]


def test_sweep_whose_jobs_are_all_known_is_finished_all_the_same(tmp_path):
    results = sweep(tmp_path, "seed=5,6", "known=[relu 5 0.0 a,relu 6 0.0 a]")
    assert [result.return_value for result in results] == [
        {"known": "relu 5 0.0 a"},
        {"known": "relu 6 0.0 a"},
    ]
    (end,) = events(tmp_path, "finish")
    assert (end["jobs"], end["seed"], end["dir"]) == (2, 5, str(tmp_path))


def test_jobs_that_are_the_same_run_once(tmp_path):
    results = sweep(tmp_path, "seed=3,3,4")
    assert sorted(job["seed"] for job in events(tmp_path, "job")) == [3, 4]
    assert [result.return_value["num"] for result in results] == [0, 0, 2]


def test_results_come_in_the_order_of_the_jobs(tmp_path):
    results = sweep(tmp_path, "seed=range(7)", "kind=elu,relu")
    assert [result.return_value for result in results] == [
        {"seed": seed, "kind": kind, "num": 2 * seed + position}
        for seed in range(7)
        for position, kind in enumerate(["elu", "relu"])
    ]
    assert [result.overrides for result in results][3] == ["seed=1", "kind=relu"]
    assert [result.cfg.seed for result in results] == [seed for seed in range(7) for _ in "ab"]
    assert {Path(tmp_path, str(num), ".hydra", "config.yaml").exists() for num in range(14)} == {
        True
    }
    assert not list(tmp_path.glob(".running*"))


def test_networks_of_a_group_train_together(tmp_path):
    sweep(tmp_path, "kind=relu,elu", "seed=range(10)", "hydra.launcher.workers=2")
    assert sorted(starts(tmp_path)) == [[*range(10)]] * 2


def test_jobs_of_one_network_share_its_training(tmp_path):
    sweep(tmp_path, "measure=a,b", "seed=range(10)", "hydra.launcher.workers=2")
    assert sorted(seed for seeds in starts(tmp_path) for seed in set(seeds)) == [*range(10)]


def test_large_ensembles_are_split(tmp_path):
    sweep(tmp_path, "seed=range(10)", "hydra.launcher.max_ensemble=4", "hydra.launcher.workers=1")
    assert [len(seeds) for seeds in starts(tmp_path)] == [4, 3, 3]


def test_workers_are_processes_with_one_thread(tmp_path):
    sweep(tmp_path, "seed=range(2)")
    jobs = events(tmp_path, "job")
    assert os.getpid() not in {job["pid"] for job in jobs}
    assert {job["threads"] for job in jobs} == {"1"}


def test_sequential_backend_stays_in_this_process(tmp_path):
    sweep(tmp_path, "seed=range(2)", "hydra.launcher.backend=sequential")
    assert {job["pid"] for job in events(tmp_path, "job")} == {os.getpid()}


def test_jobs_of_different_environment_share_no_ensemble(tmp_path):
    sweep(tmp_path, "+env=glob(*)", "seed=range(3)")
    assert sorted(starts(tmp_path)) == [[0, 1, 2]] * 2
    assert {job["num"]: job["variable"] for job in events(tmp_path, "job")} == {
        **dict.fromkeys(range(3), "one"),
        **dict.fromkeys(range(3, 6), "two"),
    }


def test_each_job_can_work_in_its_folder(tmp_path):
    results = sweep(tmp_path, "seed=range(3)", "hydra.job.chdir=true")
    assert [Path(result.working_dir).name for result in results] == ["0", "1", "2"]


def test_training_is_logged_once_and_found_from_every_job(tmp_path):
    sweep(tmp_path, "seed=range(3)", "hydra.launcher.workers=1")
    first, *others = [(tmp_path / str(num) / "fake.log").read_text() for num in range(3)]
    assert "training" in first
    assert all(str(tmp_path / "0" / "fake.log") in text for text in others)


def test_callbacks_run_for_every_job_in_its_worker(tmp_path):
    sweep(
        tmp_path,
        "seed=range(2)",
        "hydra.launcher.workers=1",
        "+hydra.callbacks.recorder._target_=tests.apps.recorder.Recorder",
        f"+hydra.callbacks.recorder.folder={tmp_path}",
    )
    calls = recorder.calls(tmp_path)
    assert [call["event"] for call in calls] == [
        "multirun_start",
        *["job_start", "job_end"] * 2,
        "multirun_end",
    ]
    assert [call["pid"] == os.getpid() for call in calls] == [True, *[False] * 4, True]


def test_plain_task_is_one_job_after_the_other(tmp_path):
    results = sweep(tmp_path, "seed=range(3)", task=fake.plain)
    assert [result.return_value["seed"] for result in results] == [0, 1, 2]


def test_duplicate_jobs_run_twice(tmp_path):
    assert len(sweep(tmp_path, "seed=1,1")) == 2


def test_task_is_prepared_before_and_finished_after_all_jobs(tmp_path):
    sweep(tmp_path, "seed=5,6", "kind=relu,elu")
    notes = [note for note in fake.notes(tmp_path) if note["event"] != "start"]
    assert [note["event"] for note in notes] == ["prepare", *["job"] * 4, "finish"]
    assert notes[-1]["jobs"] == 4 and notes[-1]["seed"] == 5
    assert notes[-1]["dir"] == str(tmp_path)


# --- failing


def run_failing(tmp_path, *overrides, task=fake.task):
    with pytest.raises(SystemExit) as exit_:
        sweep(tmp_path, *overrides, task=task)
    assert exit_.value.code == 1
    return json.loads((tmp_path / "sweep_summary.json").read_text())


def test_failing_job_leaves_the_others_alone(tmp_path, caplog):
    summary = run_failing(tmp_path, "seed=range(6)", "fail=[2]")
    assert (summary["completed"], summary["failed"]) == (5, 1)
    (failure,) = summary["failures"]
    assert failure == {
        "job": 2,
        "overrides": ["seed=2", "fail=[2]"],
        "reason": "UnpicklableError: seed 2",
    }
    assert len(events(tmp_path, "job")) == 6
    assert len(events(tmp_path, "finish")) == 1


def test_failed_jobs_are_retried(tmp_path):
    results = sweep(tmp_path, "seed=range(4)", "fail_once=[1,2]", "hydra.launcher.retries=1")
    assert [result.return_value["seed"] for result in results] == [0, 1, 2, 3]


def test_jobs_that_always_fail_are_retried_as_often_as_asked(tmp_path):
    summary = run_failing(tmp_path, "seed=range(2)", "fail=[1]", "hydra.launcher.retries=2")
    assert [job["seed"] for job in events(tmp_path, "job")].count(1) == 3
    assert (summary["completed"], summary["failed"]) == (1, 1)


def test_nothing_more_is_started_once_a_job_has_failed(tmp_path):
    one = ["hydra.launcher.workers=1", "hydra.launcher.max_ensemble=1", "hydra.launcher.retries=1"]
    fast = "hydra.launcher.fail_fast=true"
    summary = run_failing(tmp_path, "seed=range(5)", "fail=[1]", *one, fast)
    assert [job["seed"] for job in events(tmp_path, "job")] == [0, 1]
    reasons = [failure["reason"].split(",")[0] for failure in summary["failures"]]
    assert reasons == ["UnpicklableError: seed 1", *["not started"] * 3]


def test_callbacks_hear_of_the_end_of_a_failed_sweep(tmp_path):
    run_failing(
        tmp_path,
        "seed=2",
        "fail=[2]",
        "+hydra.callbacks.recorder._target_=tests.apps.recorder.Recorder",
        f"+hydra.callbacks.recorder.folder={tmp_path}",
    )
    calls = recorder.calls(tmp_path)
    assert [call["event"] for call in calls].count("multirun_end") == 1
    assert [call["status"] for call in calls if call["event"] == "job_end"] == ["FAILED"]


def test_killed_worker_costs_the_guilty_job_only(tmp_path):
    summary = run_failing(tmp_path, "seed=range(9)", "kill=[4]", "hydra.launcher.workers=2")
    (failure,) = summary["failures"]
    assert failure["job"] == 4 and "SIGKILL" in failure["reason"]
    runs = [job["seed"] for job in events(tmp_path, "job")]
    assert all(runs.count(seed) == 1 for seed in range(9) if seed != 4)


def test_job_whose_worker_is_killed_once_is_run_again(tmp_path):
    results = sweep(tmp_path, "seed=range(6)", "kill_once=[1]", "hydra.launcher.workers=1")
    assert not failed(results)
    assert starts(tmp_path) == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]


def test_plain_task_survives_a_killed_worker(tmp_path):
    summary = run_failing(tmp_path, "seed=range(3)", "kill=[0]", task=fake.plain)
    assert [failure["job"] for failure in summary["failures"]] == [0]


def test_lost_ensemble_is_halved_down_to_jobs():
    unit = Unit("0", tuple((number,) for number in range(5)))
    first, second = unit.halves()
    assert (first.networks, second.networks) == (((0,), (1,), (2,)), ((3,), (4,)))
    estimators = Unit("1", ((0, 1),))
    assert [half.networks for half in estimators.halves()] == [((0,),), ((1,),)]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (fake.exiting, "RuntimeError: the job called sys.exit(3)"),
        (fake.returning_a_generator, "the job's return value cannot be pickled"),
    ],
)
def test_misbehaving_task_is_a_failed_job(tmp_path, task, reason):
    summary = run_failing(tmp_path, "seed=1", task=task)
    assert summary["failures"][0]["reason"].startswith(reason)


# --- what is refused before anything runs


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=3,-1", "seed must be an integer ≥ 0, got -1"),
        ("seed=nope", "seed must be an integer ≥ 0, got 'nope'"),
        ("seed=1.5,2", "seed must be an integer ≥ 0, got 1.5"),
        ("penalty=1,-2", "penalty must be ≥ 0, got -2"),
        ("penalty=interval(0,1)", "a sweep must list its values"),
        ("+experiment=a,b", "experiment must not be swept, got +experiment=a,b"),
        ("hydra.launcher.workers=0", "hydra.launcher.workers must be an integer ≥ 1, got 0"),
        (
            "hydra.launcher.backend=slurm",
            "must be one of loky, dask, ray, sequential, got 'slurm'",
        ),
        ("+hydra.launcher.resources.GPU=1", "must be empty without hydra.launcher.scheduler"),
        ("+hydra.launcher.resources.GPU=0", "hydra.launcher.resources.GPU must be"),
        ("hydra.launcher.max_ensemble=0", "max_ensemble must be an integer ≥ 1, got 0"),
        pytest.param(
            "hydra.launcher.backend=ray",
            "needs Ray: pip install 'ibsweep[ray]'",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("ray") is not None, reason="Ray is installed"
            ),
        ),
    ],
)
def test_wrong_sweep_is_one_clear_line(tmp_path, override, message):
    with pytest.raises(ConfigCompositionException) as error:
        sweep(tmp_path, override)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert not events(tmp_path, "job") and not events(tmp_path, "start")


@pytest.mark.parametrize("address", ["nonsense://x", "x"])
def test_an_address_that_is_none_is_one_clear_line(tmp_path, address):
    pytest.importorskip("distributed")
    words = ["hydra.launcher.backend=dask", f"hydra.launcher.scheduler={address}"]
    with pytest.raises(ConfigCompositionException, match="must be the address of a Dask") as error:
        sweep(tmp_path, *words)
    assert f"got '{address}'" in str(error.value) and "\n" not in str(error.value)


# --- sweeps


def overrides_of(results):
    return [" ".join(result.overrides) for result in results]


def test_union_of_grids(tmp_path):
    results = sweep(tmp_path, "+experiment=union", "hydra.launcher.backend=sequential")
    assert [text.removesuffix(" +experiment=union") for text in overrides_of(results)] == [
        "seed=0 kind=a penalty=0",
        "seed=0 kind=b penalty=0",
        "seed=1 kind=a penalty=0",
        "seed=1 kind=b penalty=0",
        "seed=0 kind=a penalty=1",
        "seed=1 kind=a penalty=1",
    ]


def test_command_line_wins_over_grids_and_duplicates_go(tmp_path):
    overrides = ["+experiment=union", "kind=z", "seed=7", "hydra.launcher.backend=sequential"]
    assert overrides_of(sweep(tmp_path, *overrides)) == [
        "seed=7 kind=z penalty=0 +experiment=union",
        "seed=7 kind=z penalty=1 +experiment=union",
    ]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:hydra_plugins.hydra_joblib_launcher")
def test_official_launchers_run_the_same_jobs(tmp_path, launcher):
    results = sweep(tmp_path, f"hydra/launcher={launcher}", "seed=range(2)", "kind=relu,elu")
    assert [result.return_value["num"] for result in results] == [0, 1, 2, 3]
    kinds = [note["event"] for note in fake.notes(tmp_path)]
    assert kinds == ["prepare", *["job"] * 4, "finish"]


def test_official_launchers_are_checked_too(tmp_path):
    with pytest.raises(ConfigCompositionException, match="penalty must be ≥ 0, got -1"):
        sweep(tmp_path, "hydra/launcher=basic", "seed=range(2)", "penalty=0,-1")
    assert not fake.notes(tmp_path)


def test_official_launchers_report_all_failures(tmp_path):
    summary = run_failing(tmp_path, "hydra/launcher=basic", "seed=range(5)", "fail=[1,3]")
    assert [failure["job"] for failure in summary["failures"]] == [1, 3]
