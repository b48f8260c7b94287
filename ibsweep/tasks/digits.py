"""Handwritten digits of 8×8 pixels, which come with scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from ibsweep.types import Dataset


def digits() -> Dataset:
    """Scikit-learn's digits: 1797 images of 8×8 pixels from 43 writers, values 0 … 1.

    References:
        Alpaydin & Kaynak, Optical recognition of handwritten digits, 1998.
        https://doi.org/10.24432/C50P49

    Example:
        >>> digits().shape, len(digits().labels)
        ((1, 8, 8), 1797)
    """
    bundled = load_digits()
    inputs = bundled.data / 16  # grey levels 0 … 16
    return Dataset(inputs, bundled.target.astype(np.int64), classes=10, shape=(1, 8, 8))
