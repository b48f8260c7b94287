import hashlib

import numpy as np
import pytest

from ibsweep.tasks.boolean import parity, shuffled, spherical

PUBLISHED_LABELS = "77732f16f85e91b49d3997196b56163b3bd362d8cf631468a8de3f986e88359f"


def test_spherical_labels_are_the_published_ones():
    labels = spherical().labels.astype(np.uint8)
    assert hashlib.sha256(labels.tobytes()).hexdigest() == PUBLISHED_LABELS


def test_spherical_label_entropy():
    share = spherical().labels.mean()
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    assert entropy == pytest.approx(0.99916, abs=1e-5)


def test_patterns_are_all_distinct_and_count_upwards():
    patterns = spherical().inputs.astype(int)
    assert (patterns @ (1 << np.arange(12)[::-1]) == np.arange(4096)).all()


def test_no_single_bit_tells_the_parity():
    task = parity(bits=6)
    for bit in task.inputs.T:
        assert task.labels[bit == 1].mean() == 0.5


def test_shuffled_keeps_patterns_and_the_number_of_each_label():
    task, original = shuffled(seed=3), spherical()
    assert (task.inputs == original.inputs).all()
    assert task.labels.sum() == original.labels.sum()
    assert 0.45 < (task.labels == original.labels).mean() < 0.55


def test_same_seed_same_shuffle():
    assert (shuffled(seed=1).labels == shuffled(seed=1).labels).all()
    assert (shuffled(seed=1).labels != shuffled(seed=2).labels).any()


@pytest.mark.parametrize("bits", [1, 17, 2.5])
def test_parity_length_out_of_range(bits):
    with pytest.raises(ValueError, match="bits must be an integer"):
        parity(bits=bits)
