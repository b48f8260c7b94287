import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibsweep.learning import schedule


def test_paper_keeps_275_snapshots_and_the_end():
    kept = schedule.logarithmic(8000, count=400)
    assert len(kept) == 275
    assert kept[-1] == 8000


def test_default_keeps_120_snapshots():
    assert len(schedule.logarithmic(8000, count=150)) == 120


SCHEDULES = {
    "log": lambda epochs: schedule.logarithmic(epochs, count=50),
    "linear": lambda epochs: schedule.linear(epochs, every=1),
    "saxe": schedule.saxe,
    "explicit": lambda epochs: schedule.explicit(epochs, at=[0]),
}


@pytest.mark.parametrize("name", SCHEDULES)
@given(epochs=st.integers(1, 10_000))
def test_from_the_untrained_network_to_the_trained_one(name, epochs):
    kept = SCHEDULES[name](epochs)
    assert kept[0] == 0
    assert kept[-1] == epochs
    assert (np.diff(kept) > 0).all()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (
            lambda: schedule.explicit(10, at=[3, 11]),
            "at must not go beyond the last epoch \\(10\\), got 11",
        ),
        (lambda: schedule.explicit(10, at=[]), "at must be a list"),
        (lambda: schedule.explicit(10, at=[-1]), "at must be an integer ≥ 0, got -1"),
        (lambda: schedule.explicit(10, at=5), "at must be a list of epochs, got 5"),
        (lambda: schedule.linear(10, every=11), "every must not go beyond the last epoch"),
        (lambda: schedule.linear(10, every=0), "every must be an integer ≥ 1"),
        (lambda: schedule.logarithmic(10, count=1), "count must be an integer ≥ 2"),
    ],
)
def test_impossible_schedules(call, rule):
    with pytest.raises(ValueError, match=rule):
        call()
