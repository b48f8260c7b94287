"""Tasks of continuous targets: their truths, and arrays of the user's own."""

import numpy as np
import pytest

from ibsweep.estimators.gaussian import mutual_information
from ibsweep.tasks.arrays import arrays
from ibsweep.tasks.regression import diabetes, friedman, linear_gaussian
from ibsweep.types import Dataset

TASKS = {
    "friedman": lambda seed: friedman(samples=300, features=7, noise_std=1.0, seed=seed),
    "linear": lambda seed: linear_gaussian(samples=300, features=4, noise_std=0.5, seed=seed),
    "diabetes": lambda seed: diabetes(),
}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_data(task):
    first, again = TASKS[task](0), TASKS[task](0)
    assert first.digest == again.digest
    assert (first.digest == TASKS[task](1).digest) == (task == "diabetes")
    assert (
        first.continuous and first.outputs == 1 and first.targets.shape == (len(first.inputs), 1)
    )


def test_the_digest_is_also_of_the_targets():
    x, y = np.eye(3), np.array([[0.0], [1.0], [2.0]])
    assert Dataset.regression(x, y).digest != Dataset.regression(x, y + 1).digest


@pytest.mark.parametrize("noise_std", [0.25, 0.5, 2.0])
def test_the_information_of_the_linear_task_is_known(noise_std):
    task = linear_gaussian(samples=20_000, features=6, noise_std=noise_std, seed=3)
    truth = 0.5 * np.log2(1 + 1 / noise_std**2)
    assert mutual_information(task.inputs, task.targets).value == pytest.approx(truth, abs=0.03)


def test_five_features_make_friedmans_function():
    task = friedman(samples=4000, features=8, noise_std=0.0, seed=1)
    assert task.targets.mean() == pytest.approx(0) and task.targets.std() == pytest.approx(1)
    r = np.corrcoef(np.hstack([task.inputs, task.targets]).T)[-1, :-1]
    slopes = {3: 10, 4: 5}  # of y, which is standardised: cov = slope · var(x)
    spread = {place: slope * 12**-0.5 for place, slope in slopes.items()}
    assert r[3] / r[4] == pytest.approx(spread[3] / spread[4], rel=0.1)
    assert np.abs(r[5:]).max() < 0.05 and abs(r[2]) < 0.05  # the square has no slope


@pytest.mark.parametrize(
    ("targets", "rule"),
    [
        (np.zeros((3, 1)), "targets must vary, got"),
        (np.array([[0.0], [np.nan], [1.0]]), "targets must be finite"),
        (np.zeros((2, 1)), r"targets must be \(3, k\) of float64, got \(2, 1\)"),
        (np.zeros((3, 0)), "targets must be finite, at least one"),
        (np.arange(3)[:, None], "of float64, got .* of int64"),
    ],
)
def test_malformed_targets(targets, rule):
    with pytest.raises(ValueError, match=rule):
        Dataset.regression(np.eye(3), targets)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"features": 4}, "features must be an integer ≥ 5, got 4"),
        ({"samples": 1}, "samples must be an integer ≥ 2, got 1"),
        ({"noise_std": -1}, "noise_std must be ≥ 0, got -1"),
    ],
)
def test_options_out_of_range(options, rule):
    with pytest.raises(ValueError, match=rule):
        friedman(**{"samples": 9, "features": 5, "noise_std": 0.0, "seed": 0, **options})


@pytest.mark.parametrize("y", [np.linspace(0, 1, 4), np.linspace(0, 1, 8).reshape(4, 2)])
def test_arrays_of_ones_own(tmp_path, y):
    np.savez(tmp_path / "data.npz", x=np.eye(4), y=y)
    path = str(tmp_path / "data.npz")
    task = arrays(path=path, inputs="x", labels="y", targets="y")
    assert np.array_equal(task.targets, y.reshape(4, -1)) and task.outputs == y.size // 4


@pytest.mark.parametrize(
    ("y", "rule"),
    [
        (np.linspace(0, 1, 3), r"targets=y must be of shape \(samples,\) or"),
        (np.array([0, 1, np.inf, 2]), "targets=y must be finite"),
        (np.zeros((4, 2, 2)), "targets=y must be of shape"),
    ],
)
def test_malformed_arrays(tmp_path, y, rule):
    np.savez(tmp_path / "data.npz", x=np.eye(4), y=y)
    with pytest.raises(ValueError, match=rule):
        arrays(path=str(tmp_path / "data.npz"), inputs="x", labels="z", targets="y")
