"""What compression keeps and loses of a layer's information."""

from functools import partial

import numpy as np
import pytest
import torch

from ibsweep.compressors import autoencoder, cross_predictive, identity, pca, random_projection
from ibsweep.compressors.encoding import encoded, fit_once
from ibsweep.estimators import gaussian, mixed_ksg
from ibsweep.estimators.lossy import frozen_lossy_information, lossy_information
from ibsweep.information import Whole, measure

N = 4000
RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=(N, 2))
MIXING = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
INPUTS = np.hstack([SIGNAL, 1e-3 * RNG.normal(size=(N, 10))]) @ MIXING
NOISE = RNG.normal(size=(N, 12))
LABELS = np.arange(N) % 3
OPTIONS = {
    "inputs": INPUTS,
    "task_inputs": {"all": INPUTS},
    "input_compressor": pca.fit,
    "layer_compressor": pca.fit,
    "of_inputs": gaussian.mutual_information,
    "of_labels": mixed_ksg.label_information,
    "dimensions": 2,
}


def layer(noise_std):
    """A layer of 12 units that holds the two numbers of the input, and isotropic noise."""
    return torch.from_numpy(SIGNAL @ MIXING[:2] + noise_std * NOISE)


def classes(count, spread, units=None):
    """Logits around the corners of a simplex, and their classes."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3000) % count
    logits = torch.eye(count)[labels] + spread * torch.randn(3000, count, generator=generator)
    return logits, labels.numpy()


@pytest.mark.parametrize("noise_std", [0.1, 0.5, 2.0])
def test_compressors_that_keep_the_signal_keep_its_information(noise_std):
    found = lossy_information(layer(noise_std), LABELS, **OPTIONS)
    assert found.i_xt == pytest.approx(np.log2(1 + noise_std**-2), abs=0.1)
    assert found.i_ty == pytest.approx(0, abs=0.05)


def test_a_compressor_that_loses_signal_loses_information():
    kept = lossy_information(layer(0.1), LABELS, **OPTIONS).i_xt
    for lost in ({"dimensions": 1}, {"layer_compressor": random_projection.fit}):
        assert lossy_information(layer(0.1), LABELS, **OPTIONS | lost).i_xt < kept - 1
    identical = OPTIONS | {"layer_compressor": identity.fit}
    assert lossy_information(layer(0.1), LABELS, **identical).i_xt == pytest.approx(kept, abs=0.1)


def test_labels_need_one_component_less_than_there_are_classes():
    logits, labels = classes(10, 0.2)
    options = OPTIONS | {"inputs": logits.double().numpy()}
    options |= {"task_inputs": {"all": options["inputs"]}, "dimensions": 4}
    default = lossy_information(logits, labels, **options).i_ty
    four = lossy_information(logits, labels, **options, label_dimensions=4).i_ty
    print(f"I(T;Y) of 3.32 bits: 9 components {default:.2f}, 4 components {four:.2f}")
    assert default == pytest.approx(np.log2(10), abs=0.05)
    assert four < default - 0.5


def test_a_softmax_is_measured_as_its_logits_are():
    logits, labels = classes(4, 0.3)
    inputs = logits.numpy() + RNG.normal(size=logits.shape)
    options = OPTIONS | {"inputs": inputs, "task_inputs": {"all": inputs}, "dimensions": 3}
    centred = (logits - logits.mean(dim=1, keepdim=True)).double()
    expected = lossy_information(centred, labels, **options)
    found = lossy_information(logits.double().softmax(dim=1), labels, **options)
    assert found[:2] == pytest.approx(expected[:2], abs=1e-6)


def test_a_saturated_softmax_is_measured():
    logits, labels = classes(3, 0.2)
    options = OPTIONS | {"inputs": logits.double().numpy()}
    options |= {"task_inputs": {"all": options["inputs"]}}
    found = lossy_information((1e4 * logits).softmax(dim=1), labels, **options)
    assert found.i_ty == pytest.approx(np.log2(3), abs=0.1)


def test_a_frozen_compressor_sees_only_what_the_trained_layer_shows():
    before, after = layer(0.1), layer(0.1) @ torch.from_numpy(MIXING)
    frozen = {key: held for key, held in OPTIONS.items()}
    found = frozen_lossy_information(
        torch.stack([before, after]), LABELS, final_activity=after, **frozen
    ).i_xt
    refitted = lossy_information(torch.stack([before, after]), LABELS, **OPTIONS).i_xt
    assert found[1] == refitted[1]
    assert found[0] < refitted[0] - 1


def test_inputs_are_compressed_once_for_equal_patterns_and_options():
    fits = []

    def counting(x, *, dimensions):
        fits.append(len(x))
        return pca.fit(x, dimensions=dimensions)

    first = fit_once(partial(counting), INPUTS, 2)
    assert fit_once(partial(counting), INPUTS.copy(), 2) is first
    fit_once(partial(counting), INPUTS, 3)
    fit_once(partial(counting), INPUTS[:-1], 2)
    assert fits == [N, N, N - 1]


def test_options_of_any_kind_tell_compressors_apart():
    def make(x, *, dimensions, weights=None, function=None):
        return pca.fit(x, dimensions=dimensions)

    options = [{"weights": [1]}, {"weights": np.ones(2000)}, {"weights": np.zeros(2000)}]
    options += [{"function": function} for function in (lambda x: x, np.abs)]
    made = [fit_once(partial(make, **one), INPUTS, 2) for one in options]
    assert len({id(one) for one in made}) == len(options)
    again = [fit_once(partial(make, **one), INPUTS, 2) for one in options]
    assert all(one is other for one, other in zip(made, again, strict=True))


def test_an_autoencoder_does_not_depend_on_the_number_of_threads():
    x = RNG.normal(size=(300, 64))
    make = partial(autoencoder.fit, dimensions=2, epochs=1)
    before = torch.get_num_threads()
    codes = []
    for count in (1, 2):
        torch.set_num_threads(count)
        compressor = make(x)
        torch.set_num_threads(before)
        codes.append(compressor.encode(x))
    assert (codes[0] == codes[1]).all()


def test_rounding_is_no_structure():
    x = np.repeat(RNG.normal(size=(50, 3)), 2, axis=0) @ RNG.normal(size=(3, 40))
    points = x.astype(np.float32)
    codes = encoded(pca.fit(points, dimensions=8), points).codes
    assert codes.shape == (100, 3)
    assert (codes[::2] == codes[1::2]).all()


def test_a_part_that_the_inputs_compressor_is_fitted_to_is_supplied():
    far = INPUTS + 5.0
    held = layer(0.1).numpy()
    whole = Whole({"all": INPUTS, "train": far}, {"layer_1": held})
    seen = []

    def spy(x):
        seen.append(float(x.mean()))
        return pca.fit(x, dimensions=2)

    given = {key: OPTIONS[key] for key in ("layer_compressor", "of_inputs", "of_labels")}
    lossy = partial(lossy_information, **given, input_compressor=spy, input_part="train")
    table = measure(
        {"layer_1": held[None]},
        LABELS,
        {"lossy": lossy},
        epochs=np.array([0]),
        parts={"all": np.arange(N)},
        inputs=INPUTS,
        whole=whole,
    )
    assert seen == [pytest.approx(far.mean())]
    assert table["i_xt"].item() > 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimensions": 0}, "dimensions must be an integer ≥ 1, got 0"),
        ({"label_dimensions": 0}, "label_dimensions must be an integer ≥ 1, got 0"),
        ({"input_part": "none"}, "input_part must be one of all, got 'none'"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        lossy_information(layer(1.0), LABELS, **OPTIONS | options)


@pytest.mark.parametrize("role", ["input_compressor", "layer_compressor"])
def test_a_compressor_of_pairs_is_refused(role):
    options = OPTIONS | {role: partial(cross_predictive.fit, kind="dense")}
    with pytest.raises(ValueError, match="must learn from one vector here, got fit"):
        lossy_information(layer(0.1), LABELS, **options)
