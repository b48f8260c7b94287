import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ibsweep.estimators.shared.neighbours import nearest


@pytest.mark.parametrize("dimensions", [1, 4, 12])  # a tree, and all pairs
def test_agrees_with_an_independent_search(rng, dimensions):
    points = rng.normal(size=(400, dimensions))
    expected = NearestNeighbors(n_neighbors=6).fit(points).kneighbors(points)[0]
    found = nearest(points, [1, 5])
    assert found.radii == pytest.approx(expected[:, [1, 5]])
    assert (found.counts == [1, 5]).all()
    assert found.ties == 0


@pytest.mark.parametrize("dimensions", [2, 12])
def test_equal_samples_are_not_at_distance_zero(rng, dimensions):
    points = rng.normal(size=(50, dimensions))
    points[:10] = points[0]
    found = nearest(points, [3])
    unlike = np.linalg.norm(points[10:] - points[0], axis=1).min()
    assert found.radii[:10, 0] == pytest.approx(unlike)
    assert (found.counts[:10, 0] == 10).all()  # nine equal ones and the nearest unlike one
    assert found.ties == 10


def test_tiny_distances_survive_far_from_the_centre():
    points = 1e3 + np.tile(np.arange(40.0)[:, None], 12)
    points[1] = points[0] + 1e-7
    assert nearest(points, [1]).radii[0, 0] == pytest.approx(1e-7 * 12**0.5, rel=1e-5)


def test_equal_samples_alone_have_no_neighbours():
    with pytest.raises(ValueError, match="samples must not all be equal, got 3 equal ones"):
        nearest(np.ones((3, 2)), [1])
