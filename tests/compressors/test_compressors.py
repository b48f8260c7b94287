"""What every compressor in conf/compressor must do, and what each is known to keep."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from ibsweep.compressors import autoencoder, identity, pca, random_projection
from ibsweep.compressors.encoding import fit_both, quality, takes_pairs
from ibsweep.config.instantiation import build
from ibsweep.distributions.gaussian_images import gaussian_images
from ibsweep.distributions.rectangles import rectangle_images

FILES = sorted((Path(__file__).parents[2] / "conf" / "compressor").glob("*.yaml"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def fit(request):
    name = request.param.stem
    content = yaml.safe_load(request.param.read_text())
    assert list(content) == [name]
    if "epochs" in content[name]:
        content[name]["epochs"] = 2
    built = build(content[name], name)
    return (lambda x: fit_both(built, x, x[:, ::2])[0]) if takes_pairs(built) else built


def test_fits_one_part_and_encodes_another(fit, rng):
    compressor = fit(rng.normal(size=(100, 64)))
    others = rng.normal(size=(7, 64))
    codes = compressor.encode(others)
    assert codes.shape[0] == 7
    assert 1 <= codes.shape[1] <= 4 or codes.shape == others.shape
    assert compressor.decode(codes).shape == (7, 64)
    assert np.isfinite(codes).all()
    assert compressor.encode(others[:3]) == pytest.approx(codes[:3], abs=1e-5)


def test_fitting_twice_gives_the_same_and_touches_no_global_state(fit, rng):
    x = rng.normal(size=(50, 64))
    state, kept = torch.get_rng_state(), x.copy()
    first, second = fit(x).encode(x), fit(x).encode(x)
    assert (first == second).all()
    assert (x == kept).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_constant_samples_have_rank_zero(fit):
    found = quality(fit(np.ones((20, 64))), np.ones((20, 64)))
    assert found.rank == 0
    assert np.isnan(found.explained_variance)


def test_identity_keeps_everything(rng):
    x = rng.normal(size=(50, 3))
    assert quality(identity.fit(x), x) == (0.0, 1.0, 3)


def test_pca_explains_the_largest_variances(rng):
    spreads = np.array([4.0, 2.0, 1.0, 0.5])
    x = rng.normal(size=(20_000, 4)) * spreads @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    found = quality(pca.fit(x[:10_000], dimensions=2), x[10_000:])
    assert found.explained_variance == pytest.approx(20 / 21.25, abs=0.01)
    assert found.squared_error == pytest.approx(1.25, rel=0.05)
    assert found.rank == 2


def test_a_random_subspace_explains_its_share(rng):
    x = rng.normal(size=(20_000, 10))
    found = quality(random_projection.fit(x, dimensions=3), x)
    assert found.explained_variance == pytest.approx(0.3, abs=0.02)


def test_an_autoencoder_bends_where_pca_cannot(rng):
    angle = rng.uniform(0, np.pi, size=3000)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    train, test = x[:2000], x[2000:]
    bent = quality(autoencoder.fit(train, dimensions=1, epochs=30), test)
    straight = quality(pca.fit(train, dimensions=1), test)
    assert bent.squared_error < straight.squared_error / 3


def test_an_autoencoder_learns_pictures_that_are_mostly_dark(rng):
    pictures = rectangle_images(information=0.0).sample(1500, rng).x
    fitted = autoencoder.fit(pictures[:1000], dimensions=4, epochs=20)
    assert quality(fitted, pictures[1000:]).explained_variance > 0.3


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (1, 8), (1, 28), (3, 9), (3, 32)])
def test_images_of_any_side_are_encoded_and_painted(shape, rng):
    colours, side = shape
    pictures = rng.uniform(size=(20, colours * side**2))
    fitted = autoencoder.fit(pictures, dimensions=2, kind="conv", epochs=1)
    assert fitted.decode(fitted.encode(pictures)).shape == pictures.shape


def test_convolutions_keep_more_of_pictures_than_components(rng):
    pictures = gaussian_images(information=0.0).sample(3000, rng).x
    train, test = pictures[:2000], pictures[2000:]
    bent = quality(autoencoder.fit(train, dimensions=2, kind="conv", epochs=10), test)
    straight = quality(pca.fit(train, dimensions=2), test)
    assert bent.squared_error < 0.6 * straight.squared_error  # .11 ± .08 of it over seeds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimensions": 0}, "dimensions must be an integer ≥ 1, got 0"),
        ({"dimensions": 1, "kind": "conv"}, "x must be square images of one channel for conv"),
        ({"dimensions": 1, "input_noise_std": -1.0}, "input_noise_std must be ≥ 0, got -1.0"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        autoencoder.fit(np.eye(10), **options)
