import numpy as np
import pytest
from scipy.special import log_softmax

from ibsweep.estimators import posterior

DENSITIES = ("linear", "drawn", "quadratic", "neighbours")


def clusters(rng, n, d, spacing):
    """Ten Gaussians of unlike covariances, and the mean of ln p(y|x) / p(y) for the samples."""
    centres = spacing * rng.normal(size=(10, d))
    shapes = [rng.normal(size=(d, d)) + 2 * np.eye(d) for _ in centres]
    labels = np.arange(n) % 10
    x = np.stack([rng.normal(size=d) @ shapes[one] + centres[one] for one in labels])
    away = [((x - c) @ np.linalg.inv(s)) ** 2 for c, s in zip(centres, shapes, strict=True)]
    volume = [np.log(abs(np.linalg.det(shape))) for shape in shapes]
    densities = -np.stack(away).sum(axis=2).T / 2 - volume
    truth = np.log(10) + log_softmax(densities, axis=1)[np.arange(n), labels].mean()
    return x, labels, truth / np.log(2)


@pytest.mark.parametrize(
    ("d", "spacing", "short"),
    [(2, 2, 0.05), (2, 9, 0.05), (4, 2, 0.1), (9, 1, 0.15), (9, 9, 0.02)],
)
def test_clusters(rng, d, spacing, short):
    x, labels, truth = clusters(rng, 2000, d, spacing)
    found = posterior.label_information(x, labels).value
    assert truth - short < found < truth + 0.03


@pytest.mark.parametrize("width", [1e-9, 1e-3, 1.0])
def test_classes_far_apart_tell_themselves_and_no_more(rng, width):
    labels = np.arange(500) % 10
    x = 100 * rng.normal(size=(10, 9))[labels] + width * rng.normal(size=(500, 9))
    found = posterior.label_information(x, labels)
    assert np.log2(10) - 0.02 < found.value <= np.log2(10) + 1e-9


def test_labels_of_a_cube_cut_in_slabs(rng):
    x = rng.uniform(size=(5000, 4))
    found = posterior.label_information(x, np.floor(10 * x[:, 0]).astype(int))
    assert np.log2(10) - 0.06 < found.value < np.log2(10)
    assert found.error < 0.02


def test_rings_which_no_normal_density_fits(rng):
    labels, angle = rng.integers(4, size=2000), rng.uniform(0, 2 * np.pi, size=2000)
    radius = 1 + labels + 0.1 * rng.normal(size=2000)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    assert posterior.label_information(x, labels).value == pytest.approx(2.0, abs=0.05)


def test_labels_that_mean_nothing(rng):
    found = [
        posterior.label_information(rng.normal(size=(60, 2)), np.arange(60) % 3) for _ in range(80)
    ]
    values = [one.value for one in found]
    assert min(values) > -1e-9
    assert np.mean(values) < 4 / 120 / np.log(2) + 3 * np.std(values) / np.sqrt(80)


def test_is_the_stated_formula(rng):
    labels = np.arange(40) % 2
    x = rng.normal(size=(40, 2)) * np.where(labels, 1, 2)[:, None] + labels[:, None]
    found = posterior.label_information(x, labels, neighbours=3)
    within = x - np.stack([x[labels == one].mean(axis=0) for one in (0, 1)])[labels]
    _, singular, axes = np.linalg.svd(within, full_matrices=False)
    rows = x @ (axes.T / singular) * np.sqrt(40)
    scores = np.array([[naive(rows, labels, i, one) for one in (0, 1)] for i in range(40)])
    weights = [found.diagnostics[name] for name in DENSITIES]
    expected = 1 + log_softmax(scores @ weights, axis=1)[np.arange(40), labels] / np.log(2)
    assert found.pointwise == pytest.approx(expected)


def naive(rows, labels, i, one):
    """The four log densities of a class at a sample, from the class's other samples."""
    others = rows[(labels == one) & (np.arange(len(rows)) != i)]
    away = rows[i] - others.mean(axis=0)
    near = np.sort(np.linalg.norm(others - rows[i], axis=1))[2]
    own = [naive_normal(others - others.mean(axis=0), away, prior) for prior in (3, 0.01)]
    return [-away @ away / 2, *own, -np.log(len(others)) - 2 * np.log(near)]


def naive_normal(centred, away, prior):
    covariance = (centred.T @ centred + prior * np.eye(2)) / (len(centred) + prior)
    return -(away @ np.linalg.solve(covariance, away) + np.log(np.linalg.det(covariance))) / 2


def test_rows_have_no_order_and_linear_maps_do_not_matter(rng):
    x, labels = rng.normal(size=(300, 2)), np.arange(300) % 3
    x[:, 0] += labels
    expected = posterior.label_information(x, labels)
    order = rng.permutation(300)
    found = posterior.label_information(1e4 + x[order] @ [[3.0, 1.0], [0.0, 0.1]], labels[order])
    assert found.value == pytest.approx(expected.value)
    assert found.pointwise == pytest.approx(expected.pointwise[order], rel=1e-4, abs=1e-5)


def test_few_values_tell_their_frequencies(rng):
    labels = rng.integers(2, size=3000)
    x = np.where(rng.uniform(size=3000) < 0.89, labels, 1 - labels)
    assert posterior.label_information(x, labels).value == pytest.approx(0.5, abs=0.05)


def test_fewer_samples_than_directions(rng):
    found = posterior.label_information(rng.normal(size=(6, 8)), np.arange(6) % 2)
    assert 0 <= found.value <= 1


def test_extremes_are_exact(rng):
    x = rng.normal(size=(100, 2))
    assert posterior.label_information(np.zeros((100, 2)), np.arange(100) % 3).value == 0
    assert posterior.label_information(x, np.zeros(100, dtype=int)).value == 0


def test_the_only_sample_of_a_class_contributes_nothing(rng):
    x, labels = rng.normal(size=(100, 2)), np.arange(100) % 2
    x[:, 0] += 9 * labels
    labels[0] = 7
    found = posterior.label_information(x, labels)
    assert found.pointwise[0] == 0
    assert found.pointwise[1:] == pytest.approx(
        posterior.label_information(x[1:], labels[1:]).pointwise, rel=1e-6
    )
    assert posterior.label_information(x[:3], [0, 1, 2]).value == 0


def test_neighbours_must_be_some():
    with pytest.raises(ValueError, match="neighbours must be an integer ≥ 1, got 0"):
        posterior.label_information(np.eye(3), [0, 0, 0], neighbours=0)
