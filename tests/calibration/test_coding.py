"""Samples are compressed by what was learnt from others, and labels not at all."""

from functools import partial

import numpy as np
import pytest

from ibsweep.calibration.coding import compress
from ibsweep.compressors import identity, pca
from ibsweep.distributions.base import Pair


def data(seed):
    mixing = np.random.default_rng(99).normal(size=(2, 7))
    return np.random.default_rng(seed).normal(size=(200, 2)) @ mixing


def test_as_many_components_as_there_are_keep_distances():
    pair, other = (Pair(data(seed), data(seed + 1)) for seed in (0, 2))
    left, scores = compress(pair, partial(pca.fit, dimensions=2), other=other)
    assert left.x.shape == (200, 2)
    assert scores["explained_variance/x"] == pytest.approx(1.0)
    assert scores["rank/y"] == 2
    for before, after in zip(pair, left, strict=True):
        assert np.linalg.norm(after[0] - after[1]) == pytest.approx(
            np.linalg.norm(before[0] - before[1])
        )


def test_labels_are_not_compressed():
    pair = Pair(data(0), np.arange(200))
    left, scores = compress(pair, identity.fit, other=Pair(data(1), np.arange(200)))
    assert np.array_equal(left.x, pair.x)
    assert np.array_equal(left.y, pair.y)
    assert set(scores) == {"explained_variance/x", "rank/x"}


def test_what_both_truths_share_is_fitted_once():
    fits = []

    def counting(x):
        fits.append(len(x))
        return identity.fit(x)

    for truth in (1, 2):
        pair = Pair(data(0), data(truth))
        compress(pair, counting, other=pair)
    assert fits == [200, 200, 200]


def test_a_compressor_of_pairs_sees_both_vectors_and_learns_once():
    seen = []

    def together(x, *, other):
        seen.append((x, other))
        return pca.fit(x, dimensions=1), pca.fit(other, dimensions=2)

    known = Pair(data(0), data(1))
    for _ in range(2):
        left, scores = compress(Pair(data(2), data(3)), together, other=known)
    assert len(seen) == 1
    assert np.array_equal(seen[0][0], known.x)
    assert np.array_equal(seen[0][1], known.y)
    assert (left.x.shape, left.y.shape) == ((200, 1), (200, 2))
    assert (scores["rank/x"], scores["rank/y"]) == (1, 2)


def test_a_compressor_of_pairs_sees_labels_as_a_column_a_class():
    seen = []

    def together(x, *, other):
        seen.append(other)
        return pca.fit(x, dimensions=1), identity.fit(other)

    labels = np.array([3, 7] * 100)
    left, _ = compress(Pair(data(0), labels), together, other=Pair(data(1), labels))
    assert np.array_equal(seen[0], np.array([[1.0, 0.0], [0.0, 1.0]] * 100))
    assert left.x.shape == (200, 1)
    assert np.array_equal(left.y, labels)


def test_a_compressor_of_pairs_that_gives_one_is_refused():
    def one(x, *, other):
        return identity.fit(x)

    pair = Pair(data(0), data(1))
    with pytest.raises(ValueError, match="_target_ must make two Compressors, got Compressor"):
        compress(pair, one, other=pair)
