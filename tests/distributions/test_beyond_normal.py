"""The forty tasks of the benchmark: known values, and its own package as the oracle."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.special import ndtr
from scipy.stats import kstest, spearmanr

from ibsweep.config.instantiation import ConfigError, build
from ibsweep.distributions.beyond_normal import TASKS, BeyondNormal
from tests.support import benchmark_mi

CONF = Path(__file__).parents[2] / "conf"


def draw(task, n=20_000):
    return TASKS[task].draw(n, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("task", "nats"),  # Czyż et al., 2023
    [
        ("1v1-normal-0.75", 0.4133),
        ("1v1-additive-0.1", 1.7094),
        ("1v1-additive-0.75", 0.3333),
        ("student-identity-1-1-1", 0.2242),
        ("student-identity-2-2-1", 0.4319),
        ("student-identity-5-5-3", 0.2985),
        ("multinormal-dense-2-2-0.5", 0.2939),
        ("multinormal-dense-25-25-0.5", 1.2922),
        ("multinormal-dense-50-50-0.5", 1.6243),
        ("spiral-multinormal-sparse-25-25-2-2.0", 1.0217),
    ],
)
def test_information(task, nats):
    assert BeyondNormal(task=task).bits * np.log(2) == pytest.approx(nats, abs=1e-4)


def test_there_are_forty_and_the_experiment_names_them_all():
    content = yaml.safe_load((CONF / "experiment" / "beyond_normal.yaml").read_text())
    named = content["hydra"]["sweeper"]["params"]["distribution.task"]
    assert len(TASKS) == 40
    assert [task.strip() for task in named.split(",")] == list(TASKS)


def test_maps_change_the_margins_alone():
    uniform = draw("normal_cdf-1v1-normal-0.75")
    roll = draw("swissroll_x-normal_cdf-1v1-normal-0.75")
    assert kstest(uniform.x[:, 0], "uniform").pvalue > 1e-3
    radius = np.linalg.norm(roll.x, axis=1) * 21 / (1.5 * np.pi)
    assert (radius - 1) / 2 == pytest.approx(uniform.x[:, 0])
    assert roll.y == pytest.approx(uniform.y)
    normal = draw("1v1-normal-0.75")
    for task in ("wiggly-1v1-normal-0.75", "1v1-bimodal-0.75", "half_cube-1v1-normal-0.75"):
        pair = draw(task)
        assert spearmanr(pair.x[:, 0], normal.x[:, 0]).statistic == pytest.approx(1)
        assert spearmanr(pair.y[:, 0], normal.y[:, 0]).statistic == pytest.approx(1)


def test_two_modes():
    x, y = draw("1v1-bimodal-0.75")
    for values, weight, means in ((x, 0.3, (0, 5)), (y, 0.5, (-1, 3))):
        law = [weight * ndtr(v - means[0]) + (1 - weight) * ndtr(v - means[1]) for v in values]
        assert kstest(np.ravel(law), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("d", [3, 5, 25])
def test_a_spiral_turns_by_the_mean_square(d):
    before = draw(f"multinormal-sparse-{d}-{d}-2-2.0", 50)
    after = draw(f"spiral-multinormal-sparse-{d}-{d}-2-2.0", 50)
    for one, other, (a, b) in ((before.x, after.x, (0, 1)), (before.y, after.y, (1, 2))):
        turn = np.exp(1j * (one**2).mean(axis=1))
        assert other[:, a] + 1j * other[:, b] == pytest.approx(turn * (one[:, a] + 1j * one[:, b]))
        kept = [place for place in range(d) if place not in (a, b)]
        assert (other[:, kept] == one[:, kept]).all()


def test_correlations():
    dense = np.corrcoef(np.hstack(draw("multinormal-dense-3-3-0.5")).T)
    assert dense[~np.eye(6, dtype=bool)] == pytest.approx(0.5, abs=0.03)
    sparse = np.corrcoef(np.hstack(draw("multinormal-sparse-3-3-2-2.0")).T)
    assert (sparse[0, 3], sparse[1, 4], sparse[2, 5]) == pytest.approx((0.8, 0.8, 0), abs=0.03)


def test_a_task_that_is_not_there_is_one_clear_line():
    node = {"_target_": "ibsweep.distributions.beyond_normal.BeyondNormal", "task": "x"}
    with pytest.raises(ConfigError, match="task must be one of 1v1-normal-0.75, .*got 'x'"):
        build(node, "distribution")


PROGRAM = """
import bmi, json, sys
known = {}
for task in bmi.benchmark.BENCHMARK_TASKS.values():
    x, y = task.sample(2000, seed=1)
    known[task.id] = [float(task.mutual_information), x.tolist(), y.tolist()]
json.dump(known, sys.stdout)
"""


@pytest.mark.slow
@benchmark_mi.needs_oracle
def test_the_benchmark_itself_agrees():
    compared = set()
    for task, nats, samples in benchmark_mi.known(PROGRAM):
        assert TASKS[task].nats == pytest.approx(nats, abs=2e-4), task
        benchmark_mi.check_same_law(draw(task, 2000), samples, task)
        compared.add(task)
    assert compared == set(TASKS)
