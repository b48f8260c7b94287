"""Mixtures whose information is known by Monte Carlo: against closed forms and quadrature."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from ibsweep.distributions import bend_and_mix
from ibsweep.distributions.bend_and_mix import TASKS, BendAndMix, Mixture
from tests.support import benchmark_mi


def test_one_component_is_a_normal_distribution():
    covariance = np.array([[2.0, 1.2], [1.2, 1.0]])
    mixture = Mixture(np.ones(1), np.array([[3.0, -1.0]]), covariance[None], 1)
    nats, error = mixture.information()
    assert nats == pytest.approx(-0.5 * np.log(1 - 1.44 / 2), abs=4 * error)
    rows = mixture.draw(100, np.random.default_rng(0))
    expected = multivariate_normal([3, -1], covariance).logpdf(rows)
    assert mixture.log_density(rows, slice(None)) == pytest.approx(expected)


@pytest.mark.parametrize("task", ["x", "ai"])
def test_information_by_quadrature(task):
    mixture, edges = TASKS[task], np.linspace(-6, 6, 2401)
    step = edges[1] - edges[0]
    joint = sum(
        weight * multivariate_normal(mean, covariance).pdf(np.dstack(np.meshgrid(edges, edges)))
        for weight, mean, covariance in zip(*mixture[:3], strict=True)
    )
    x, y = joint.sum(axis=0) * step, joint.sum(axis=1) * step
    inside = joint > 0
    ratio = np.log(joint[inside] / np.outer(y, x)[inside])
    truth = (joint[inside] * ratio).sum() * step**2
    nats, error = mixture.information()
    assert nats == pytest.approx(truth, abs=4 * error + 1e-3)


def test_inliers_are_samples_of_two_independent_vectors():
    pair = BendAndMix(task="inliers-5-0.5").sample(20_000, np.random.default_rng(0))
    correlations = np.diag(np.corrcoef(pair.x.T, pair.y.T)[:5, 5:])
    assert correlations == pytest.approx([0.4, 0.4, 0, 0, 0], abs=0.03)


def test_balls_have_the_radius_that_y_tells():
    pair = BendAndMix(task="concentric-5-5").sample(20_000, np.random.default_rng(0))
    scale = np.round(pair.y[:, 0])
    assert set(scale) == {1, 2, 3, 4, 5}
    for one in range(1, 6):
        assert pair.x[scale == one].std() == pytest.approx(one, rel=0.03)


def test_a_bend_keeps_what_is_known():
    straight = TASKS["galaxy"]._replace(bend=np.asarray)
    assert straight.information() == TASKS["galaxy"].information()
    rows = TASKS["galaxy"].draw(100, np.random.default_rng(0))
    bent = TASKS["galaxy"].bend(rows[:, :2])
    assert np.linalg.norm(bent, axis=1) == pytest.approx(np.linalg.norm(rows[:, :2], axis=1))


def test_the_truth_is_the_same_each_time_and_known_well():
    assert TASKS["x"].information() == TASKS["x"].information()
    for name in ("x", "ai", "galaxy", "inliers-5-0.2"):
        assert TASKS[name].information()[1] < 0.003
    assert bend_and_mix._nats("x")[0] / np.log(2) == BendAndMix(task="x").bits


def test_a_task_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="task must be one of x, ai, .*got 'y'"):
        BendAndMix(task="y")


PROGRAM = """
import json, sys
from bmi.benchmark.tasks import mixtures
tasks = {name: getattr(mixtures, f"task_{name}")() for name in ("x", "ai", "galaxy", "waves")}
for d, n in ((3, 5), (5, 5), (3, 10), (5, 10), (25, 5)):
    tasks[f"concentric-{d}-{n}"] = mixtures.task_concentric_multinormal(d, n_components=n)
for d in (5, 25):
    for share in (0.2, 0.5):
        task = mixtures.task_multinormal_sparse_w_inliers(d, d, inlier_fraction=share)
        tasks[f"inliers-{d}-{share}"] = task
known = {}
for name, task in tasks.items():
    x, y = task.sample(2000, seed=1)
    known[name] = [float(task.mutual_information), x.tolist(), y.tolist()]
json.dump(known, sys.stdout)
"""


@pytest.mark.slow
@benchmark_mi.needs_oracle
def test_the_benchmark_itself_agrees():
    compared = set()
    for task, nats, samples in benchmark_mi.known(PROGRAM):
        ours, error = TASKS[task].information()
        assert ours == pytest.approx(nats, abs=4 * error * 3**0.5), task  # theirs: half the draws
        pair = BendAndMix(task=task).sample(2000, np.random.default_rng(0))
        benchmark_mi.check_same_law(pair, samples, task)
        compared.add(task)
    assert compared == set(TASKS)
