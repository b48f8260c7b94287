"""The package of Czyż et al. as the oracle: their information and samples, from its own Python."""

import json
import os
import subprocess

import numpy as np
import pytest
from scipy.stats import ks_2samp

PYTHON = os.environ.get("BENCHMARK_MI_PYTHON")  # of an environment with benchmark-mi 0.1.3
needs_oracle = pytest.mark.skipif(PYTHON is None, reason="BENCHMARK_MI_PYTHON names no Python")


def known(program):
    """Run a program that prints, as JSON, each task's information in nats and samples x and y."""
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=True)
    for task, (nats, *samples) in json.loads(done.stdout).items():
        yield task, nats, [np.array(rows) for rows in samples]


def check_same_law(ours, theirs, task):
    """Two-sample tests of every coordinate, and of the product of all of them."""
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        for a, b in zip(one.T, other.T, strict=True):
            assert ks_2samp(a, b).pvalue > 1e-6, task
    products = [np.prod(np.hstack(pair), axis=1) for pair in (ours, theirs)]
    assert ks_2samp(*products).pvalue > 1e-6, task
