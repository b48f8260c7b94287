"""Parts of the user's own are tried for what the rest relies on."""

import random

import numpy as np
import pytest

from ibsweep import promises

RULE = "_target_ must be a function without chance, got it"


def test_what_other_threads_draw_meanwhile_is_not_held_against_a_function():
    calls = []

    def steady(x):
        if len(calls) < 2:
            random.random()  # as another thread does now and then
        calls.append(x)
        return 2 * x

    assert promises.tried(RULE, steady, np.ones(3)).tolist() == [2, 2, 2]


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_a_function_that_draws_each_time_is_refused(draw):
    before = random.getstate(), np.random.get_state()[1].tolist()

    def chancy(x):
        draw()
        return x

    with pytest.raises(ValueError, match="draws random numbers of its own"):
        promises.tried(RULE, chancy, np.ones(3))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
