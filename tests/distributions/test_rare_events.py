"""Channels that fail: the law of their cells, and the information in them."""

import math

import numpy as np
import pytest
from scipy.stats import kstest

from ibsweep.distributions.rare_events import RareEvents


def draw(bits, failure, d=1, n=100_000):
    law = RareEvents(dims=(d, d), information=bits, failure=failure)
    return law, law.sample(n, np.random.default_rng(0))


CASES = [(1.0, 0.3), (2.3, 0.3), (4.0, 0.5), (10 / math.log(2), 0.3), (10 / math.log(2), 0.5)]


@pytest.mark.parametrize(("bits", "failure"), [*CASES, (0.0, 0.0), (3.0, 0.0)])
def test_margins_are_uniform(bits, failure):
    _, pair = draw(bits, failure)
    for values in pair:
        assert kstest(values[:, 0], "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("bits", "failure"), CASES)
def test_information_is_the_entropy_of_the_cell(bits, failure):
    law, _ = draw(bits, failure, n=1)
    equal, small = law.symbols
    sizes = [failure, (1 - failure) * small] if small else [failure]
    entropy = -sum(size * math.log2(size) for size in sizes)
    each = (1 - failure) * (1 - small) / equal
    assert entropy - equal * each * math.log2(each) == pytest.approx(bits, abs=1e-9)
    assert small < (1 - small) / equal


@pytest.mark.parametrize("symbols", [1, 2, 5, 1000, 10**8 + 1])
def test_equal_cells_alone_where_the_information_is_theirs(symbols):
    law = RareEvents(dims=(1, 1), information=1 + math.log2(symbols) / 2, failure=0.5)
    equal, small = law.symbols
    assert (1 - small) / equal == pytest.approx(1 / symbols, rel=1e-5)


@pytest.mark.parametrize(("bits", "failure"), CASES[:3])
def test_x_and_y_share_their_cell_and_nothing_else(bits, failure):
    law, (x, y) = draw(bits, failure)
    equal, small = law.symbols
    edges = failure + (1 - failure) * (1 - small) / equal * np.arange(equal + 1)
    cells = [np.searchsorted(edges, values[:, 0], side="right") for values in (x, y)]
    assert np.mean(cells[0] == 0) == pytest.approx(failure, abs=0.01)
    assert np.array_equal(*cells)
    for cell in range(equal + 1):
        inside = cells[0] == cell
        within = np.corrcoef(x[inside, 0], y[inside, 0])[0, 1]
        assert abs(within) < 5 / math.sqrt(inside.sum())


def test_channels_are_independent():
    law, (x, y) = draw(6.0, 0.3, d=3)
    assert law.symbols == RareEvents(dims=(1, 1), information=2.0, failure=0.3).symbols
    cross = np.corrcoef(x.T, y.T)[:3, 3:]
    assert (np.diag(cross) > 0.5).all()
    assert cross[~np.eye(3, dtype=bool)] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"information": 0.5}, "information must be ≥ 0.8813 bits"),
        ({"information": 40.0}, "information must be ≤ 33.08 bits"),
        ({"information": 1.0, "failure": 1.0}, "failure must be ≥ 0 and < 1"),
        ({"information": 1.0, "dims": (1, 2)}, "dims must be equal"),
    ],
)
def test_what_cannot_be_is_refused(options, rule):
    with pytest.raises(ValueError, match=rule):
        RareEvents(**{"dims": (1, 1), **options})
