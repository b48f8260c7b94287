"""Information between two variables that take few values, by how often these occur."""

import numpy as np


def class_contributions(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return each sample's contribution to the information of two classes.

    ln n n_ab / (n_a n_b), less the bias (cells − rows − columns + 1) / 2n of their mean, of the
    cells, rows and columns that occur.

    Args:
        a: Class of each sample, 0 …, shape `(n,)`.
        b: Likewise.

    Returns:
        Nats, shape `(n,)`; the information is their mean.

    References:
        Miller, Note on the bias of information estimates, 1955.

    Example:
        >>> a = np.arange(1000) % 2
        >>> [round(float(class_contributions(a, b).mean()), 2) for b in (a, a[::2].repeat(2))]
        [0.69, 0.0]
    """
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1)
    rows, columns, n = counts.sum(axis=1), counts.sum(axis=0), len(a)
    cells = int((counts > 0).sum()), int((rows > 0).sum()), int((columns > 0).sum())
    bias = (cells[0] - cells[1] - cells[2] + 1) / (2 * n)
    terms: np.ndarray = np.log(counts[a, b] * n / (rows[a] * columns[b])) - bias
    return terms
