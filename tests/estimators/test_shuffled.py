import numpy as np
import pytest
from scipy.special import ndtr

from ibsweep.estimators import shuffled


def gaussian_pair(rng, n, d_x, d_y, nats):
    """Unit Gaussians, the information split over pairs of coordinates."""
    x, y = rng.normal(size=(n, d_x)), rng.normal(size=(n, d_y))
    m = min(d_x, d_y)
    rho = np.sqrt(1 - np.exp(-2 * nats / m))
    y[:, :m] = rho * x[:, :m] + np.sqrt(1 - rho**2) * y[:, :m]
    return x, y


@pytest.mark.parametrize("nats", [0.0, 2.5, 10.0])
@pytest.mark.parametrize(("d_x", "d_y"), [(1, 1), (2, 2), (10, 4)])
def test_gaussian_vectors(rng, d_x, d_y, nats):
    x, y = gaussian_pair(rng, 2000, d_x, d_y, nats)
    found = shuffled.mutual_information(x, y)
    assert found.value * np.log(2) == pytest.approx(nats, abs=0.12)


@pytest.mark.parametrize("nats", [0.0, 5.0])
def test_uniform_margins(rng, nats):
    x, y = gaussian_pair(rng, 4000, 2, 2, nats)
    found = shuffled.mutual_information(ndtr(x) @ [[1, 2], [-2, 1]], ndtr(y))
    assert found.value * np.log(2) == pytest.approx(nats, abs=0.12)


def rotated(rng, columns):
    return columns @ np.linalg.qr(rng.normal(size=(columns.shape[1],) * 2))[0]


@pytest.mark.parametrize("d", [2, 3])
def test_margins_that_bend_the_structure_are_straightened(rng, d):
    x, y = gaussian_pair(rng, 5000, d, d, 8.0)
    uniform = ndtr(rotated(rng, x)), ndtr(rotated(rng, y))
    found, bent = (
        shuffled.mutual_information(*uniform, margins=how) for how in ("chosen", "given")
    )
    assert found.value * np.log(2) == pytest.approx(8.0, abs=0.15)
    assert bent.value * np.log(2) < 7.2


@pytest.mark.parametrize("nats", [0.0, 2.5, 10.0])
def test_structure_that_is_straight_is_left_as_it_is(rng, nats):
    x, y = gaussian_pair(rng, 2000, 2, 2, nats)
    samples = rotated(rng, x), rotated(rng, y)
    found = shuffled.mutual_information(*samples, margins="chosen")
    assert found.diagnostics["scores"] == 0
    assert found.value == shuffled.mutual_information(*samples, margins="given").value


def test_no_margins_are_preferred_where_there_is_no_information(rng):
    found = [
        shuffled.mutual_information(*rng.exponential(size=(2, 100, 2)), margins="chosen")
        for _ in range(30)
    ]
    assert all(one.diagnostics["scores"] == 0 for one in found)


def test_more_than_the_samples_can_resolve_is_not_overstated(rng):
    x, y = gaussian_pair(rng, 2000, 1, 1, 10.0)
    found = shuffled.mutual_information(x, y, margins="chosen")
    assert found.value * np.log(2) == pytest.approx(10.0, abs=0.12)


def test_without_information_the_mean_is_zero_however_few_the_samples(rng):
    found = [
        shuffled.mutual_information(*rng.exponential(size=(2, 30, 3)), seed=seed).value
        for seed in range(100)
    ]
    assert np.mean(found) == pytest.approx(0, abs=4 * np.std(found) / np.sqrt(100))


def test_the_error_is_the_spread_of_estimates(rng):
    found = [shuffled.mutual_information(*gaussian_pair(rng, 500, 2, 2, 1.0)) for _ in range(40)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.4)


def test_rows_have_no_order_and_linear_maps_do_not_matter(rng):
    x, y = gaussian_pair(rng, 300, 2, 2, 1.0)
    expected = shuffled.mutual_information(x, y)
    order = rng.permutation(300)
    found = shuffled.mutual_information(x[order] @ [[3.0, 1.0], [0.0, 0.1]], 1e4 - y[order])
    assert found.value == pytest.approx(expected.value)
    assert found.pointwise == pytest.approx(expected.pointwise[order])


def test_equal_rows_give_a_number(rng):
    x, y = np.round(gaussian_pair(rng, 3000, 1, 1, 1.0), 1)
    found = shuffled.mutual_information(x, y)
    assert found.value * np.log(2) == pytest.approx(1.0, abs=0.2)
    assert found.diagnostics["ties"] > 1000


def test_extremes_are_exact(rng):
    x = rng.normal(size=(100, 2))
    assert shuffled.mutual_information(x, np.zeros(100)).value == 0
    assert shuffled.mutual_information(x, 2 * x, margins="chosen").value == np.inf


def test_margins_are_checked():
    with pytest.raises(ValueError, match="margins must be one of given, chosen, got 'x'"):
        shuffled.mutual_information(np.eye(3), np.eye(3), margins="x")


@pytest.mark.parametrize("option", ["neighbours", "shuffles"])
def test_options_are_checked(option):
    with pytest.raises(ValueError, match=f"{option} must be an integer ≥ 1, got 0"):
        shuffled.mutual_information(np.eye(3), np.eye(3), **{option: 0})
