from functools import partial

import numpy as np
import pytest
import torch

from ibsweep.estimators.binning import equal_bins_information
from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.quantized import quantized_information
from ibsweep.information import Floor, Whole, measure, try_out
from ibsweep.learning.trainer import train
from ibsweep.networks.replay import replay
from ibsweep.sweeps.batch import ensemble_of
from ibsweep.types import Information

RNG = np.random.default_rng(0)
LABELS = np.arange(64) % 2
KEYS = ["epoch", "layer", "estimator", "part"]
LAYERS = {
    "layer_1": RNG.normal(0, 1, (3, 64, 4)),
    "layer_2": RNG.normal(0, 9, (3, 64, 2)),
    "output": RNG.uniform(0.4, 0.6, (3, 64, 2)),
}
ROWS = {"all": np.arange(64), "test": np.arange(0, 64, 4)}


def measured(estimator, parts=("all",), **options):
    return measure(
        LAYERS,
        LABELS,
        {"one": estimator},
        epochs=np.array([0, 5, 9]),
        parts={part: ROWS[part] for part in parts},
        inputs=np.arange(64.0)[:, None],
        **options,
    )


def test_the_floor_is_the_information_about_permuted_labels():
    estimator = partial(ebab_information, bins=4)
    floor = Floor(np.array([0, 9]), seed=3)
    table = measured(estimator, floor=floor).set_index(["layer", "epoch"])
    permuted = np.random.default_rng(3).permutation(LABELS)
    for epoch, row in ((0, 0), (9, 2)):
        expected = estimator(LAYERS["layer_1"][row], permuted).i_ty
        assert table.loc[("layer_1", epoch), "i_ty_floor"] == expected > 0
    assert table.xs(5, level="epoch")["i_ty_floor"].isna().all()


def test_an_untrained_relu_layer_tells_hardly_more_than_chance(settings):
    untrained = settings("activation=relu", "training.epochs=1", "seed=7")
    weights = train(ensemble_of([untrained] * 4), lambda fraction: None).weights[:1, 0]
    layers, _ = replay(untrained.network, weights, untrained.dataset.inputs)
    table = measure(
        layers,
        untrained.dataset.labels,
        untrained.estimators,
        epochs=np.array([0]),
        parts=untrained.parts,
        inputs=untrained.dataset.inputs,
        floor=Floor(np.array([0]), seed=0),
    ).set_index("layer")
    second = table.loc["layer_2"]
    assert 0.8 < second["i_ty_floor"] < second["i_ty"] < second["i_ty_floor"] + 0.06


def test_one_row_for_each_epoch_layer_and_part():
    table = measured(partial(ebab_information, bins=4), ("all", "test"))
    assert len(table) == 3 * 3 * 2
    assert not table.duplicated(["epoch", "layer", "part"]).any()
    assert list(table.columns) == [*KEYS, "i_xt", "i_ty", "i_ty_floor"]


def test_a_part_is_measured_on_its_own_rows():
    estimator = partial(ebab_information, bins=4)
    table = measured(estimator, ("all", "test")).set_index(["part", "layer", "epoch"])
    rows = ROWS["test"]
    alone = estimator(LAYERS["layer_2"][1, rows], LABELS[rows])
    assert table.loc[("test", "layer_2", 5), "i_xt"] == alone.i_xt
    assert table.loc[("test", "layer_2", 5), "i_ty"] == alone.i_ty


def ends(low, high):
    return Information(np.full(3, low), np.full(3, high))


OF_NETWORK = [
    lambda activity, labels, *, network_range: ends(*network_range),
    lambda activity, labels, *, activity_range: ends(*activity_range),
    lambda activity, labels, *, activity_range, range_over="network": ends(*activity_range),
]
OF_LAYER = [
    lambda activity, labels, *, layer_range: ends(*layer_range),
    lambda activity, labels, *, activity_range, range_over="layer": ends(*activity_range),
]


@pytest.mark.parametrize("part", ROWS)
@pytest.mark.parametrize("estimator", [*OF_NETWORK, *OF_LAYER])
def test_ranges_are_those_asked_for(estimator, part):
    expected = {name: (values.min(), values.max()) for name, values in LAYERS.items()}
    if estimator in OF_NETWORK:
        hidden = np.concatenate([LAYERS["layer_1"].ravel(), LAYERS["layer_2"].ravel()])
        widest = (hidden.min(), hidden.max())
        expected = {"layer_1": widest, "layer_2": widest, "output": (0.0, 1.0)}
    for layer, rows in measured(estimator, (part,)).groupby("layer"):
        assert {*zip(rows["i_xt"], rows["i_ty"], strict=True)} == {expected[layer]}


def test_an_estimator_that_asks_for_the_inputs_gets_those_of_the_part():
    lengths = []

    def spy(activity, labels, *, inputs):
        lengths.append((len(inputs), activity.shape[1]))
        return Information(np.zeros(3), np.zeros(3))

    measured(spy, ("all", "test"))
    assert set(lengths) == {(64, 64), (16, 16)}


def test_wrong_options_are_found_without_a_network():
    try_out(partial(equal_bins_information, bins=4, range_over="layer"))
    with pytest.raises(ValueError, match="range_over must be one of network, layer, got 'epoch'"):
        try_out(partial(equal_bins_information, bins=4, range_over="epoch"))
    with pytest.raises(ValueError, match="temperature must be given to it: only inputs, .* need"):
        try_out(lambda activity, labels, *, temperature: ends(0, 0))
    with pytest.raises(ValueError, match="bins must be an integer ≥ 2, got 1"):
        try_out(partial(equal_bins_information, bins=1, range_over="layer"))


def test_the_trained_layer_and_the_task_s_patterns_are_supplied_to_who_asks():
    whole = Whole(
        {"train": np.zeros((7, 1))}, {name: held[2] + 1 for name, held in LAYERS.items()}
    )
    seen = []

    def spy(activity, labels, *, task_inputs, final_activity):
        seen.append((task_inputs["train"].shape, final_activity - np.asarray(activity)[2]))
        return Information(np.zeros(3), np.zeros(3))

    measured(spy, ("test",), whole=whole)
    for shape, difference in seen:
        assert shape == (7, 1)
        assert difference == pytest.approx(1)
    assert len(seen) == len(LAYERS)


def stating(activity, labels):
    ones = np.ones(len(activity))
    return Information(ones, 0 * ones, {"i_xt_error": 0.1 * ones, "rank_t": ones})


def two(activity, labels):
    return np.ones(len(activity)), np.zeros(len(activity))


def test_details_are_columns_and_nan_for_estimators_without():
    table = measure(
        LAYERS,
        LABELS,
        {"plain": partial(ebab_information, bins=4), "stating": stating},
        epochs=np.array([0, 5, 9]),
        parts={"all": ROWS["all"]},
        inputs=np.arange(64.0)[:, None],
        floor=Floor(np.array([0]), seed=0),
    ).set_index("estimator")
    assert list(table.columns[-5:]) == ["i_xt", "i_ty", "i_ty_floor", "i_xt_error", "rank_t"]
    assert (table.loc["stating", "i_xt_error"] == 0.1).all()
    assert table.loc["plain", ["i_xt_error", "rank_t"]].isna().all(axis=None)


def test_two_plain_values_are_as_good_as_information():
    table = measured(two, floor=Floor(np.array([5]), seed=0))
    assert list(table.columns) == [*KEYS, "i_xt", "i_ty", "i_ty_floor"]
    assert (table["i_xt"] == 1).all()
    assert table.loc[table["epoch"] == 5, "i_ty_floor"].eq(0).all()


@pytest.mark.parametrize("name", ["epoch", "i_xt", "i_ty_floor", "network", "i_ty_low", "a b", ""])
def test_a_detail_must_be_named_as_a_column_of_its_own(name):
    def wrong(activity, labels):
        return Information(np.ones(2), np.ones(2), {name: np.ones(2)})

    message = f"details of it must be identifiers other than epoch, .*, i_ty_smooth, got '{name}'"
    with pytest.raises(ValueError, match=message):
        try_out(wrong)


def test_a_detail_has_a_value_for_each_snapshot():
    def wrong(activity, labels):
        return Information(np.ones(2), np.ones(2), {"rank_t": np.ones(1)})

    with pytest.raises(ValueError, match=r"one value a snapshot, \(2,\), got \(1,\)"):
        try_out(wrong)


def test_estimators_are_told_of_populations_and_of_discrete_activity():
    bits = ((np.arange(16)[:, None] >> np.arange(4)) % 2).astype(float)
    layers = {"layer_1": torch.from_numpy(bits[None])}
    estimator = {"it": partial(quantized_information, bits=1)}
    parts = {"all": np.arange(16), "test": np.arange(3, 16)}
    given = {"epochs": np.array([0]), "inputs": bits}
    labels = np.arange(16) % 2
    whole = measure(layers, labels, estimator, **given, parts={"all": parts["all"]})
    assert "undersampled" not in whole
    table = measure(layers, labels, estimator, **given, parts=parts).set_index("part")
    assert np.isnan(table.loc["all", "undersampled"]) and table.loc["test", "undersampled"] == 1

    unknown = measure(layers, labels, estimator, **given | {"inputs": bits[:, :0]}, parts=parts)
    assert "undersampled" not in unknown

    halves = {"layer_1": torch.from_numpy(0.4 * bits[None])}
    given |= {"extremes": {"layer_1": (0.0, 10.0)}, "parts": {"all": parts["all"]}}
    rounded, counted = (
        measure(halves, labels, estimator, **given, discrete=discrete)["i_xt"].item()
        for discrete in (False, True)
    )
    assert (rounded, counted) == (0.0, 4.0)
