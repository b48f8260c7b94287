"""Geometry of layers against closed forms."""

import math

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.estimators.geometry import geometry, intrinsic_dimension
from ibsweep.types import Readout
from tests.sweeps.test_command_line import SEQUENTIAL, command, said

DRAWS = 5
LABELS = np.arange(2000) % 4


def details(layer, labels=None, **options):
    layer = torch.as_tensor(np.asarray(layer, dtype=float))
    labels = LABELS[: len(layer)] if labels is None else np.asarray(labels)
    result = geometry(layer, labels, **options)
    assert math.isnan(result.i_xt) and math.isnan(result.i_ty)
    return result.details


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def rotation(d, seed=1):
    return np.linalg.qr(normal(d, d, seed=seed))[0]


@pytest.mark.parametrize(
    ("d", "truth", "spread"), [(2, 2.01, 0.1), (5, 5.06, 0.2), (10, 9.8, 0.4), (20, 17.0, 1.0)]
)
def test_dimension_of_normal_samples(d, truth, spread):
    dimensions = [intrinsic_dimension(normal(2000, d, seed=seed)) for seed in range(DRAWS)]
    assert np.mean(dimensions) == pytest.approx(truth, abs=spread)


def test_dimension_of_a_cube_and_of_few_directions_among_many():
    cube = np.random.default_rng(0).random((2000, 10))
    assert intrinsic_dimension(cube) == pytest.approx(8.6, abs=0.5)
    few = normal(2000, 3) @ rotation(50)[:3]
    assert intrinsic_dimension(few) == pytest.approx(3.1, abs=0.3)
    assert details(few, largest=2000)["twonn"] == pytest.approx(intrinsic_dimension(few), rel=1e-9)


def test_equal_rows_count_once():
    rows = normal(400, 3)
    doubled = details(np.repeat(rows, 2, axis=0), largest=1000)
    assert doubled["twonn"] == pytest.approx(intrinsic_dimension(rows))
    assert doubled["ties"] == 400
    assert math.isnan(details(np.repeat(rows[:19], 9, axis=0))["twonn"])


def test_ranks():
    isotropic = details(np.concatenate([np.eye(6), -np.eye(6)]))
    assert isotropic["participation_ratio"] == pytest.approx(6)
    assert isotropic["effective_rank"] == pytest.approx(6)
    line = details(np.outer(np.arange(50.0), normal(7)))
    assert line["participation_ratio"] == pytest.approx(1)
    assert line["effective_rank"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("classes", [3, 4, 10])
def test_a_simplex_of_classes_with_equal_noise(classes):
    """Class means at the corners of a simplex, Σ_W = s² I in closed form."""
    s = 0.3
    corners = np.eye(classes) - 1 / classes
    offsets = s * np.sqrt(classes) * np.concatenate([np.eye(classes), -np.eye(classes)])
    layer = (corners[:, None] + offsets[None]).reshape(-1, classes)
    labels = np.repeat(np.arange(classes), 2 * classes)
    described = details(layer, labels)
    assert described["nc1"] == pytest.approx(s**2 * (classes - 1))
    for name in ("nc2_norms", "nc2_angles", "nc2_max_angle"):
        assert described[name] == pytest.approx(0, abs=1e-12)


def read_by(layer, labels, weights, answers=None):
    answers = labels if answers is None else answers
    given = Readout(torch.as_tensor(weights, dtype=torch.float32), torch.as_tensor(answers))
    return geometry(np.asarray(layer, dtype=float), np.asarray(labels), readout=given).details


def test_weights_proportional_to_class_means_are_collapsed():
    labels = np.arange(90) % 3
    means = normal(3, 5)
    layer = means[labels] + np.tile([0.01, -0.01], 45)[:, None]
    centred = np.stack([layer[labels == one].mean(axis=0) for one in range(3)])
    centred -= centred.mean(axis=0)
    assert read_by(layer, labels, 7 * centred)["nc3"] == pytest.approx(0, abs=1e-9)
    assert read_by(layer, labels, -centred)["nc3"] == pytest.approx(4)
    weights = normal(3, 5)
    cosine = (weights * centred).sum() / np.linalg.norm(weights) / np.linalg.norm(centred)
    assert read_by(layer, labels, weights)["nc3"] == pytest.approx(2 - 2 * cosine, abs=1e-6)


def test_answers_beside_the_nearest_class_mean_are_counted():
    labels = np.repeat([0, 1], 50)
    layer = labels[:, None] + np.linspace(-0.4, 0.4, 100)[:, None]
    assert read_by(layer, labels, [[-1.0], [1.0]])["nc4"] == 0
    answers = labels.copy()
    answers[:7] = 1
    assert read_by(layer, labels, [[-1.0], [1.0]], answers)["nc4"] == 0.07


def test_what_nothing_reads_or_lacks_a_class_has_no_nc3():
    layer, labels = normal(60, 4), np.arange(60) % 3
    for described in (details(layer, labels), read_by(layer, labels, normal(4, 4))):
        assert math.isnan(described["nc3"]) and math.isnan(described["nc4"])
    stack = torch.as_tensor(np.stack([layer, 2 * layer]))
    shapes = {one.shape for one in geometry(stack, labels).details.values()}
    assert shapes == {(2,)}


def test_two_classes_on_a_line():
    described = details([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    assert described["cdnv"] == 0.0625
    assert described["distance_ratio"] == pytest.approx(1 / ((4 + 9 + 1 + 4) / 4))
    assert math.isnan(described["nc2_angles"])


def test_distance_ratio_is_that_of_all_pairs():
    layer, labels = normal(60, 4), np.arange(60) % 3
    layer[:, 0] += labels
    square = ((layer[:, None] - layer[None]) ** 2).sum(axis=2)
    alike = labels[:, None] == labels[None]
    within = square[alike & ~np.eye(60, dtype=bool)].mean()
    assert details(layer, labels)["distance_ratio"] == pytest.approx(
        within / square[~alike].mean()
    )


def test_collapsed_and_permuted_classes():
    collapsed = details(np.eye(4)[LABELS])
    assert collapsed["distance_ratio"] == collapsed["nc1"] == collapsed["cdnv"] == 0
    assert details(normal(2000, 5))["distance_ratio"] == pytest.approx(1, abs=0.01)


def test_idle_units():
    layer = np.column_stack([np.zeros(100), np.full(100, 3.0), np.linspace(-1, 1, 100)])
    described = details(layer, ends=[-1, 1])
    assert described["dead"] == pytest.approx(2 / 3)
    assert described["zero"] == pytest.approx(1 / 3)
    assert described["saturated"] == pytest.approx((100 + 10) / 300, abs=0.01)
    assert math.isnan(details(layer)["saturated"])


@pytest.mark.parametrize("change", [lambda h: 7 * h, lambda h: h @ rotation(5), lambda h: h + 3])
def test_scale_rotation_and_shift_change_nothing(change):
    layer = normal(500, 5) @ np.diag([5, 3, 2, 1, 0.5])
    layer[:, 0] += LABELS[:500]
    before, after = details(layer), details(change(layer))
    for name in set(before) - {"saturated", "zero", "nc3", "nc4"}:
        assert after[name] == pytest.approx(before[name], rel=1e-6), name


def test_a_constant_layer_has_no_geometry():
    described = details(np.ones((100, 3)))
    assert (
        described.pop("dead") == 1 and described.pop("zero") == 0 and described.pop("ties") == 99
    )
    assert all(math.isnan(value) for value in described.values()), described


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"largest": 5}, "largest must be an integer ≥ 20, got 5"),
        ({"ends": [1, -1]}, "ends must be a lowest and a highest value"),
        ({"ends": [0, 1, 2]}, "ends must be a lowest and a highest value"),
        ({"ends": ["a", 1]}, "ends must be"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        details(normal(100, 2), **options)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Networks measured by EBAB and geometry, two more by geometry first and then by EBAB."""
    folder = tmp_path_factory.mktemp("stored")
    for names, seeds in (("ebab,geometry", 3), ("geometry", 5), ("ebab", 5)):
        words = [f"estimator=[{names}]", f"seed=range({seeds})"]
        said(command(folder, "-m", *words, *SEQUENTIAL))
    return folder / "outputs"


def test_geometry_is_in_tables_beside_every_network(stored):
    runs = ibsweep.runs(directory=stored)
    assert len(runs) == 5 and set(runs["estimator"]) == {"ebab,geometry"}
    assert runs[["ebab/I_XT/output", "geometry/nc1/layer_5"]].notna().all(axis=None)
    assert not [name for name in runs if name.startswith(("geometry/I_", "geometry/comp"))]
    curves = ibsweep.curves(runs)
    described = curves[curves["estimator"] == "geometry"]
    assert described[["i_xt", "i_ty"]].isna().all(axis=None)
    assert described["participation_ratio"].between(1, 10).all()
    collapse = described.set_index("layer")[["nc3", "nc4"]]
    assert set(collapse.dropna().index) == {"layer_5"}
    assert collapse.loc["layer_5", "nc3"].between(0, 4).all()
    assert ibsweep.correlations(runs)["score"].str.startswith("ebab/").all()


def test_geometry_has_no_plane_and_spoils_no_report(stored, tmp_path):
    folders = {path.name for path in stored.glob("artifacts/ibsweep/*/artifacts/*/*.png")}
    assert folders == {"ebab.png"}
    page = str(tmp_path / "page.html")
    words = ["report", "--directory", str(stored), "--output", page]
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == 0, result.output


def test_a_model_of_ones_own_is_described_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    inputs, labels = torch.randn(60, 4), torch.arange(60) % 2
    with ibsweep.watch(model, inputs, labels, estimators=["ebab", "geometry"]) as probe:
        for _ in range(2):
            probe.step()
    curves = probe.curves
    assert curves.loc[curves["estimator"] == "geometry", "effective_rank"].notna().all()
