"""When rules would have stopped stored networks, from the command line."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.scores.stopping import HELD_OUT, RULES, VALIDATION
from ibsweep.stored.restoring import stored_settings, weights_at
from ibsweep.sweeps import stopping
from ibsweep.sweeps.stopping import parts_of_test, stop_network
from ibsweep.watching import Storing
from tests.sweeps.test_command_line import SEQUENTIAL, command, said, store_of


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "activation=relu,tanh", "seed=range(2)", *SEQUENTIAL))
    return folder


def ask(folder, *arguments):
    place = ["--directory", str(folder / "outputs")]
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.main, [*arguments, *place])


@pytest.fixture(scope="module")
def table(swept):
    done = ask(swept, "stop", "--format", "csv", "--workers", "1", "estimator=[ebab,posterior]")
    assert done.exit_code == 0, done.output
    return pd.read_csv(io.StringIO(done.stdout))


def test_every_network_has_every_rule_of_each_estimator(swept, table):
    assert set(table["network"]) == set(ibsweep.runs(directory=swept / "outputs")["run_id"])
    of_one = table[table["network"] == table["network"].iloc[0]]
    counts = of_one["rule"].value_counts()
    assert counts.to_dict() == {
        **dict.fromkeys(RULES, 1),
        **dict.fromkeys(("i_ty", "phase", "fitted"), 2),
    }
    assert (table["regret"] >= 0).all()
    assert (table.loc[table["rule"] == "oracle", "regret"] == 0).all()


def test_accuracy_and_loss_are_those_of_the_network_on_the_two_halves(swept, table):
    run = ibsweep.runs(directory=swept / "outputs").iloc[0]
    settings = stored_settings(store_of(swept), run["run_id"])
    parts = parts_of_test(settings.dataset, settings.split)
    inputs = torch.tensor(settings.dataset.inputs, dtype=torch.float32)
    losses, accuracies = [], []
    for epoch in settings.snapshots:
        logits = ibsweep.network(run, epoch=int(epoch))(inputs)
        labels = torch.tensor(settings.dataset.labels)
        rows = parts[VALIDATION]
        losses.append(torch.nn.functional.cross_entropy(logits[rows], labels[rows]).item())
        right = (logits.argmax(dim=1) == labels).double()
        accuracies.append(right[parts[HELD_OUT]].mean().item())
    chosen = table[table["network"] == run["run_id"]].set_index("rule")
    assert chosen.loc["loss", "epoch"] == settings.snapshots[np.argmin(losses)]
    assert chosen.loc["last", "accuracy"] == pytest.approx(accuracies[-1])
    assert chosen.loc["oracle", "accuracy"] == pytest.approx(max(accuracies))


def test_halves_are_all_of_the_test_part_in_equal_classes(swept):
    run = ibsweep.runs(directory=swept / "outputs").iloc[0]
    settings = stored_settings(store_of(swept), run["run_id"])
    parts = parts_of_test(settings.dataset, settings.split)
    assert np.array_equal(np.sort(np.concatenate([*parts.values()])), settings.split.test)
    sizes = [np.bincount(settings.dataset.labels[rows]) for rows in parts.values()]
    assert np.abs(sizes[0] - sizes[1]).max() <= 1


def test_no_rule_looks_at_a_held_out_sample(swept, monkeypatch):
    run = ibsweep.runs(directory=swept / "outputs").iloc[0]
    settings = stored_settings(store_of(swept), run["run_id"])
    arrays = store_of(swept).read_weights(run["run_id"])
    weights = weights_at(settings.network, arrays, settings.snapshots.tolist())
    parts = parts_of_test(settings.dataset, settings.split)  # which follow the labels
    monkeypatch.setattr(stopping, "parts_of_test", lambda *_: parts)
    before = stop_network(settings, weights).set_index("rule").drop("oracle")
    rows, dataset = parts[HELD_OUT], settings.dataset
    inputs, labels = dataset.inputs.copy(), dataset.labels.copy()
    inputs[rows], labels[rows] = 100 * inputs[rows], 1 - labels[rows]
    settings.__dict__["dataset"] = replace(dataset, inputs=inputs, labels=labels)
    after = stop_network(settings, weights).set_index("rule").drop("oracle")
    assert before["epoch"].equals(after["epoch"])
    assert not before["accuracy"].equals(after["accuracy"])


def test_the_table_to_read_is_over_networks(swept):
    done = ask(swept, "stop", "--by", "activation", "--workers", "1")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    last = [line for line in lines if line[1:2] == ["last"]]
    assert [line[0] for line in last] == ["relu", "tanh"]
    assert last[0][2:5] == ["6", "[6,", "6]"]


def test_the_claim_is_tested_on_networks_that_are_run_again(swept):
    chosen = ["--filter", "activation == 'relu'"]
    done = ask(swept, "claims", "--paper", "stopping", "--format", "csv", *chosen)
    assert done.exit_code == 0, done.output
    findings = pd.read_csv(io.StringIO(done.stdout))
    assert set(findings["claim"]) == {"P1"}
    assert findings["rule"].str.contains("needs ≥ 5 networks, got").all()
    assert {group.rpartition(", ")[2] for group in findings["group"]} == {"ebab", "posterior"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["parts=[test]"], "overrides must be of estimator, got parts=[test]"),
        (["estimator=[nonsense]"], "nonsense"),
        (["--by", "nonsense"], "by must be a column of the networks, got 'nonsense'"),
        (["--filter", "activation == 'elu'"], "holds no such networks"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(swept, arguments, message):
    done = ask(swept, "stop", *arguments)
    assert done.exit_code == 1
    assert message in done.output and "Traceback" not in done.output


def test_a_watched_model_has_no_weights_to_run_again(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2))
    inputs, labels = np.random.default_rng(0).normal(size=(64, 2)), np.arange(64) % 2
    inputs = torch.tensor(inputs, dtype=torch.float32)
    storing = Storing(directory=tmp_path / "outputs")
    with ibsweep.watch(model, inputs, torch.tensor(labels), storing=storing) as probe:
        probe.step()
    done = ask(tmp_path, "stop")
    assert done.exit_code == 1
    assert (
        "only your own code can build others, got" in done.output
        and "Traceback" not in done.output
    )
