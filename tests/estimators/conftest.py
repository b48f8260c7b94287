"""What tests of estimators draw from."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator of the test's own."""
    return np.random.default_rng(0)
