"""Which engine trains: chosen once for a sweep, and part of what a network is."""

import shutil

import pytest

import ibsweep
from ibsweep.compiled import library
from ibsweep.config.engines import KEY, engine_of, engines_of, with_engine
from ibsweep.config.fingerprints import (
    configuration_fingerprint,
    ensemble_key,
    network_fingerprint,
)
from ibsweep.config.jobs import describe
from ibsweep.sweeps.batch import Batch
from ibsweep.tracking import open_store
from tests.learning.test_compiled import needs_compiler
from tests.sweeps.test_command_line import SEQUENTIAL, TINY, command, said

AUTO = f"{KEY}=auto"
SWEEP = ["-m", "activation=relu", "seed=range(2)", AUTO, *SEQUENTIAL]


@pytest.fixture(scope="module")
def no_compiler(tmp_path_factory):
    """Return a PATH with what a command needs, but for compilers."""
    tools = tmp_path_factory.mktemp("tools")
    for name in ("git", "sh", "uname"):
        path = shutil.which(name)
        if path:
            (tools / name).symlink_to(path)
    return str(tools)


@pytest.fixture(scope="module")
def older(tmp_path_factory, no_compiler):
    """A sweep on a machine without a compiler."""
    folder = tmp_path_factory.mktemp("older")
    said(command(folder, *SWEEP, PATH=no_compiler))
    return folder


def engines(folder, **choice):
    runs = ibsweep.runs(directory=folder / "outputs", **choice)
    return dict(zip(runs["seed"], runs["engine"], strict=True))


def test_without_a_compiler_torch_trains(older):
    assert engines(older) == {0: "torch", 1: "torch"}


def test_what_it_trained_counts_where_there_is_a_compiler(older):
    text = said(command(older, *SWEEP, "dry_run=true"))
    assert "2 jobs, 2 of 2 already finished, 0 to run" in text
    text = said(command(older, "activation=relu", "seed=1", AUTO, *TINY))
    assert "already finished" in text


@needs_compiler
def test_only_what_is_missing_is_trained_by_compiled_loops(older, no_compiler, tmp_path):
    """In one sweep: a network is finished, two are measured anew, one is trained."""
    older = shutil.copytree(older, tmp_path / "copy")
    sweep = [*SWEEP, "seed=range(3)", "estimator=[binning_width]"]
    sweep.remove("seed=range(2)")
    text = said(command(older, *sweep, "dry_run=true"))
    assert "3 networks, 1 to train" in text
    assert "engine: compiled trains 1" in text
    text = said(command(older, *sweep))
    assert "measuring 2 networks from stored weights" in text
    assert engines(older) == {0: "torch", 1: "torch", 2: "compiled"}
    assert ibsweep.runs(directory=older / "outputs")["configuration"].nunique() == 1
    text = said(command(older, *sweep, "dry_run=true", PATH=no_compiler))
    assert "3 of 3 already finished" in text


@pytest.mark.parametrize(
    "option",
    [
        "training.optimizer=adamw",
        "training.label_smoothing=0.1",
        "training.schedule=step",
        "regularization=activity_l2",
        "scheme=layerwise",
        "network.normalization=layer",
    ],
)
def test_torch_trains_what_compiled_loops_do_not_know(settings, option):
    assert engine_of(settings(AUTO, option)) == "torch"
    assert engines_of(settings(AUTO, option)) == ["torch"]


@needs_compiler
def test_the_engine_is_part_of_what_a_network_is(settings):
    auto, torchs = settings(AUTO), settings(f"{KEY}=torch")
    assert engine_of(auto) == "compiled"
    assert engines_of(auto) == ["compiled", "torch"]
    assert engines_of(torchs) == ["torch"]
    assert network_fingerprint(auto) == network_fingerprint(with_engine(auto, "compiled"))
    assert network_fingerprint(auto) != network_fingerprint(torchs)
    assert ensemble_key(auto) != ensemble_key(torchs)
    assert configuration_fingerprint(auto) == configuration_fingerprint(torchs)


def test_options_of_before_there_was_a_choice_are_torchs(settings):
    values = {**settings().values}
    values["training"] = {k: v for k, v in values["training"].items() if k != "engine"}
    older = type(settings())(values, settings().seeding)
    assert engine_of(older) == "torch"
    assert network_fingerprint(older) == network_fingerprint(settings(f"{KEY}=torch"))


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ([f"{KEY}=fast"], "training.engine must be one of auto, compiled, torch, got 'fast'"),
        (
            [f"{KEY}=compiled", "activation=gelu"],
            "training.engine must be auto or torch here, got 'compiled': it knows the activations",
        ),
        (
            [f"{KEY}=compiled", "training.optimizer=adamw"],
            "got 'compiled': it knows the optimisers adam and sgd alone",
        ),
        ([f"{KEY}=compiled", "training.label_smoothing=0.1"], "it trains without label smoothing"),
        ([f"{KEY}=compiled", "training.schedule=cosine"], "it trains at constant learning rates"),
        ([f"{KEY}=compiled", "scheme=sequential"], "it trains by scheme=end_to_end alone"),
        ([f"{KEY}=compiled", "network.normalization=batch"], "without normalization"),
        ([f"{KEY}=compiled", "noise=additive"], "it trains networks without noise"),
        ([f"{KEY}=compiled", "task=digits", "network=conv_small"], "not a Conv"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(typed, overrides, reason):
    done = typed(*overrides)
    assert done.status == 2
    (line,) = done.stderr.splitlines()
    assert reason in line


def test_a_machine_without_a_compiler_refuses_what_must_be_compiled(
    typed, settings, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = typed(f"{KEY}=compiled", *TINY)
    assert done.status == 2
    (line,) = done.stderr.splitlines()
    assert "training.engine must be auto or torch here, got 'compiled': no C++ compiler" in line


def test_so_does_a_worker_that_lacks_one(settings, monkeypatch, tmp_path):
    """The planner chose: the worker trains nothing by another engine."""
    packed = with_engine(settings(*TINY), "compiled")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert library.missing()
    with pytest.raises(ValueError, match="engine must be auto or torch here, got 'compiled': no"):
        Batch([packed], lambda fraction: None).run(0, describe(packed, {}, sweep=None))
    (failure,) = open_store(packed.tracking).networks()["failure"]
    assert "no C++ compiler" in failure and "\n" not in failure
