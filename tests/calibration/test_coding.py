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
