"""Principal components keep what they can of the variance, and nothing else is lost."""

import numpy as np
import pytest

from ibsweep.calibration.compression import compress, identity, pca
from ibsweep.distributions.base import Pair


def data():
    generator = np.random.default_rng(0)
    return generator.normal(size=(200, 2)) @ generator.normal(size=(2, 7))


def test_as_many_components_as_there_are_keep_distances():
    values = data()
    left, kept = pca(values, dimensions=2)
    assert left.shape == (200, 2)
    assert kept == pytest.approx(1.0)
    centred = values - values.mean(axis=0)
    assert left @ left.T == pytest.approx(centred @ centred.T)


def test_the_first_component_has_the_largest_variance():
    values = np.random.default_rng(0).normal(size=(5000, 3)) * [3.0, 1.0, 1.0]
    left, kept = pca(values, dimensions=1)
    assert left.var() == pytest.approx(9.0, rel=0.1)
    assert kept == pytest.approx(9 / 11, abs=0.02)


def test_labels_are_not_compressed():
    pair = Pair(data(), np.arange(200))
    left, kept = compress(pair, identity)
    assert np.array_equal(left.y, pair.y)
    assert kept == {"kept/x": 1.0}
    assert set(compress(Pair(data(), data()), identity)[1]) == {"kept/x", "kept/y"}


def test_dimensions_must_be_positive():
    with pytest.raises(ValueError, match="dimensions must be an integer ≥ 1, got 0"):
        pca(data(), dimensions=0)
