"""The general-purpose estimator on what the others misread: each truth is exact."""

import numpy as np
import pytest
from scipy.special import ndtr

from ibsweep.distributions.beyond_normal import TASKS
from ibsweep.estimators import general, shuffled

NATS = np.log(2)


def normal_pairs(rng, n, dims, correlations):
    """Unit normal vectors, the first coordinates in pairs of these correlations."""
    x, y = (rng.normal(size=(n, d)) for d in dims)
    for place, rho in enumerate(correlations):
        y[:, place] = rho * x[:, place] + np.sqrt(1 - rho**2) * y[:, place]
    return x, y


def nats(*correlations):
    return -0.5 * np.log(1 - np.array(correlations) ** 2).sum()


def read(x, y, **options):
    return general.mutual_information(x, y, **options).value * NATS


@pytest.mark.parametrize(
    ("task", "tolerance"),
    [
        ("student-identity-2-2-1", 0.1),
        ("student-identity-5-5-3", 0.1),
        ("half_cube-1v1-normal-0.75", 0.1),
        ("swissroll_x-normal_cdf-1v1-normal-0.75", 0.1),
        ("multinormal-dense-25-25-0.5", 0.12),
        ("spiral-multinormal-sparse-5-5-2-2.0", 0.2),
        ("spiral-multinormal-sparse-25-25-2-2.0", 0.15),
    ],
)
def test_tasks_that_neighbours_alone_misread(rng, task, tolerance):
    pair = TASKS[task].draw(2000, rng)
    truth = TASKS[task].nats
    assert read(*pair) == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize("task", ["student-identity-2-2-1", "multinormal-dense-25-25-0.5"])
def test_shuffled_is_what_it_was(rng, task):
    pair = TASKS[task].draw(2000, rng)
    away = shuffled.mutual_information(*pair, margins="chosen").value * NATS - TASKS[task].nats
    assert away > 0.2


@pytest.mark.parametrize("truth", [0.0, 2.5, 10.0])
@pytest.mark.parametrize("dims", [(1, 1), (3, 3), (10, 4)])
def test_normal_vectors(rng, truth, dims):
    pairs = min(dims)
    rho = np.sqrt(1 - np.exp(-2 * truth / pairs))
    x, y = normal_pairs(rng, 2000, dims, [rho] * pairs)
    turn = np.linalg.qr(rng.normal(size=(dims[0],) * 2))[0]
    assert read(x @ turn, y) == pytest.approx(truth, abs=0.15)


def test_heavy_tails_of_much_information(rng):
    x, y = normal_pairs(rng, 3000, (2, 2), [0.9999, 0.9999])
    divisor = np.sqrt(rng.chisquare(4, (3000, 1)) / 4)
    turn = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    common = 0.0809  # nats of the divisor, Arellano-Valle et al. (2013)
    expected = nats(0.9999, 0.9999) + common
    assert read((x @ turn) / divisor, y / divisor) == pytest.approx(expected, abs=0.15)


CURVES = {
    "circle": lambda u: np.stack([np.cos(u), np.sin(u)], axis=1),
    "waves in 30 units": lambda u: np.sin(np.outer(u, np.linspace(0.2, 2, 30)) + np.arange(30)),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("both", [False, True])
def test_it_does_not_matter_how_a_support_is_bent(rng, name, both):
    x, y = normal_pairs(rng, 3000, (1, 1), [0.8])
    u, v = 4 * ndtr(x[:, 0]), 4 * ndtr(y[:, 0])
    curve = CURVES[name]
    estimate = general.mutual_information(curve(u), curve(v) if both else v)
    assert estimate.diagnostics["dimension_x"] == 1
    assert estimate.value * NATS == pytest.approx(nats(0.8), abs=0.1)


def test_two_numbers_in_many_units(rng):
    x, y = normal_pairs(rng, 3000, (2, 2), [0.8, 0.8])
    units = np.sin(x @ rng.normal(size=(2, 30)) + rng.uniform(0, 6, size=30))
    estimate = general.mutual_information(units, y)
    assert estimate.diagnostics["dimension_x"] == 2
    assert estimate.value * NATS == pytest.approx(nats(0.8, 0.8), abs=0.15)


@pytest.mark.parametrize(
    ("n", "units", "tolerance"),
    [(300, 64, 0.35), (300, 400, 0.35), (1000, 512, 0.15), (3000, 100, 0.1)],
)
def test_two_related_pairs_of_numbers_in_many_units(rng, n, units, tolerance):
    """Narrow directions of a bent support have heavy tails, and must stay narrow."""
    z = rng.normal(size=(n, 2))
    other = 0.8 * z + 0.6 * rng.normal(size=(n, 2))
    x, y = (
        np.sin(values @ rng.normal(size=(2, units)) + rng.uniform(0, 6, size=units))
        for values in (z, other)
    )
    assert read(x, y) == pytest.approx(nats(0.8, 0.8), abs=tolerance)


@pytest.mark.parametrize("width", [1, 2])
def test_atoms_beside_a_density(rng, width):
    x, y = normal_pairs(rng, 3000, (width, width), [0.8] * width)
    x[rng.random(3000) < 0.4] = 0  # by chance alone: that tells nothing of y
    y[rng.random(3000) < 0.2] = 0
    estimate = general.mutual_information(x, y)
    expected = 0.6 * 0.8 * nats(*[0.8] * width)
    assert estimate.value * NATS == pytest.approx(expected, abs=0.06)
    assert estimate.diagnostics["atoms"] == 2


def test_atoms_that_come_together_tell_each_other(rng):
    x, y = normal_pairs(rng, 3000, (1, 1), [0.6])
    silent = rng.random(3000) < 0.3
    x[silent], y[silent] = 0, 0
    entropy = -0.3 * np.log(0.3) - 0.7 * np.log(0.7)
    assert read(x, y) == pytest.approx(entropy + 0.7 * nats(0.6), abs=0.06)


def test_rectified_units(rng):
    z, y = normal_pairs(rng, 3000, (1, 1), [0.75])
    one, two = np.maximum(z, 0), np.hstack([np.maximum(z, 0), np.maximum(-z, 0)])
    assert read(two, y) == pytest.approx(nats(0.75), abs=0.06)  # both signs: z itself
    assert read(one, y) < nats(0.75) - 0.05


def test_independent_vectors_read_nothing_however_wide(rng):
    assert read(rng.normal(size=(1000, 60)), rng.normal(size=(1000, 60))) == 0
    values = [read(*rng.standard_t(2, size=(2, 200, 2))) for _ in range(30)]
    assert np.mean(values) == pytest.approx(0, abs=4 * np.std(values) / np.sqrt(30))


def test_more_columns_than_samples(rng):
    x, y = normal_pairs(rng, 500, (2000, 2000), [0.97])
    assert read(x, y) == pytest.approx(nats(0.97), abs=0.25)
    assert read(x, rng.normal(size=(500, 2000))) == 0


def test_bars_hold_the_truth(rng):
    estimates = [
        general.mutual_information(*normal_pairs(rng, 400, (2, 2), [0.7])) for _ in range(40)
    ]
    inside = [abs(one.value * NATS - nats(0.7)) < 1.96 * one.error * NATS for one in estimates]
    assert np.mean(inside) >= 0.85


@pytest.mark.parametrize("n", [100, 700])
def test_rows_have_no_order_and_scales_do_not_matter(rng, n):
    x, y = normal_pairs(rng, n, (3, 3), [0.8, 0.5])
    expected = general.mutual_information(x, y)
    order = rng.permutation(n)
    estimate = general.mutual_information(1e-3 * x[order] + 5, 1e4 - y[order])
    assert estimate.value == pytest.approx(expected.value)
    assert estimate.pointwise == pytest.approx(expected.pointwise[order])


def test_extremes(rng):
    x = rng.normal(size=(100, 2))
    assert general.mutual_information(x, np.zeros(100)).value == 0
    assert general.mutual_information(x, 2 * x).value == np.inf
    assert general.mutual_information([[1.0]], [[2.0]]).value == 0
    assert np.isfinite(read(*rng.normal(size=(2, 10, 3))))


def test_values_that_repeat_everywhere_are_no_atoms(rng):
    x, y = np.round(normal_pairs(rng, 3000, (1, 1), [0.8]), 1)
    estimate = general.mutual_information(x, y)
    assert "atoms" not in estimate.diagnostics
    assert estimate.value * NATS == pytest.approx(nats(0.8), abs=0.15)


@pytest.mark.parametrize("option", ["neighbours", "shuffles"])
def test_options_are_checked(option):
    with pytest.raises(ValueError, match=f"{option} must be an integer ≥ 1, got 0"):
        general.mutual_information(np.eye(3), np.eye(3), **{option: 0})
