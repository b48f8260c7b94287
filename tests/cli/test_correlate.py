"""The answer to whether compression goes with accuracy, as it stands in a terminal."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ibsweep import cli
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_record

ACTIVATIONS = ("relu", "elu", "centered_softplus")
FAILED = (3, 6)  # relu networks
LAYERS = ("layer_1", "hidden", "last")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """150 networks; of elu those that compress more are more accurate."""
    folder = tmp_path_factory.mktemp("outputs")
    store = open_store(TrackingOptions.at(folder))
    generator = np.random.default_rng(0)
    for seed in range(150):
        activation = ACTIVATIONS[seed % 3]
        scores = {f"ebab/compression/{name}": generator.random() for name in LAYERS}
        follows = scores["ebab/compression/hidden"] if activation == "elu" else 0.0
        scores["accuracy/test"] = 0.4 + 0.5 * follows + 0.1 * generator.random()
        scores["failed_to_train"] = float(seed in FAILED)
        record = make_record(seed, activation=activation, scores=scores)
        store.log_network(record, figures={})
    store.log_sweep("night", command="python -m ibsweep", summary=pd.DataFrame(), files={})
    return folder


def correlate(outputs, *options):
    done = CliRunner().invoke(cli.main, ["correlate", "--directory", str(outputs), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def lines(outputs):
    return correlate(outputs, "--sweep", "night").splitlines()


def test_150_networks_are_answered_on_a_screen(lines):
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 100


def test_each_group_has_a_line_for_hidden_and_last_and_then_those_with_failed_networks(lines):
    groups = [line.split()[0] for line in lines[2:]]
    wanted = ["overall", "centered_…", "elu", "relu", "relu"]
    assert groups == [name for name in wanted for _ in range(2)]
    assert lines[-2].startswith("relu +2") and lines[-1].startswith("relu +2")


def test_a_line_ends_with_a_sentence(lines):
    elu = next(line for line in lines if line.startswith("elu") and " hidden " in line)
    assert elu.endswith("more compression goes with higher accuracy (50 networks)")
    relu = next(line for line in lines if line.startswith("relu") and " last " in line)
    assert relu.endswith("no correlation found; 48 networks could show |r| ≥ .39")


def test_the_title_says_of_which_networks_and_over_how_many_p_is_adjusted(outputs, lines):
    assert lines[0].startswith("sweep night: p adjusted over 8 correlations")
    first, *_ = correlate(outputs, "--sweep", "night", "--filter", "seed > 30").splitlines()
    assert "--filter a family of its own" in first


def test_rows_beyond_a_screen_are_counted(outputs):
    outcomes = ("--against", "accuracy/test", "--against", "loss/train")
    lines = correlate(outputs, "--sweep", "night", *outcomes).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "… 11 more rows; the whole table: --all"


def test_the_latest_sweep_is_asked_about_and_named(outputs, lines):
    options = ["correlate", "--directory", str(outputs)]
    done = CliRunner().invoke(cli.main, options)
    assert done.stderr == "sweep night\n"
    assert done.stdout.splitlines() == lines


def test_all_sweeps_can_be_asked_about(outputs):
    assert correlate(outputs, "--sweep", "all").startswith("study ibsweep: ")


def test_where_no_sweep_has_ended_all_networks_count(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    scores = {"ebab/compression/last": 0.5}
    for seed in range(2):
        store.log_network(make_record(seed, sweep=None, scores=scores), figures={})
    done = CliRunner().invoke(cli.main, ["correlate", "--directory", str(tmp_path)])
    assert done.stderr == "no sweep has ended: all networks of the study ibsweep\n"
    assert "2 networks with a score: too few" in done.stdout


def test_all_gives_the_whole_table(outputs):
    options = ("--sweep", "night", "--by", "activation", "--resamples", "100")
    table = correlate(outputs, "--all", *options)
    assert "r_given_weight_norm" in table.splitlines()[0]
    assert len(table.splitlines()) == 1 + 5 * 2 * 3
    csv = pd.read_csv(io.StringIO(correlate(outputs, "--format", "csv", *options)))
    assert len(csv) == 5 * 2 * 3


def test_other_scores_and_outcomes_can_be_asked_about(outputs):
    chosen = ("--score", "ebab/compression/layer_1", "--against", "loss/train")
    text = correlate(outputs, "--sweep", "night", *chosen)
    assert "over 12 correlations" in text
    assert "does compression go with loss/train?" in text
    assert "layer_1" in text and "hidden" not in text


def test_the_networks_are_drawn_into_a_file(outputs, tmp_path):
    path = tmp_path / "clouds.svg"
    assert correlate(outputs, "--plot", str(path)) == f"{path}\n"
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_a_picture_of_another_kind_is_refused(outputs, tmp_path):
    options = ["--directory", str(outputs), "--plot", str(tmp_path / "clouds.txt")]
    done = CliRunner().invoke(cli.main, ["correlate", *options])
    assert done.exit_code == 1
    assert "--plot must end in .png, .svg, .pdf" in done.stderr
