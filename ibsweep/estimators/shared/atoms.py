"""Values that occur again and again beside a density, as the zeros of a ReLU layer."""

import numpy as np

SHARE = 0.02  # of the samples that a value, or a set of columns at such values, must make up
FEWEST = 40  # samples, likewise


def patterns(x: np.ndarray) -> np.ndarray:
    """Say for each sample which of its columns are at an atom, and at which.

    An atom of a column is a value that at least 2 % of the samples share, if the column has a
    density beside: most of the other samples have values of their own. Sets of atoms that fewer
    samples show are no class of their own.

    Args:
        x: Shape `(n, d)`.

    Returns:
        Number of the class of each sample, shape `(n,)`; all 0 where there is no atom.

    Example:
        >>> x = np.maximum(np.random.default_rng(0).normal(size=(200, 1)), 0)
        >>> bool((patterns(x) == (x[:, 0] == 0)).all())
        True
    """
    least = max(FEWEST, SHARE * len(x))
    marks = np.stack([_marks(column, least) for column in x.T], axis=1)
    sets, of, sizes = np.unique(marks, axis=0, return_inverse=True, return_counts=True)
    kept = np.flatnonzero((sizes >= least) & sets.any(axis=1))
    numbers = np.zeros(len(sizes), dtype=np.int64)
    numbers[kept] = 1 + np.arange(len(kept))
    return numbers[of.ravel()]


def _marks(column: np.ndarray, least: float) -> np.ndarray:
    """Number the atoms from 1; 0 for what lies beside them."""
    _, of, sizes = np.unique(column, return_inverse=True, return_counts=True)
    atoms = sizes >= least
    alone = (sizes == 1).sum()
    if not atoms.any() or alone < max(least, sizes[~atoms].sum() / 2):
        return np.zeros(len(column), dtype=np.int64)
    return (np.cumsum(atoms) * atoms)[of]
