"""Pictures tell what they show: the maps are injective, and areas are exact."""

import numpy as np
import pytest
from scipy import stats

from ibsweep.distributions.gaussian_images import draw_spots, gaussian_images
from ibsweep.distributions.rectangles import (
    LEAST_SIDE,
    coordinates,
    draw_rectangles,
    rectangle_images,
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("size", [2, 16])
def test_a_spots_place_can_be_read_from_its_picture(size):
    places = rng().random((50, 2))
    logs = np.log(draw_spots(places, size=size)).reshape(50, size, size)
    slope = 20 / size * (size - 1)  # of the logarithm between the outer pixels, per unit of place
    x = (logs[:, 0, -1] - logs[:, 0, 0]) / slope + 0.5
    y = (logs[:, -1, 0] - logs[:, 0, 0]) / slope + 0.5
    assert np.stack([x, y], axis=1) == pytest.approx(places)


def test_a_spots_pixel_is_its_formula():
    (picture,) = draw_spots(np.array([[0.2, 0.7]]), size=4).reshape(1, 4, 4)
    x, y = 1.5 / 4, 3.5 / 4
    assert picture[3, 1] == pytest.approx(np.exp(-10 * ((x - 0.2) ** 2 + (y - 0.7) ** 2)))


def read_edges(profile, size):
    """Both edges of what lights a row of pixels, at least one of them wholly."""
    lit = np.flatnonzero(profile > 0)
    return (lit[0] + 1 - profile[lit[0]]) / size, (lit[-1] + profile[lit[-1]]) / size


@pytest.mark.parametrize("size", [32, 40])
def test_a_rectangles_edges_can_be_read_from_its_picture(size):
    edges = coordinates(rng().random((200, 4)))
    for picture, known in zip(draw_rectangles(edges, size=size), edges, strict=True):
        square = picture.reshape(size, size)
        seen = [*read_edges(square.max(axis=0), size), *read_edges(square.max(axis=1), size)]
        assert seen == pytest.approx(known, abs=1e-9)


def test_a_pixel_is_the_area_that_is_covered():
    edges = coordinates(rng().random((100, 4)))
    pictures = draw_rectangles(edges, size=32)
    areas = (edges[:, 1] - edges[:, 0]) * (edges[:, 3] - edges[:, 2])
    assert pictures.mean(axis=1) == pytest.approx(areas)
    assert 0 <= pictures.min() <= pictures.max() <= 1 + 1e-12


def test_every_pair_of_edges_is_equally_likely():
    low, high, *_ = coordinates(rng().random((20_000, 4))).T
    assert (high - low).min() >= LEAST_SIDE
    assert high.max() <= 1
    room = 1 - LEAST_SIDE  # uniform on a triangle: both distances to its sides have the same law
    for distance in (low, 1 - high, high - low - LEAST_SIDE):
        assert stats.kstest(distance / room, stats.beta(1, 2).cdf).pvalue > 1e-4


def test_pictures_have_the_size_asked_for():
    assert gaussian_images(information=1.0, size=5).sample(3, rng()).x.shape == (3, 25)
    assert rectangle_images(information=1.0).sample(3, rng()).y.shape == (3, 1024)


def test_pictures_that_would_not_tell_are_refused():
    with pytest.raises(ValueError, match="size must be an integer ≥ 4, got 3"):
        rectangle_images(information=1.0, size=3)


@pytest.mark.parametrize("size", [4, 16])
def test_rectangles_on_few_pixels_cover_two_at_least(size):
    pictures = rectangle_images(information=1.0, size=size).sample(2000, rng()).x
    squares = pictures.reshape(-1, size, size)
    for axis in (1, 2):
        lengths = squares.max(axis=axis).sum(axis=1)
        assert lengths.min() == pytest.approx(2, abs=0.1)
        assert lengths.min() >= 2 - 1e-9
        assert lengths.max() <= size + 1e-9
