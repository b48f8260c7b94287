"""The command as a user types it: a tiny sweep of real networks, its store, its errors."""

import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from ibsweep.config.fingerprints import network_fingerprint
from ibsweep.learning.trainer import train
from ibsweep.networks.replay import replay
from ibsweep.networks.weights import Layout
from ibsweep.sweeps.batch import ensemble_of
from ibsweep.tasks.boolean import spherical
from ibsweep.tracking import TrackingOptions, open_store
from tests.learning.test_trainer import ensemble

TINY = ["training.epochs=6", "snapshots.count=6", "artifacts.activity_snapshots=2"]
SEQUENTIAL = [*TINY, "hydra.launcher.backend=sequential"]  # no workers to start
SWEEP = ["-m", "activation=relu,tanh", "seed=range(3)"]


def command(folder, *arguments, **environment):
    """Run `python -m ibsweep` in a folder."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    return subprocess.run(
        [sys.executable, "-m", "ibsweep", *arguments],
        cwd=folder,
        env={**clean, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=1800,
    )


def said(done):
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def store_of(folder):
    directory = folder / "outputs"
    return open_store(
        TrackingOptions(uri=None, study="ibsweep", curves="metrics", directory=directory)
    )


def numbers(runs):
    """Every metric but durations, by fingerprint."""
    names = [n for n in runs if "/" in n or n == "failed_to_train" or n == "weight_norm"]
    kept = [n for n in names if not n.startswith("duration")]
    return runs.set_index("fingerprint")[sorted(kept)].sort_index()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    return folder, command(folder, *SWEEP, *TINY)


def test_a_sweep_leaves_one_finished_run_a_network(swept):
    folder, done = swept
    assert done.returncode == 0, done.stderr
    runs = store_of(folder).networks()
    assert len(runs) == 6
    assert set(runs["status"]) == {"FINISHED"}
    assert sorted(zip(runs["activation"], runs["seed"], strict=True)) == [
        (name, seed) for name in ("relu", "tanh") for seed in range(3)
    ]


def test_it_prints_a_row_a_configuration_and_where_to_look(swept):
    _, done = swept
    assert "relu" in done.stdout
    assert "tanh" in done.stdout
    assert "test accuracy" in done.stdout
    assert re.search(r"browse: .*ibsweep\S* ui --directory \S*/outputs", done.stdout)


def test_curves_hold_every_layer_at_every_snapshot(swept):
    folder, _ = swept
    store = store_of(folder)
    curves = store.read_curves(store.networks()["run_id"])
    epochs, layers = curves["epoch"].nunique(), curves["layer"].nunique()
    assert layers == 6
    assert len(curves) == 6 * epochs * layers
    assert (curves["i_xt"] <= 12).all()
    assert (curves["i_ty"] <= 1).all()
    assert not curves.isna().any().any()


def test_the_store_holds_aggregates_beside_the_networks(swept):
    folder, _ = swept
    client = store_of(folder).connection.client
    (summary,) = client.search_experiments(filter_string="name = 'ibsweep-summary'")
    runs = client.search_runs([summary.experiment_id])
    kinds = pd.Series([run.data.tags["ibsweep.kind"] for run in runs]).value_counts()
    assert kinds.to_dict() == {"configuration": 2, "sweep": 1}


def test_a_seeds_numbers_do_not_depend_on_its_company(swept, tmp_path):
    folder, _ = swept
    alone = command(tmp_path, "activation=tanh", "seed=2", *TINY)
    assert alone.returncode == 0, alone.stderr
    single = numbers(store_of(tmp_path).networks())
    together = numbers(store_of(folder).networks()).loc[single.index]
    pd.testing.assert_frame_equal(single, together, check_exact=True)


def test_measuring_does_not_change_the_training(swept, settings):
    """What a measured run stored are the weights of a training that nobody measures."""
    folder, _ = swept
    runs = store_of(folder).networks()
    for name in ("relu", "tanh"):
        asked = [settings(f"activation={name}", f"seed={seed}", *TINY) for seed in (0, 1, 2, 0)]
        weights = train(ensemble_of(asked)).weights
        for member, one in enumerate(asked[:3]):
            run = runs[runs["training_fingerprint"] == network_fingerprint(one)]["run_id"].item()
            (path,) = (folder / "outputs" / "artifacts").rglob(f"{run}/artifacts/weights.npz")
            with np.load(path) as stored:
                for key, view in Layout(one.network.parameters).views(weights[:, member]).items():
                    assert np.array_equal(stored[key], view.numpy())


@pytest.mark.parametrize("launcher", ["basic", pytest.param("joblib", marks=pytest.mark.slow)])
def test_a_job_that_is_there_twice_runs_once_with_any_launcher(tmp_path, launcher):
    done = command(tmp_path, "-m", "seed=0,0", *TINY, f"hydra/launcher={launcher}")
    assert "1 the same as another job" in said(done)
    assert len(store_of(tmp_path).networks()) == 1


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_hydras_own_launchers_give_the_same_numbers(swept, tmp_path, launcher):
    folder, _ = swept
    done = command(tmp_path, *SWEEP, *TINY, f"hydra/launcher={launcher}")
    assert done.returncode == 0, done.stderr
    theirs, ours = numbers(store_of(tmp_path).networks()), numbers(store_of(folder).networks())
    pd.testing.assert_frame_equal(theirs, ours, check_exact=True)


def test_two_estimators_measure_one_training(tmp_path):
    done = command(tmp_path, "-m", "estimator=[ebab],[kde]", "seed=0", *SEQUENTIAL)
    assert done.returncode == 0, done.stderr
    runs = store_of(tmp_path).networks()
    assert len(runs) == 2
    assert runs["training_fingerprint"].nunique() == 1
    assert "training 1 networks" in done.stdout + done.stderr + logs(tmp_path)


def logs(folder):
    return "".join(path.read_text() for path in folder.rglob("*.log"))


def test_a_failing_network_stops_no_other(tmp_path):
    rates = "training.learning_rate=1e30,4e-4"
    done = command(tmp_path, "-m", rates, "seed=0,1", "retries=2", *SEQUENTIAL)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    runs = store_of(tmp_path).networks()
    assert runs["status"].value_counts().to_dict() == {"FINISHED": 2, "FAILED": 2}
    assert "no longer finite after epoch 1" in done.stdout + done.stderr
    assert "Not retried: 2 jobs that would fail again in the same way" in done.stdout


def test_logged_activity_is_that_of_the_logged_weights(swept):
    folder, _ = swept
    (weights, *_) = sorted((folder / "outputs" / "artifacts").rglob("weights.npz"))
    relu = "relu" in (weights.parent / "config.yaml").read_text().lower()
    network = ensemble([0], "relu" if relu else "tanh").network
    with np.load(weights) as stored:
        epochs, arrays = stored["epochs"], dict(stored)
    for path in (weights.parent / "activations").glob("epoch_*.npz"):
        row = int(np.searchsorted(epochs, int(path.stem.removeprefix("epoch_"))))
        flat = flatten(network, {name: values[row] for name, values in arrays.items()})
        layers, _ = replay(network, flat, spherical().inputs)
        with np.load(path) as logged:
            for name in network.layers:
                assert np.array_equal(logged[name], layers[name][0].numpy())


def flatten(network, values):
    layout = Layout(network.parameters)
    flat = torch.zeros(1, layout.width)
    for name, view in layout.views(flat).items():
        view[0] = torch.from_numpy(values[name])
    return flat


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["activation=reul"], "Could not find 'activation/reul'.*abs.*tanh"),
        (["-m", "seed=0,-1"], "seed must be an integer ≥ 0, got -1"),
        (["trainig.epochs=5"], "trainig"),
        (
            ["tracking=server", "tracking.uri=http://127.0.0.1:9"],
            "tracking.uri must be the address",
        ),
        (["seed=range(3)"], "--multirun"),
        (["-m", "+experiment=a,b"], "experiment must not be swept"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line_and_leaves_no_run(tmp_path, arguments, message):
    done = command(tmp_path, *arguments, *[t for t in TINY if not arguments[0].startswith(t[:14])])
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert re.search(message, lines[0])
    assert not list(tmp_path.rglob("*.db"))


def test_outputs_that_cannot_be_written(tmp_path):
    (tmp_path / "outputs").write_text("a file in the way")
    done = command(tmp_path, *TINY)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "outputs" in done.stderr


@pytest.mark.parametrize(
    "program",
    [
        "sys.argv[1:] = ['--version']\nfrom ibsweep.main import main",
        "sys.argv[1:] = ['estimators', '--help']\nfrom ibsweep.cli import main",
    ],
    ids=["sweep", "cli"],
)
def test_a_command_ends_without_a_last_collection(program, tmp_path):
    atend = "import atexit, gc, sys\natexit.register(lambda: print(gc.get_freeze_count() > 1000))"
    done = subprocess.run(
        [sys.executable, "-c", f"{atend}\n{program}\nmain()"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.splitlines()[-1] == "True", done.stderr
