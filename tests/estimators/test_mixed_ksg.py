import numpy as np
import pytest
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif

from ibsweep.estimators import mixed_ksg


def test_two_gaussian_classes(rng):
    labels = rng.integers(2, size=10_000)
    x = rng.normal(size=10_000) + 2 * labels
    density = [norm.pdf(x, loc=2 * label) for label in (0, 1)]
    exact = np.mean(np.log2(np.where(labels, density[1], density[0]) / np.mean(density, axis=0)))
    assert mixed_ksg.label_information(x, labels).value == pytest.approx(exact, abs=0.02)


def test_agrees_with_scikit_learn_in_one_dimension(rng):
    labels = rng.integers(3, size=1000)
    x = rng.normal(size=1000) + labels
    nats = mutual_info_classif(x[:, None], labels, n_neighbors=3, random_state=0)[0]
    assert mixed_ksg.label_information(x, labels).value == pytest.approx(
        nats / np.log(2), abs=0.01
    )


def test_a_vector_of_few_values_gives_the_information_of_its_frequencies(rng):
    x = rng.integers(3, size=9000)
    labels = np.where(rng.uniform(size=9000) < 0.8, x, 2 - x)
    joint = np.histogram2d(x, labels, bins=3)[0] / 9000
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    exact = (joint[joint > 0] * np.log2(joint[joint > 0] / product[joint > 0])).sum()
    assert mixed_ksg.label_information(x, labels).value == pytest.approx(exact, abs=0.01)


def test_nothing_is_exactly_nothing(rng):
    labels = np.arange(50) % 3
    assert mixed_ksg.label_information(np.zeros((50, 2)), labels).value == 0
    found = mixed_ksg.label_information(rng.normal(size=(50, 2)), np.zeros(50, dtype=int))
    assert found.value == pytest.approx(0, abs=1e-12)


def test_more_than_the_labels_hold_is_flagged():
    rows, labels = np.arange(6) + 100 * (np.arange(6) > 2), np.arange(6) // 3
    found = mixed_ksg.label_information(rows, labels)
    assert found.value > 1
    assert found.diagnostics["above_entropy"] == 1
