"""Figures from a store: what they select, what they say is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import ibsweep
from ibsweep import cli
from ibsweep.config.shipped import conf_dir
from ibsweep.reports.planes import three_kinds
from ibsweep.reports.scatter import correlation_notes
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_record

FLAG = {"ebab/dead_layer": 0.0, "accuracy/test": 0.9, "ebab/compression/last": 0.5}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", folder))
    for activation in ("relu", "tanh"):
        for seed in range(3):
            record = make_record(seed, activation=activation, scores=FLAG)
            record.job.choices["regularization"] = "none"
            record.job.parameters["estimator.ebab.bins"] = 2
            for name in ("layer_1", "layer_2", "hidden"):
                record.training[f"max_activity/{name}"] = 1.0
            job = replace(record.job, config=composed(f"activation={activation}"))
            store.log_network(replace(record, job=job), figures={})
    return folder


def composed(*overrides):
    """Return the configuration of a network, as it is stored."""
    with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
        return OmegaConf.to_yaml(compose("config", list(overrides)), resolve=True)


def figure(outputs, *arguments):
    return CliRunner().invoke(cli.main, ["figure", "--directory", str(outputs), *arguments])


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF"), ("html", b"<!doctype html>")])
def test_a_figure_is_drawn_from_the_stored_networks(outputs, tmp_path, kind, start):
    path = tmp_path / f"six.{kind}"
    done = figure(outputs, "fig6", "--output", str(path))
    assert (done.exit_code, done.stdout) == (0, f"{path}\n")
    assert path.read_bytes().startswith(start)


def test_missing_networks_are_one_line_with_the_command_that_makes_them(outputs, tmp_path):
    done = figure(outputs, "fig7", "--output", str(tmp_path / "fig7.png"))
    assert done.exit_code == 1
    assert done.output == (
        "no sweep has ended: all networks of the study ibsweep\n"
        "Error: fig7 needs finished networks with activation=abs, regularization=none measured by"
        " ebab; make them: python -m ibsweep -m +experiment=fig7\n"
    )
    assert not (tmp_path / "fig7.png").exists()


def test_all_draws_what_can_be_drawn_and_names_the_rest(outputs, tmp_path):
    done = figure(outputs, "all", "--format", "svg", "--output", str(tmp_path / "figures"))
    assert done.exit_code == 0, done.output
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {
        "fig1.svg",
        "fig2.svg",
        "fig5.svg",
        "fig5-gallery.svg",
        "fig6.svg",
    } <= drawn and "fig8.svg" not in drawn
    for name in ("fig3", "fig4", "fig7", "fig8", "fig9"):
        assert f"make them: python -m ibsweep -m +experiment={name}\n" in done.output


def test_correlations_through_training_are_drawn_from_four_networks_on(tmp_path):
    store = open_store(TrackingOptions(None, "four", "artifact", tmp_path))
    options = ["correlation-through-training", "--study", "four"]
    for seed in range(4):
        record = make_record(seed, scores=FLAG)
        record.job.choices["regularization"] = "none"
        record.training["accuracy/test"] += seed / 100
        if seed == 3:
            done = figure(tmp_path, *options, "--output", str(tmp_path / "three.svg"))
            assert done.exit_code == 1
            assert done.output.endswith(
                "Error: correlation-through-training needs ≥ 4 relu networks, got 3\n"
            )
        store.log_network(record, figures={})
    path = tmp_path / "four.svg"
    done = figure(tmp_path, *options, "--output", str(path))
    assert (done.exit_code, done.stdout) == (0, f"{path}\n")


def test_a_name_of_another_format_is_refused(outputs):
    done = figure(outputs, "fig6", "--format", "svg", "--output", "fig6.png")
    assert done.exit_code == 2
    assert "--output must end in .svg, got fig6.png" in done.output


def test_two_configurations_are_not_mixed(outputs, tmp_path):
    store = open_store(TrackingOptions(None, "two", "artifact", tmp_path))
    for penalty in (0.0, 0.1):  # of another regulariser than the figure knows of
        record = make_record(0, penalty=penalty, scores=FLAG)
        record.job.choices["regularization"] = "none"
        store.log_network(record, figures={})
    done = figure(tmp_path, "fig5", "--study", "two", "--output", str(tmp_path / "five.png"))
    assert done.exit_code == 1
    assert "--sweep must choose one of 2 configurations with activation=relu" in done.output


def test_the_three_kinds_are_recognised():
    epochs = np.arange(40)
    shapes = {"still": 8 + 0 * epochs, "fits": 6 + 0.1 * epochs, "drops": 9 - 3 * (epochs > 4)}
    tables = [
        pd.DataFrame({"network": name, "epoch": epochs, "layer": layer, "i_xt": values})
        for name, values in shapes.items()
        for layer in ("layer_1", "output")
    ]
    kinds = three_kinds(pd.concat(tables))
    assert kinds == {"early compression": "drops", "fitting": "fits", "neither": "still"}


def test_the_notes_say_what_ibsweep_correlations_finds():
    rng = np.random.default_rng(0)
    x = rng.normal(size=20)
    table = pd.DataFrame({"score": x, "accuracy/test": x + rng.normal(size=20)})
    table["failed_to_train"] = [1.0] * 3 + [0.0] * 17
    table.loc[4, "score"] = np.nan
    rows = ibsweep.correlations(table, score="score", against="accuracy/test")
    for note, row in zip(correlation_notes(table, "score"), rows.itertuples(), strict=True):
        assert note.startswith(f"r = {row.r:.2f} [{row.r_low:.2f}, {row.r_high:.2f}], p ")
        assert note.endswith(f"n = {20 - 1 - 3 * row.without_failed} (1 undefined)")
    assert correlation_notes(table[:4], "score")[1] == "no correlation of n = 1"


def test_the_latest_sweep_is_drawn_and_named_unless_all_are_asked_for(tmp_path):
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", tmp_path))
    for sweep, activation in (("first", "relu"), ("second", "tanh")):
        record = make_record(activation=activation, sweep=sweep, scores=FLAG)
        record.job.choices["regularization"] = "none"
        store.log_network(record, figures={})
        store.log_sweep(sweep, command="ibsweep", summary=pd.DataFrame(), files={})
    path = tmp_path / "six.svg"
    done = figure(tmp_path, "fig6", "--output", str(path))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == "sweep second"
    assert done.stderr.endswith("; or look at all sweeps: --sweep all\n")
    done = figure(tmp_path, "fig6", "--output", str(path), "--sweep", "all")
    assert (done.exit_code, done.output) == (0, f"{path}\n")
