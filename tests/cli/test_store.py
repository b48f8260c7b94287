"""Looking after a store from the command line: status, doctor, ui."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from click.testing import CliRunner

from ibsweep import cli
from ibsweep.config.settings import Settings
from ibsweep.sweeps.networks import Networks
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_job, make_record
from tests.sweeps.test_command_line import SEQUENTIAL, command


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A store of two trained networks, and one that diverged."""
    folder = tmp_path_factory.mktemp("swept")
    sweep = ["-m", "training.learning_rate=4e-4,1e30", "seed=0,1", "hydra.sweep.dir=outputs/night"]
    assert command(folder, *sweep, *SEQUENTIAL).returncode == 1
    return folder / "outputs"


@pytest.fixture
def outputs(swept, tmp_path):
    return shutil.copytree(swept, tmp_path / "outputs")


def call(name, outputs, *options):
    return CliRunner().invoke(cli.main, [name, "--directory", str(outputs), *options])


def run_folder(outputs):
    return sorted(path.parent for path in outputs.rglob("weights.npz"))[0]


def run_id(outputs):
    return run_folder(outputs).parent.name


def test_status_counts_states_and_gives_the_reason_of_each_failure(swept):
    done = call("status", swept)
    assert done.exit_code == 0
    first, *reasons = done.output.splitlines()
    assert first == "night: 4 runs: 2 FINISHED, 2 FAILED"
    assert len(reasons) == 2
    for line in reasons:
        assert re.search(r"relu-seed\d, run \w{32}: weights are no longer finite after", line)
    assert call("status", swept, "--sweep", "night").output == done.output


def abandon(store):
    """Leave the run of a process that is dead."""
    tags = {"ibsweep.kind": "network", "ibsweep.host": socket.gethostname(), "seed": "0"}
    tags |= {"ibsweep.pid": str(2**30), "ibsweep.pid_start": "1.0"}
    store.connection.client.create_run(store.connection.networks, tags=tags)


def test_the_next_start_closes_what_dead_processes_left(composed):
    Networks().prepare(composed())
    store = open_store(Settings.of(composed()).tracking)
    abandon(store)
    assert store.networks()["status"].tolist() == ["RUNNING"]
    Networks().prepare(composed())
    assert store.networks()["status"].tolist() == ["KILLED"]


def test_status_closes_what_dead_processes_left(outputs):
    abandon(open_store(TrackingOptions.at(outputs)))
    assert "(single runs): 1 runs: 1 RUNNING" in call("status", outputs).output
    done = call("status", outputs, "--reconcile")
    assert "closed 1 runs of dead processes" in done.output
    assert "(single runs): 1 runs: 1 KILLED" in done.output


def test_doctor_counts_checkpoints_and_removes_those_of_finished_networks(outputs):
    store = open_store(TrackingOptions.at(outputs))
    runs = store.networks()
    done = runs.loc[runs["status"] == "FINISHED", "training_fingerprint"].iloc[0]
    folder = outputs / "checkpoints"
    folder.mkdir(exist_ok=True)
    for name in (done, "unfinished"):
        (folder / f"{name}.npz").touch()
    assert "2 checkpoints, 1 of finished networks" in call("doctor", outputs).output
    assert len(list(folder.iterdir())) == 2
    assert call("doctor", outputs, "--clean").exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["unfinished.npz"]


@pytest.mark.parametrize("name", ["status", "doctor", "ui"])
def test_a_store_that_is_not_there_is_an_error_and_is_not_created(tmp_path, name):
    done = call(name, tmp_path / "outputs")
    assert done.exit_code == 1
    assert "--directory must hold a store" in done.output
    assert not (tmp_path / "outputs").exists()


def test_an_unknown_sweep_is_an_error(swept):
    done = call("status", swept, "--sweep", "day")
    assert (done.exit_code, done.output) == (1, "Error: no sweep 'day' in the study 'ibsweep'\n")


def test_doctor_finds_a_sound_store_sound(swept):
    done = call("doctor", swept)
    assert done.exit_code == 0, done.output
    assert re.fullmatch(r"\d runs checked, 0 problems; .* exactly in 2, .* in 0\n", done.output)


@pytest.mark.parametrize("name", ["weights.npz", "curves.parquet", "information_plane/ebab.png"])
def test_doctor_names_run_and_file_that_were_altered(outputs, name):
    path = run_folder(outputs) / name
    path.write_bytes(path.read_bytes()[:-1])
    done = call("doctor", outputs)
    assert done.exit_code == 1
    first, last = done.output.splitlines()
    assert first.startswith(f"run {run_id(outputs)}: {name} was altered or truncated")
    assert " 1 problems;" in last


def test_doctor_names_a_file_that_is_missing(outputs):
    one = run_id(outputs)
    (run_folder(outputs) / "weights.npz").unlink()
    done = call("doctor", outputs)
    assert done.exit_code == 1
    assert f"run {one} has no weights.npz" in done.output


def test_doctor_notices_a_finished_run_that_lacks_a_metric_or_its_mark(outputs):
    store = open_store(TrackingOptions.at(outputs))
    connection, one = store.connection, run_id(outputs)
    connection.client.delete_tag(one, "ibsweep.complete")
    empty = store.log_failure(make_job(7), "no reason", started=1e9)
    connection.client.set_terminated(empty, "FINISHED")
    output = call("doctor", outputs).output
    assert f"run {one}: it is FINISHED but has no tag ibsweep.complete" in output
    assert f"run {empty}: weights.npz was not written" in output


def reseal(folder, name):
    """Give an altered file a checksum that fits."""
    sums = json.loads((folder / "checksums.json").read_text())
    sums[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums))


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("scale", [1 + 1e-6, 1.01])
def test_doctor_replays_the_weights(outputs, scale, elsewhere):
    """On the machine of the run not one bit may differ; elsewhere a hundred roundings may."""
    folder, one = run_folder(outputs), run_id(outputs)
    path = sorted((folder / "activations").iterdir())[0]
    with np.load(path) as kept:
        np.savez(path, **{name: values * np.float32(scale) for name, values in kept.items()})
    reseal(folder, f"activations/{path.name}")
    store = open_store(TrackingOptions.at(outputs))
    if elsewhere:
        store.connection.client.set_tag(one, "ibsweep.host", "elsewhere")
    done = call("doctor", outputs)
    assert done.exit_code == (0 if elsewhere and scale < 1.001 else 1)
    if done.exit_code:
        assert (
            f"run {one}: activations/{path.name}: layer_1 is not what the weights" in done.output
        )
    else:
        assert "exactly in 1, within 100 roundings in 1" in done.output


@pytest.mark.parametrize("option", ["activation", "trusted_targets"])
def test_a_stored_configuration_cannot_run_code_of_its_own(outputs, option):
    folder = run_folder(outputs)
    text = (folder / "config.yaml").read_text().replace("torch.nn.ReLU", "os.abort")
    text = text.replace("trusted_targets: []", "trusted_targets: [os.]")
    assert "os.abort" in text
    (folder / "config.yaml").write_text(text)
    reseal(folder, "config.yaml")
    done = call("doctor", outputs)
    assert done.exit_code == 1
    assert f"run {run_id(outputs)}: config.yaml: the network cannot be built: activation" in (
        done.output
    )


def test_networks_that_do_not_fit_their_configuration_are_named(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    one = store.log_network(make_record(1), figures={})
    assert (
        f"run {one}: config.yaml: the network cannot be built" in call("doctor", tmp_path).output
    )


@pytest.mark.slow
def test_ui_shows_the_networks_and_ends_with_its_command(swept):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    arguments = [sys.executable, "-m", "ibsweep.cli", "ui", "--directory", str(swept)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    process = subprocess.Popen(
        [*arguments, "--port", port],
        env={**clean, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(line for line in process.stdout if "#/experiments" in line).strip()
        assert address.endswith("/runs?workflowType=machine_learning")
        assert address.startswith(f"http://127.0.0.1:{port}/#/experiments/")
        with urllib.request.urlopen(address.split("#")[0], timeout=10) as shown:
            assert shown.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143
        process.stdout.close()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
