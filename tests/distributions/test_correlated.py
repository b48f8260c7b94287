"""Gaussians and what is made of them: moments, and closed forms against the densities."""

import math

import numpy as np
import pytest
from scipy import stats

from ibsweep.distributions.correlated import correlated_normals, rotate
from ibsweep.distributions.mapped import sign_power, uniform
from ibsweep.distributions.normal import Normal
from ibsweep.distributions.student import Student

N = 200_000


def rng(seed=0):
    return np.random.default_rng(seed)


def gaussian_bits(x, y):
    """Information of jointly Gaussian samples, from their covariance."""
    joint = np.cov(np.hstack([x, y]).T)
    dx = x.shape[1]
    terms = [np.linalg.slogdet(c)[1] for c in (joint[:dx, :dx], joint[dx:, dx:], joint)]
    return (terms[0] + terms[1] - terms[2]) / (2 * math.log(2))


@pytest.mark.parametrize("dims", [(1, 1), (2, 2), (3, 5), (10, 4)])
@pytest.mark.parametrize("rotated", [False, True])
def test_the_covariance_has_the_information(dims, rotated):
    x, y = correlated_normals(dims, 2.5, N, rng(), rotated=rotated)
    assert gaussian_bits(x, y) == pytest.approx(2.5, abs=0.02)
    assert np.cov(x.T).reshape(dims[0], dims[0]) == pytest.approx(np.eye(dims[0]), abs=0.02)


def test_no_information_is_independence():
    x, y = correlated_normals((2, 2), 0.0, N, rng())
    assert abs(np.corrcoef(x.T, y.T)[:2, 2:]).max() < 5 / math.sqrt(N)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_rotation_keeps_distances(width):
    points = rng().normal(size=(20, width))
    turned = rotate(points, rng(1))
    assert turned @ turned.T == pytest.approx(points @ points.T)
    assert not np.allclose(turned, points)


@pytest.mark.parametrize("rotated", [False, True])
def test_uniform_coordinates_are_uniform(rotated):
    x, y = uniform(dims=(2, 3), information=3.0, rotated=rotated).sample(4000, rng())
    for column in np.hstack([x, y]).T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4


def test_margins_can_be_mapped_back():
    kinds = [
        (uniform(dims=(2, 2), information=1.0), stats.norm.ppf),
        (sign_power(dims=(2, 2), information=1.0, power=3.0), np.cbrt),
    ]
    x, y = Normal(dims=(2, 2), information=1.0).sample(100, rng())
    for mapped, inverse in kinds:
        u, v = mapped.sample(100, rng())
        assert inverse(u) == pytest.approx(x)
        assert inverse(v) == pytest.approx(y)


@pytest.mark.parametrize("dims", [(1, 1), (2, 3)])
@pytest.mark.parametrize("degrees", [2.0, 5.0])
def test_student_information_is_that_of_its_density(dims, degrees):
    law = Student(dims=dims, information=2.0, degrees=degrees)
    x, y = law.sample(N, rng())
    shape = scale_of(dims, law)

    def density(values, rows):
        part = shape[np.ix_(rows, rows)]
        return stats.multivariate_t(shape=part, df=degrees).logpdf(values)

    both, dx = np.arange(sum(dims)), dims[0]
    ratio = density(np.hstack([x, y]), both) - density(x, both[:dx]) - density(y, both[dx:])
    assert ratio.mean() / math.log(2) == pytest.approx(2.0, abs=0.02)


def scale_of(dims, law):
    """The scale matrix whose Gaussian information is what the divisor leaves."""
    pairs = min(dims)
    rho = math.sqrt(1 - 2 ** (-2 * law._normal_bits / pairs))
    shape = np.eye(sum(dims))
    for k in range(pairs):
        shape[k, dims[0] + k] = shape[dims[0] + k, k] = rho
    return shape


def test_student_margins_are_student():
    x, _ = Student(dims=(2, 2), information=2.0, degrees=3.0, rotated=True).sample(4000, rng())
    assert stats.kstest(x[:, 0], stats.t(3.0).cdf).pvalue > 1e-4


def test_student_variables_share_their_divisor_at_least():
    with pytest.raises(ValueError, match="information must be ≥ .* bits, what the common divisor"):
        Student(dims=(2, 2), information=0.0)
