"""Asking a store from the command line: runs, curves, correlate, claims."""

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ibsweep import cli
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import EPOCHS, make_record

SCORES = ("layer_1", "hidden", "last")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Six networks of each of two activations, and the run of their sweep."""
    folder = tmp_path_factory.mktemp("outputs")
    store = open_store(TrackingOptions.at(folder))
    generator = np.random.default_rng(0)
    for seed in range(12):
        scores = {f"ebab/compression/{name}": generator.random() for name in SCORES}
        scores |= {"accuracy/test": generator.random()}
        activation = "relu" if seed < 6 else "elu"
        record = make_record(seed, activation=activation, scores=scores)
        store.log_network(record, figures={})
    store.log_sweep("night", command="python -m ibsweep", summary=pd.DataFrame(), files={})
    return folder


def call(name, outputs, *options):
    return CliRunner().invoke(cli.main, [name, "--directory", str(outputs), *options])


def printed(done):
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.stdout))


def test_runs_lists_networks_that_fit_a_filter(outputs):
    table = printed(call("runs", outputs, "--format", "csv", "--filter", "activation == 'elu'"))
    assert sorted(table["seed"]) == list(range(6, 12))


def test_curves_are_written_as_the_files_name_ends(outputs, tmp_path):
    path = tmp_path / "curves.parquet"
    done = call("curves", outputs, "--filter", "seed == 3", "--output", str(path))
    assert done.exit_code == 0, done.output
    assert len(pd.read_parquet(path)) == 3 * len(EPOCHS)


def test_a_table_to_read_has_one_line_a_network_and_what_differs(outputs):
    head, *rows = call("runs", outputs).output.splitlines()
    assert len(rows) == 12
    names = ["run_id", "name", "activation", "accuracy/test"]
    names += ["ebab/compression/hidden", "ebab/compression/last", "failed_to_train"]
    assert sorted(head.split()) == sorted(names)


def test_a_folder_may_be_called_like_the_home(outputs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~").symlink_to(outputs)
    assert len(printed(call("runs", "./~", "--format", "csv"))) == 12


def test_correlate_gives_a_row_for_each_group_with_and_without_failed(outputs):
    options = ("--by", "activation", "--score", "ebab/compression/last", "--resamples", "100")
    table = printed(call("correlate", outputs, "--format", "csv", *options))
    assert len(table) == 4 * 2
    assert set(table["group"]) == {"all", "elu", "relu", "centred"}
    assert table.set_index("group").loc["relu", "n"].eq(6).all()


def test_correlations_are_kept_with_the_run_of_the_sweep(outputs):
    options = ("--sweep", "night", "--resamples", "100", "--format", "csv")
    done = call("correlate", outputs, "--log", *options)
    store = open_store(TrackingOptions.at(outputs))
    (path,) = outputs.rglob("correlations.csv")
    assert path.read_text() == done.stdout
    _, (run_id,) = store.finished_runs()
    assert store.problems(run_id, network=False) == []


def test_log_needs_a_sweep(outputs):
    done = call("correlate", outputs, "--log", "--sweep", "all")
    assert done.exit_code == 2
    assert "--log needs --sweep" in done.output


def test_claims_are_answered_one_by_one(outputs, tmp_path):
    done = call("claims", outputs)
    assert done.exit_code == 0, done.output
    for number in range(1, 8):
        assert f"C{number}" in done.output
    path = tmp_path / "claims.json"
    assert call("claims", outputs, "--output", str(path)).exit_code == 0
    found = json.loads(path.read_text())
    assert {row["verdict"] for row in found} <= {"supported", "not supported", "undecided"}


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ("runs", ["--filter", "nonsense > 1"], "filter must be a pandas query"),
        ("runs", ["--output", "table.xls"], "--output must end in .csv, .json or .parquet"),
        ("runs", ["--format", "parquet"], "--format parquet needs --output"),
        ("correlate", ["--by", "nonsense"], "by must be a column of the runs"),
        ("claims", ["--sweep", "day"], "the study 'ibsweep' holds no such networks"),
        ("claims", ["--estimator", "kde"], "estimator must be one of ebab"),
        ("claims", ["--claim", "C8"], "--claim must be one of C1, C2, C3, C4, C5, C6, C7"),
        ("claims", ["--output", "nowhere/claims.csv"], "nowhere"),
    ],
)
def test_errors_are_one_line(outputs, command, options, message):
    done = call(command, outputs, *options)
    assert done.exit_code == 1
    assert done.output.removeprefix("sweep night\n").startswith("Error: ")
    assert message in done.output
    assert len([line for line in done.output.splitlines() if line != "sweep night"]) == 1


@pytest.mark.parametrize("name", ["runs", "claims"])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(outputs, name):
    command = [sys.executable, "-m", "ibsweep.cli", name, "--directory", str(outputs)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


@pytest.mark.parametrize("name", ["runs", "curves", "correlate", "claims"])
def test_a_store_that_is_not_there_is_an_error(tmp_path, name):
    done = call(name, tmp_path / "outputs")
    assert done.exit_code == 1
    assert "directory must hold a store" in done.output
