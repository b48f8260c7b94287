"""Regression from the command line: outcomes, information, the store's commands, wrong options."""

import numpy as np
import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep.cli import main as commands
from ibsweep.config.engines import engine_of, ensemble_of
from ibsweep.config.fingerprints import training_content
from ibsweep.config.instantiation import ConfigError
from ibsweep.learning.trainer import train
from ibsweep.sweeps.replay import Replay

QUICK = [
    *("task.samples=400", "training=images_quick", "network.hidden=[16]", "snapshots.count=6"),
    "estimator=[ksg,cs_qmi]",
]
LINEAR = ["task=linear_gaussian", *QUICK]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Sweep four tiny regressions in a store of their own."""
    from tests.sweeps.test_command_line import command, said

    folder = tmp_path_factory.mktemp("regression")
    sweep = ["seed=range(4)", "training.epochs=8", "artifacts.activity_snapshots=1"]
    output = said(command(folder, "-m", *LINEAR, *sweep, "hydra.launcher.backend=sequential"))
    return folder / "outputs", output


def typed(directory, *arguments):
    done = CliRunner().invoke(commands, [*arguments, "--directory", str(directory)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_information_of_the_linear_task_is_reached(settings):
    """½ log2(1 + 1/σ²) = 1.16 bits; both the estimate and the error's bits say so."""
    study = settings("task=linear_gaussian", "task.samples=1000", *QUICK[1:])
    replay = Replay(study, train(ensemble_of([study] * 4)).weights[:, 0])
    truth = 0.5 * np.log2(1 + 4)
    curves = replay.measure(study)
    rows = curves[(curves["estimator"] == "ksg") & (curves["layer"] == "output")]
    assert rows["i_ty"].iloc[-1] == pytest.approx(truth, abs=0.2)
    assert rows["i_ty_floor"].abs().max() < 0.2
    assert replay.training["error_bits/train"].iloc[-1] == pytest.approx(truth, abs=0.2)
    assert engine_of(study) == "torch"


def test_outcomes_are_errors(swept):
    directory, output = swept
    assert "test RMSE" in output and "accuracy" not in output.split("browse:")[0]
    runs = ibsweep.open(directory).runs()
    assert len(runs) == 4 and "accuracy/test" not in runs
    assert (runs["rmse/test"] > 0).all() and (runs["r2/test"] < 1).all()
    assert (runs["rmse/gap"] + 0.1 > 0).all() and set(runs["failed_to_train"]) <= {0.0, 1.0}
    training = ibsweep.open(directory).training(runs)
    assert np.allclose(training["rmse/train"] ** 2, training["loss/train"])


def test_the_commands_of_the_store_take_it(swept):
    directory, _ = swept
    text = typed(directory, "correlate")
    assert "rmse/test" in text
    checked = typed(directory, "doctor")  # more runs where another test has measured them again
    assert ", 0 problems; activity reproduced exactly in " in checked
    assert checked.endswith(", within 100 roundings in 0\n")
    page = directory / "page.html"
    typed(directory, "report", "--output", str(page))
    assert "test RMSE" in page.read_text()


def test_it_is_measured_again_from_its_weights(swept):
    directory, _ = swept
    typed(directory, "estimate", "estimator=[gaussian]", "--workers", "1")
    runs = ibsweep.open(directory).runs()
    assert runs["gaussian/I_TY/output"].notna().all()


def test_the_stored_network_tells_what_was_measured(swept):
    import torch

    directory, _ = swept
    results = ibsweep.open(directory)
    run = results.runs().iloc[0]
    network = results.network(run)
    activity = results.activity(run, int(results.training(run.to_frame().T)["epoch"].max()))
    weights = next(network.parameters()).dtype
    from ibsweep.tasks.regression import linear_gaussian

    task = linear_gaussian(samples=400, features=4, noise_std=0.5, seed=0)
    told = network(torch.from_numpy(task.inputs).to(weights)).detach().numpy()
    np.testing.assert_allclose(told, activity["output"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["training.loss=cross_entropy"], "training.loss must be auto or squared_error on a task"),
        (["training.label_smoothing=0.1"], "label_smoothing must be 0 on a task of continuous"),
        (["estimator=[ebab]"], "estimator must be of cs_qmi, gaussian, .*ksg.*, got ebab"),
        (["estimator=[ksg,geometry]"], "estimator must be of .* continuous targets, got geometry"),
        (["quantization=uniform"], "quantization must be none on a task of continuous targets"),
        (["robustness=fgsm"], "robustness must be none on a task of continuous targets"),
        (["scheme=layerwise"], "scheme must be end_to_end on a task of continuous targets"),
        (["training.engine=compiled"], "training.engine must be auto or torch here"),
    ],
)
def test_what_is_for_labels_is_refused(settings, overrides, rule):
    with pytest.raises(ConfigError, match=rule):
        study = settings(*LINEAR, *overrides)
        study.check()
        engine_of(study)


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["training.loss=squared_error"], "training.loss must be auto or cross_entropy on a task"),
        (["regularization=cs_ib"], "regularization must not replace the loss"),
    ],
)
def test_what_is_for_targets_is_refused_elsewhere(settings, overrides, rule):
    with pytest.raises(ConfigError, match=rule):
        settings(*overrides).check()


@pytest.mark.parametrize("task", ["friedman", "linear_gaussian", "diabetes"])
def test_the_tasks_go_with_the_bottleneck(settings, task):
    study = settings(f"task={task}", "estimator=[ksg]", "regularization=cs_ib", *QUICK[1:2])
    study.check()
    assert study.network.units[-1] == 1


def test_options_that_are_not_used_leave_no_trace(settings, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.eye(40), y=np.arange(40) % 2, z=np.linspace(0, 1, 40))
    path = ["task=arrays", f"task.path={tmp_path}/data.npz", "training.batch_size=8"]
    assert "targets" not in training_content(settings(*path))["task"]
    assert "loss" not in training_content(settings(*path))["training"]
    own = settings(*path, "task.targets=z", "estimator=[ksg]")
    own.check()
    assert training_content(own)["task"]["targets"] == "z"
