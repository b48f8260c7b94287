"""What an estimate says of itself goes with it."""

import math

import numpy as np
import pytest
import torch

from ibsweep.compressors import pca
from ibsweep.estimators import gaussian, mixed_ksg, renyi, shuffled
from ibsweep.estimators.adapters import layer_information
from ibsweep.estimators.lossy import frozen_lossy_information, lossy_information
from ibsweep.estimators.shared.layers import measure_layers
from ibsweep.estimators.sp import sp_information
from ibsweep.types import Information

N, NOISE_STD = 500, 0.5
LABELS = np.arange(N) % 2
PAIR = {"pair": shuffled.mutual_information, "labelled": mixed_ksg.label_information}
LOSSY = {"input_compressor": pca.fit, "layer_compressor": pca.fit} | {
    "of_inputs": gaussian.mutual_information,
    "of_labels": mixed_ksg.label_information,
}


def samples(seed, units=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, units))
    return x, torch.from_numpy(x + NOISE_STD * rng.normal(size=(N, units)))


def test_a_stated_error_is_how_much_estimates_of_other_samples_differ():
    def estimates(seed):
        x, layer = samples(seed)
        options = {"pair": gaussian.mutual_information, "labelled": gaussian.label_information}
        return layer_information(layer, LABELS, inputs=x, **options)

    found = [estimates(seed) for seed in range(60)]
    spread = np.std([one.i_xt for one in found], ddof=1)
    stated = np.mean([one.details["i_xt_error"] for one in found])
    print(f"stated {stated:.4f}, spread over samples {spread:.4f} bits")
    assert stated == pytest.approx(spread, rel=0.4)


def test_both_estimates_keep_their_own_error_and_diagnostics():
    x, layer = samples(0)
    found = layer_information(layer, LABELS, inputs=x, **PAIR)
    pair, label = shuffled.mutual_information(x, layer), mixed_ksg.label_information(layer, LABELS)
    assert found[:2] == (pair.value, label.value)
    assert found.details["i_xt_error"] == pair.error > 0
    assert found.details["i_ty_error"] == label.error > 0
    assert found.details["bias"] == pair.diagnostics["bias"]
    assert found.details["rank_x"] == found.details["rank_t"] == found.details["label_rank_t"] == 2
    assert found.details["label_negative"] == float(label.value < 0)
    assert found.details["above_entropy"] == 0


def test_an_estimator_without_errors_states_none():
    x, layer = samples(0)
    options = {"pair": renyi.mutual_information, "labelled": renyi.label_information}
    details = layer_information(layer, LABELS, inputs=x, **options).details
    assert "i_xt_error" not in details and "i_ty_error" not in details


def test_a_detail_that_one_layer_lacks_is_nan_there():
    def estimate(layer, classes):
        size = float(layer.max())
        return Information(size, 0.0, {"i_xt_error": 0.5} if size else {})

    stack = torch.zeros(2, 3, 1)
    stack[1] = 1
    found = measure_layers(estimate, stack, np.zeros(3, dtype=int))
    assert math.isnan(found.details["i_xt_error"][0])
    assert found.details["i_xt_error"][1] == 0.5


def test_the_error_of_sp_shrinks_with_the_root_of_the_draws_and_holds():
    _, layer = samples(1)
    few, many = (
        sp_information(layer, LABELS, noise_variance=0.25, draws=draws) for draws in (20, 500)
    )
    ratio = few.details["i_xt_error"] / many.details["i_xt_error"]
    assert ratio == pytest.approx(5, rel=0.5)
    assert abs(few.i_xt - many.i_xt) < 4 * few.details["i_xt_error"]


def test_lossy_says_what_the_compressors_keep():
    x, layer = samples(2, units=6)
    scales = np.array([4.0, 3.0, 2.0, 1.0, 0.0, 0.0])
    options = LOSSY | {"dimensions": 2, "label_dimensions": 3}
    wide = x * scales
    found = lossy_information(
        layer * torch.from_numpy(scales), LABELS, inputs=wide, task_inputs={"all": wide}, **options
    ).details
    variances = np.sort(np.linalg.eigvalsh(np.cov(wide.T, bias=True)))[::-1]
    assert found["explained_variance_x"] == pytest.approx(variances[:2].sum() / variances.sum())
    assert found["reconstruction_error_x"] == pytest.approx(variances[2:].sum())
    ranks = [found[name] for name in ("rank_x", "rank_t", "label_rank_t")]
    assert ranks == [2, 2, 3]
    assert found["explained_variance_t"] < found["label_explained_variance_t"] < 1
    assert found["reconstruction_error_t"] > found["label_reconstruction_error_t"] > 0


def test_a_compressor_of_another_snapshot_keeps_less_of_this_one():
    x, layer = samples(3, units=4)
    turned = layer[:, [2, 3, 0, 1]] * torch.tensor([3.0, 3.0, 1.0, 1.0])
    before = layer * torch.tensor([3.0, 3.0, 1.0, 1.0]).flip(0)
    given = {"inputs": x, "task_inputs": {"all": x}, "dimensions": 2, **LOSSY}
    own = lossy_information(before, LABELS, **given).details["explained_variance_t"]
    frozen = frozen_lossy_information(before, LABELS, final_activity=turned, **given).details
    assert frozen["explained_variance_t"] < own - 0.3


def test_a_constant_layer_has_no_variance_to_explain():
    x, _ = samples(4)
    constant = torch.ones(N, 3, dtype=torch.float64)
    found = lossy_information(constant, LABELS, inputs=x, task_inputs={"all": x}, **LOSSY)
    assert found[:2] == (0.0, 0.0)
    assert math.isnan(found.details["explained_variance_t"])
    assert found.details["rank_t"] == found.details["reconstruction_error_t"] == 0
