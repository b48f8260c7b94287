"""Codes learnt together hold what two vectors share, however little of their variance that is."""

import numpy as np
import pytest

from ibsweep.compressors import cross_predictive, pca
from ibsweep.compressors.encoding import quality
from ibsweep.distributions.labelled_images import digits
from ibsweep.estimators import gaussian, ksg

CORRELATION = 0.9
BITS = -0.5 * np.log2(1 - CORRELATION**2)  # 1.198


def pairs(seed, correlation=CORRELATION, samples=3000):
    """20 + 30 numbers; one of each is correlated, and two others of each vary much more."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(samples, 20)), rng.normal(size=(samples, 30))
    y[:, 0] = correlation * x[:, 0] + np.sqrt(1 - correlation**2) * y[:, 0]
    for values in (x, y):
        values[:, 1:3] *= 2
        values[:, 3:] *= 0.3
    mixing = np.random.default_rng(99)
    return tuple(v @ np.linalg.qr(mixing.normal(size=(v.shape[1],) * 2))[0] for v in (x, y))


def estimate(estimator, compressors, x, y):
    of_x, of_y = compressors
    return estimator(of_x.encode(x), of_y.encode(y)).value


def test_what_is_shared_is_found_though_other_directions_vary_more():
    x, y = pairs(0)
    learnt = cross_predictive.fit(x, other=y, dimensions=2, epochs=40)
    components = [pca.fit(values, dimensions=2) for values in (x, y)]
    others = pairs(1)
    assert estimate(gaussian.mutual_information, learnt, *others) == pytest.approx(BITS, abs=0.15)
    assert estimate(gaussian.mutual_information, components, *others) < 0.1


def test_independent_vectors_read_nothing_on_other_samples():
    x, y = pairs(0, correlation=0.0, samples=1000)
    learnt = cross_predictive.fit(x, other=y, dimensions=4, epochs=20)
    found = [
        estimate(ksg.mutual_information, learnt, *pairs(seed, correlation=0.0))
        for seed in range(1, 5)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.02)


def test_as_many_numbers_are_left_as_are_shared():
    law = digits(information=0.8, classes=[0, 1])
    x, y = law.sample(2000, np.random.default_rng(0))
    learnt = cross_predictive.fit(x, other=y, dimensions=4, epochs=20)
    x, y = law.sample(2000, np.random.default_rng(1))
    assert learnt[0].encode(x).shape == learnt[1].encode(y).shape == (2000, 1)
    assert estimate(ksg.mutual_information, learnt, x, y) == pytest.approx(0.8, abs=0.1)


def test_codes_paint_what_they_hold():
    turn = np.random.default_rng(5).uniform(0, 6, size=2000)
    x = np.stack([np.cos(turn), np.sin(turn), turn], axis=1)
    of_x, _ = cross_predictive.fit(x, other=x[:, :2], dimensions=2, epochs=40)
    assert quality(of_x, x).explained_variance > 0.9


@pytest.mark.parametrize(
    ("x", "other", "options", "message"),
    [
        (np.eye(20), np.eye(19), {}, "other must have 20 rows as x, got 19"),
        (np.eye(9), np.eye(9), {}, "x must have ≥ 10 rows, got 9"),
        (np.eye(20), np.full((20, 2), np.nan), {}, "other must be finite, got nan"),
        (np.eye(25), np.eye(25)[:, :4], {"kind": "flat"}, "kind must be one of"),
        (np.eye(20), np.eye(20), {"kind": "conv"}, "must be square images of one channel"),
        (np.eye(20), np.eye(20), {"patience": 0}, "patience must be an integer ≥ 1, got 0"),
    ],
)
def test_what_cannot_be_used_is_refused(x, other, options, message):
    with pytest.raises(ValueError, match=message):
        cross_predictive.fit(x, other=other, dimensions=1, **options)
