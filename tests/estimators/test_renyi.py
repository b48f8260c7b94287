import numpy as np
import pytest

from ibsweep.estimators import renyi


@pytest.mark.parametrize("alpha", [0.5, 1.01, 2.0])
def test_far_apart_groups_carry_the_entropy_of_their_sizes(alpha):
    groups = np.repeat(np.arange(4), 25)
    points = np.eye(4)[groups]
    found = renyi.mutual_information(points, points, alpha=alpha, width=1e-2)
    assert found.value == pytest.approx(2.0, abs=1e-6)
    labelled = renyi.label_information(points, groups // 2, alpha=alpha, width=1e-2)
    assert labelled.value == pytest.approx(1.0, abs=1e-6)


def test_order_two_is_the_norm_of_the_kernel(rng):
    x = rng.normal(size=(30, 1))
    white = x / x.std()
    kernel = np.exp(-((white - white.T) ** 2) / (2 * (30 ** (-1 / 5)) ** 2)) / 30
    entropy = -np.log2((kernel**2).sum())
    joint = kernel**2 / np.trace(kernel**2)
    expected = 2 * entropy + np.log2((joint**2).sum())
    assert renyi.mutual_information(x, x, alpha=2.0).value == pytest.approx(expected)


def test_never_more_than_log2_n_and_nothing_of_a_constant(rng):
    x = rng.normal(size=(64, 2))
    assert renyi.mutual_information(x, x).value <= 6
    assert renyi.mutual_information(x, np.ones(64)).value == 0


def test_order_one_is_refused():
    with pytest.raises(ValueError, match="alpha must not be 1, got 1"):
        renyi.mutual_information(np.eye(3), np.eye(3), alpha=1)
