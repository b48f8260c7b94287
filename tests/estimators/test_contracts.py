"""What every estimator in conf/estimator must do."""

import inspect
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from ibsweep.config import shipped
from ibsweep.config.instantiation import build
from ibsweep.estimators import critics
from ibsweep.estimators.usable import usable_information
from ibsweep.information import try_out
from ibsweep.types import Information

FILES = [
    path
    for path in sorted((Path(__file__).parents[2] / "conf" / "estimator").glob("*.yaml"))
    if not shipped.source("estimator", path.stem).endswith(" No information.")
]
SUPPOSED_NORMAL = {"logdet"}  # unlimited by how many samples there are
SAMPLES = 64
LABELS = torch.arange(SAMPLES) % 3
RANGE = (-4.0, 4.0)
INPUTS = np.random.default_rng(0).normal(size=(SAMPLES, 2))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def activity(*leading, units=3, seed=0):
    return torch.randn(*leading, SAMPLES, units, generator=generator(seed)).tanh()


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def content(request):
    return yaml.safe_load(request.param.read_text())


@pytest.fixture
def estimator(content):
    """The estimator as its file says, but that what is learned does not matter here."""
    ((name, node),) = content.items()
    built = build(node, f"estimator.{name}")
    if learns(built):
        built.keywords.get("pair", built).keywords["steps"] = 3
    return built


def learns(estimator):
    """Whether it trains on random rows, from random weights, for which each row has its place."""
    learner = estimator.keywords.get("pair", estimator)
    return learner.func in (critics.mutual_information, usable_information)


@pytest.fixture
def estimate(estimator):
    """The estimator, given what `information.measure` would supply."""
    parameters = inspect.signature(estimator).parameters
    supply = {"activity_range": RANGE, "inputs": INPUTS, "task_inputs": {"all": INPUTS}}
    given = {key: value for key, value in supply.items() if key in parameters}
    if "final_activity" in parameters:
        return partial(with_final, estimator, **given)
    return partial(estimator, **given)


def with_final(estimator, layer, labels, **supply):
    final = torch.randn(SAMPLES, np.shape(layer)[-1], generator=generator(9))
    return estimator(layer, labels, final_activity=final, **supply)


@pytest.fixture
def plugged(content, estimate):
    """The estimator, if it takes the layer's discrete or noisy values for what they are.

    One that asks for the inputs is for two continuous vectors: it is told by neighbours of the
    samples about values in between.
    """
    if "inputs" in estimate.keywords or SUPPOSED_NORMAL & set(content):
        pytest.skip("estimates a density")
    return estimate


@pytest.fixture
def unlearned(estimator, estimate):
    """The estimator, unless it learns."""
    if learns(estimator):
        pytest.skip("learns from random batches")
    return estimate


def given(estimate, rows):
    """The estimator for some of the samples."""
    if "inputs" not in estimate.keywords:
        return estimate
    return partial(estimate, inputs=INPUTS[rows])


def test_a_file_holds_one_estimator_under_its_own_name(request, content):
    ((name, node),) = content.items()
    assert f"[{name}]" in request.node.name
    assert node["_partial_"] is True


def test_measures_whatever_measure_supplies(estimator):
    try_out(estimator)


def test_one_layer_gives_floats(estimate):
    result = estimate(activity(), LABELS)
    assert isinstance(result, Information)
    assert {type(value) for value in (*result[:2], *result.details.values())} == {float}
    assert all(math.isfinite(value) for value in result[:2])


def test_leading_axes_are_measured_as_if_alone(estimate):
    stack = activity(2, 3)
    together = estimate(stack, LABELS)
    assert together.i_xt.shape == together.i_ty.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = estimate(stack[i, j], LABELS)
            assert (together.i_xt[i, j], together.i_ty[i, j]) == alone[:2]
            for name, value in alone.details.items():
                assert together.details[name][i, j] == pytest.approx(value, abs=0, nan_ok=True)


def test_errors_are_standard_errors_and_names_are_those_of_columns(estimate):
    stack = activity(2)
    details = estimate(stack, LABELS).details
    for name, values in details.items():
        assert name.isidentifier()
        assert values.shape == (2,) and values.dtype == torch.float64
        if name.endswith("_error"):
            assert (values >= 0).all()


def test_samples_have_no_order(unlearned):
    layer = activity()
    order = torch.randperm(SAMPLES, generator=generator())
    reordered = given(unlearned, order)(layer[order], LABELS[order])
    assert reordered[:2] == pytest.approx(unlearned(layer, LABELS)[:2])


def test_units_have_no_order(unlearned):
    layer = activity()
    reordered = unlearned(layer[:, [2, 0, 1]], LABELS)
    assert reordered[:2] == pytest.approx(unlearned(layer, LABELS)[:2])


def test_the_names_of_the_classes_do_not_matter(estimate):
    layer = activity()
    renamed = torch.tensor([7, -2, 100])[LABELS]
    assert estimate(layer, renamed)[:2] == pytest.approx(estimate(layer, LABELS)[:2])


@pytest.mark.parametrize("value", [0.0, 0.3, -2.0])
def test_a_collapsed_layer_carries_no_information(estimate, value):
    assert estimate(torch.full((SAMPLES, 4), value), LABELS)[:2] == (0.0, 0.0)


def test_zero_has_no_sign(estimate):
    layer = torch.zeros(SAMPLES, 2)
    layer[::2] = -0.0
    assert estimate(layer, LABELS)[:2] == (0.0, 0.0)


def test_far_apart_points_carry_log2_n_bits(plugged):
    points = 8 * torch.eye(SAMPLES) - 4
    entropy = -sum(p * math.log2(p) for p in (torch.bincount(LABELS) / SAMPLES).tolist())
    expected = (math.log2(SAMPLES), entropy)
    assert plugged(points, LABELS)[:2] == pytest.approx(expected, abs=1e-6)


def test_information_lies_between_none_and_all(plugged):
    i_xt, i_ty, _ = plugged(activity(units=1, seed=3), LABELS)
    assert 0 <= i_xt <= math.log2(SAMPLES) + 1e-9
    assert i_ty <= i_xt + 1e-9


def test_one_sample_and_one_class_tell_nothing(estimate):
    assert given(estimate, slice(1))(activity()[:1], LABELS[:1])[0] == 0
    assert estimate(activity(), torch.zeros_like(LABELS)).i_ty == pytest.approx(0, abs=1e-12)


def test_arrays_are_as_good_as_tensors_and_memory_layout_is_nothing(estimate):
    layer = activity(2)
    expected = estimate(layer, LABELS)
    array = layer.numpy().copy()
    array.flags.writeable = False
    transposed = layer.mT.contiguous().mT
    for same in (array, transposed, layer.requires_grad_()):
        result = estimate(same, LABELS.numpy())
        assert torch.equal(result.i_xt, expected.i_xt)
        assert torch.equal(result.i_ty, expected.i_ty)


def test_measuring_changes_nothing(estimate):
    layer = activity()
    before, state = layer.clone(), torch.get_rng_state()
    numpy_state = np.random.get_state()[1].copy()
    estimate(layer, LABELS)
    assert torch.equal(layer, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == numpy_state).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_activity_that_is_not_finite_is_an_error(estimate, value):
    layer = activity()
    layer[5, 1] = value
    with pytest.raises(ValueError, match=f"activity must be finite, got {value}"):
        estimate(layer, LABELS)


def test_malformed_arguments_are_errors(estimate):
    with pytest.raises(ValueError, match="labels must be integer, got float"):
        estimate(activity(), LABELS.float())
    with pytest.raises(ValueError, match=r"labels must be of shape \(64,\), got \(63,\)"):
        estimate(activity(), LABELS[1:])
    with pytest.raises(ValueError, match="activity must be floating point, got torch.int64"):
        estimate(torch.ones(SAMPLES, 2, dtype=torch.int64), LABELS)
    with pytest.raises(ValueError, match="activity must be of shape"):
        estimate(activity()[:, 0], LABELS)
    with pytest.raises(ValueError, match="activity must be of shape"):
        estimate(activity()[:, :0], LABELS)


def test_no_snapshots_give_no_values(estimate):
    assert estimate(activity(0), LABELS).i_xt.shape == (0,)
