"""What single units know, and what a network can do without some of them."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.analysis.claims import Networks, claims
from ibsweep.networks.replay import replay
from ibsweep.networks.weights import Layout
from ibsweep.scores.pruning import SHARES
from ibsweep.stored.restoring import stored_settings, weights_at
from ibsweep.sweeps.pruning import prune_network, without
from ibsweep.sweeps.unit_information import columns_of, unit_information
from tests.sweeps.test_command_line import SEQUENTIAL, command, said, store_of

CONV = ["task=digits", "network=conv_small", "training=images_quick", "estimator=[ebab]"]


def drawn(settings, *words):
    """Return settings and random weights at their snapshots."""
    one = settings(*words)
    layout = Layout(one.network.parameters)
    shape = (len(one.snapshots), layout.width)
    return one, torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(one.dtype)


def test_a_unit_that_is_the_label_knows_it_and_one_of_a_bit_knows_nothing_of_parity(settings):
    words = ["task=parity", "task.bits=2", "training.batch_size=2", "estimator=[binning_width]"]
    words += ["network.hidden=[3,3]", "activation=relu", "snapshots.count=3", "training.epochs=4"]
    one, weights = drawn(settings, *words)
    weights.zero_()
    views = Layout(one.network.parameters).views(weights[-1])
    views["layer_1.weight"][:] = torch.tensor([[1, -1], [-1, 1], [1, 0]])
    views["layer_2.weight"][:] = torch.tensor([[1, 1, 0], [0, 0, 1], [0, 0, 0]])
    table = unit_information(one, weights)
    assert table["unit"].tolist() == [0, 1, 2] * 2
    assert table["layer"].tolist() == ["layer_1"] * 3 + ["layer_2"] * 3
    quarter = 2 - 0.75 * np.log2(3)  # entropy of a unit that is on for one of four patterns
    np.testing.assert_allclose(table["i_xt"], [quarter, quarter, 1, 1, 1, 0], atol=1e-12)
    part = 1 - 0.75 * (np.log2(3) - 2 / 3)
    np.testing.assert_allclose(table["i_ty"], [part, part, 0, 1, 0, 0], atol=1e-12)


def test_the_units_of_a_convolution_are_its_maps(settings):
    one, weights = drawn(settings, *CONV, "training.epochs=4", "snapshots.count=3")
    inputs, rows = one.dataset.inputs, np.arange(50)
    whole, _ = replay(one.network, weights[-1:], inputs, rows=rows)
    maps = list(columns_of(one.network, "layer_1"))
    assert len(maps) > 1
    for unit, columns in maps[:2]:  # a bias of −10⁶ silences a ReLU map, and no other
        silent = weights[-1:].clone()
        Layout(one.network.parameters).views(silent)["layer_1.bias"][:, unit] = -1e6
        changed, _ = replay(one.network, silent, inputs, rows=rows)
        differs = (changed["layer_1"] != whole["layer_1"]).any(dim=(0, 1))
        inside = torch.zeros_like(differs)
        inside[columns] = True
        assert differs.any() and not (differs & ~inside).any()
        removed = without(one.network, weights[-1], {"layer_1": np.array([unit])})
        _, answers = replay(one.network, removed[None], inputs)
        _, expected = replay(one.network, silent, inputs)
        torch.testing.assert_close(answers, expected)


def test_removing_units_is_removing_their_rows_and_columns(settings):
    words = ["network.hidden=[4,3]", "activation=tanh", "training.epochs=4", "snapshots.count=3"]
    one, weights = drawn(settings, *words)
    views = Layout(one.network.parameters).views(weights[-1].double())
    kept = {"layer_1": [0, 2], "layer_2": [1, 2]}
    removed = {"layer_1": np.array([1, 3]), "layer_2": np.array([0])}
    x = torch.tensor(one.dataset.inputs, dtype=torch.float64)
    columns = slice(None)
    for layer in ("layer_1", "layer_2", "output"):
        rows = kept.get(layer, slice(None))
        linear = x @ views[f"{layer}.weight"][rows][:, columns].T + views[f"{layer}.bias"][rows]
        x, columns = (torch.tanh(linear) if layer in kept else linear), rows
    pruned = without(one.network, weights[-1], removed)
    _, answers = replay(one.network, pruned[None], one.dataset.inputs)
    torch.testing.assert_close(
        answers[0].double(), torch.log_softmax(x, dim=1), rtol=1e-4, atol=1e-4
    )


def test_every_way_to_order_has_every_share_and_nothing_removed_is_the_network(settings):
    words = ["network.hidden=[4,3]", "training.epochs=4", "snapshots.count=3"]
    one, weights = drawn(settings, *words, "estimator=[ebab,binning_width]")
    table = prune_network(one, weights)
    counts = table.groupby(["order", "estimator"]).size()
    assert counts.to_dict() == {
        ("none", ""): 1,
        ("random", ""): len(SHARES),
        ("magnitude", ""): len(SHARES),
        **{(o, e): len(SHARES) for o in ("i_ty", "i_xt") for e in ("ebab", "binning_width")},
    }
    _, answers = replay(one.network, weights[-1:], one.dataset.inputs)
    right = answers[0].argmax(dim=1).numpy() == one.dataset.labels
    assert table["accuracy"].iloc[0] == right[one.split.test].mean()
    pd.testing.assert_frame_equal(table, prune_network(one, weights))


def test_what_is_no_classifier_is_refused(settings):
    one, weights = drawn(settings, "task=friedman", "training=images_quick",
                         "estimator=[ksg]", "training.epochs=4", "snapshots.count=3")  # fmt: skip
    with pytest.raises(ValueError, match="pruned networks must be classifiers"):
        prune_network(one, weights)


def pruned(gain):
    """Return a table in which least information first is better by a gain than all others."""
    rows = [
        (f"n{k}", order, "ebab" if order.startswith("i_") else "", share, 0.5 + 0.001 * k + more)
        for k in range(12)
        for order, more in (("i_ty", gain), ("i_xt", 0), ("magnitude", 0), ("random", 0))
        for share in (0.25, 0.5)
    ]
    return pd.DataFrame(rows, columns=["network", "order", "estimator", "share", "accuracy"])


@pytest.mark.parametrize(("gain", "verdict"), [(0.1, "supported"), (-0.1, "not supported")])
def test_the_claim_is_decided_by_paired_differences(gain, verdict):
    runs = pd.DataFrame(
        {"run_id": [f"n{k}" for k in range(12)], "task": "digits", "activation": "relu",
         "failed_to_train": 0.0}
    )  # fmt: skip
    nothing = pd.DataFrame()
    networks = Networks(runs, nothing, nothing, tables={"pruning": pruned(gain)})
    table = claims(networks, "pruning")
    assert table["verdict"].tolist() == [verdict] * 3
    np.testing.assert_allclose(table["effect"], gain)
    missing = claims(networks._replace(tables={}), "pruning")
    assert missing["verdict"].tolist() == ["undecided"]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "activation=relu,tanh", "seed=0", *SEQUENTIAL))
    return folder


def ask(folder, *arguments):
    place = ["--directory", str(folder / "outputs"), "--workers", "1"]
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.main, [*arguments, *place])


def test_the_command_lists_every_hidden_unit_of_stored_networks(swept):
    done = ask(swept, "units", "--format", "csv", "--epoch", "1", "estimator=[ebab,binning_width]")
    assert done.exit_code == 0, done.output
    table = pd.read_csv(io.StringIO(done.stdout))
    assert set(table["epoch"]) == {1} and len(table) == 2 * 2 * (10 + 7 + 5 + 4 + 3)
    run = ibsweep.runs(directory=swept / "outputs").iloc[0]
    store = store_of(swept)
    one = stored_settings(store, run["run_id"])
    weights = weights_at(one.network, store.read_weights(run["run_id"]), one.snapshots.tolist())
    again = unit_information(one, weights, epoch=1)
    of_it = table[(table["network"] == run["run_id"]) & (table["estimator"] == "ebab")]
    np.testing.assert_array_equal(of_it["i_ty"], again["i_ty"])
    shown = ask(swept, "units")
    rows = [line.split() for line in shown.output.splitlines()]
    assert [row[:3] for row in rows if row[:1] == ["layer_1"]] == [["layer_1", "ebab", "10"]]


def test_groups_have_rows_of_their_own(swept):
    shown = ask(swept, "units", "--by", "activation")
    rows = [line.split()[:3] for line in shown.output.splitlines() if "layer_1" in line]
    assert sorted(rows) == [["relu", "layer_1", "ebab"], ["tanh", "layer_1", "ebab"]]
    wrong = ask(swept, "units", "--by", "x").output
    assert "Error: by must be a column of the networks, got 'x'" in wrong


def test_an_epoch_that_is_no_snapshot_is_one_line(swept):
    done = ask(swept, "units", "--epoch", "77")
    assert done.exit_code == 1
    assert "epoch must be one of the 5 snapshots from 0 to 6, got 77" in done.output
