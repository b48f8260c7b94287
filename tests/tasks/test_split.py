import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibsweep.tasks.boolean import spherical
from ibsweep.tasks.split import sequential, stratified

LABELS = spherical().labels


@pytest.mark.parametrize("splitter", [stratified, sequential])
def test_parts_have_the_papers_sizes(splitter):
    split = splitter(LABELS, 0, train_fraction=0.8)
    assert (len(split.train), len(split.test)) == (3277, 819)


@given(seed=st.integers(0, 2**63), fraction=st.floats(0.01, 0.99))
def test_parts_are_disjoint_and_complete(seed, fraction):
    split = stratified(LABELS, seed, train_fraction=fraction)
    assert sorted([*split.train, *split.test]) == list(range(4096))


def test_stratified_parts_have_the_classes_shares():
    split = stratified(LABELS, 1, train_fraction=0.8)
    for part in split:
        assert LABELS[part].mean() == pytest.approx(LABELS.mean(), abs=1e-3)


def test_sequential_parts_differ_in_their_classes():
    split = sequential(LABELS, 0, train_fraction=0.8)
    assert LABELS[split.train].mean() == pytest.approx(0.437, abs=5e-4)
    assert LABELS[split.test].mean() == pytest.approx(0.836, abs=5e-4)


def test_seed_decides_the_stratified_split():
    first, again, other = (stratified(LABELS, seed, train_fraction=0.8) for seed in (4, 4, 5))
    assert (first.train == again.train).all()
    assert len(np.setdiff1d(first.train, other.train)) > 0


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, 1e-6, "half"])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match="train_fraction must"):
        stratified(LABELS, 0, train_fraction=fraction)
