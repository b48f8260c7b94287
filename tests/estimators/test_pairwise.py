import pytest
import torch

from ibsweep.compiled import library
from ibsweep.estimators.shared import pairwise, strips

needs_compiler = pytest.mark.skipif(library.missing() is not None, reason="no C++ compiler")


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def direct(points, classes):
    """Return weight, class, own and whole sum by point and class, by all pairs."""
    kernel = torch.exp(-(points[:, None] - points[None]).square().sum(dim=2))
    alike = classes[:, None] == classes[None]
    keys = [
        (*point, label) for point, label in zip(points.tolist(), classes.tolist(), strict=True)
    ]
    own, whole = (kernel * alike).sum(dim=1).tolist(), kernel.sum(dim=1).tolist()
    return {key: (keys.count(key), *rest) for key, *rest in zip(keys, own, whole, strict=True)}


@pytest.mark.parametrize("compiled", [pytest.param(True, marks=needs_compiler), False])
@pytest.mark.parametrize("scale", [0.1, 3.0, 100.0])
@pytest.mark.parametrize(
    ("rows", "units", "total"), [(1, 1, 1), (31, 3, 1), (32, 2, 3), (33, 64, 2), (700, 4, 10)]
)
def test_sums_over_all_pairs(rows, units, total, scale, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(library, "missing", lambda: "none is wanted")
    points, classes = scale * normal(rows, units), torch.arange(rows) % total
    points[::3] = points[0].clone()  # equal points of several classes
    sums, expected = pairwise.sums_of(points, classes), direct(points, classes)
    assert len(sums.weights) == len(expected)
    mine = list(zip(*(one.tolist() for one in sums), strict=True))
    theirs = [(count, key[-1], own, whole) for key, (count, own, whole) in expected.items()]
    for place in (2, 3):  # own, whole
        left, right = (sorted((*row[:2], row[place]) for row in rows) for rows in (mine, theirs))
        assert left == [pytest.approx(row, rel=1e-9) for row in right]


@needs_compiler
def test_compiled_sums_leave_out_no_pair_that_matters():
    """Both ways agree where boxes are far apart, near and touching."""
    points = torch.cat([shift + 0.3 * normal(500, 2, seed=shift) for shift in (0, 2, 5, 30)])
    classes = torch.arange(len(points)) % 4
    merged, weights = pairwise.merge(points, torch.nn.functional.one_hot(classes).double())
    sums, weights = strips.kernel_sums(merged, weights, cutoff=32.0)
    ours = pairwise.sums_of(points, classes)
    whole, own = float(sums.sum(dim=1) @ weights.sum(dim=1)), float((sums * weights).sum())
    assert float(ours.whole @ ours.weights) == pytest.approx(whole, rel=1e-10)
    assert float(ours.own @ ours.weights) == pytest.approx(own, rel=1e-10)
