"""Tasks on all binary patterns of a given length: the spherical rule, parity, shuffled labels."""

import numpy as np

from ibsweep import checks
from ibsweep.types import Dataset

_PHI = (1 + 5**0.5) / 2
_VERTICES = np.array(  # of an icosahedron, in the order of the pattern's bits, first bit first
    [
        (0, 1, _PHI),
        (1, _PHI, 0),
        (0, 1, -_PHI),
        (-1, _PHI, 0),
        (_PHI, 0, -1),
        (0, -1, _PHI),
        (1, -_PHI, 0),
        (-1, -_PHI, 0),
        (-_PHI, 0, -1),
        (0, -1, -_PHI),
        (-_PHI, 0, 1),
        (_PHI, 0, 1),
    ]
)
_THRESHOLD = 99


def _patterns(bits: int) -> np.ndarray:
    """All patterns of `bits` bits in counting order, most significant bit first."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits)[::-1]) & 1


def _couplings() -> np.ndarray:
    """Coupling of two vertices: 1 for neighbours, −5 for second neighbours, −8 for antipodes."""
    cosines = _VERTICES @ _VERTICES.T / (_VERTICES[0] @ _VERTICES[0])
    couplings = np.select([cosines > 0.9, cosines > 0, cosines > -0.9], [0, 1, -5], default=-8)
    return couplings.astype(np.int64)


def spherical() -> Dataset:
    r"""All patterns of 12 bits on a sphere, labelled by a rule that rotations leave unchanged.

    The bits sit at the vertices of an icosahedron; with :math:`\kappa` = 1, −5, −8 for neighbours,
    second neighbours and antipodes,

    .. math:: y = [23 \sum_i x_i + \sum_{i<j} x_i x_j \kappa_{ij} \ge 99].

    Returns:
        4096 patterns; 2118 have label 1, H(Y) = 0.99916 bits.

    References:
        Shwartz-Ziv & Tishby, Opening the black box of deep neural networks via information, 2017.
        https://arxiv.org/abs/1703.00810

    Example:
        >>> int(spherical().labels.sum())
        2118
    """
    patterns = _patterns(12)
    pairs = (
        np.einsum("ni,ij,nj->n", patterns, _couplings(), patterns) // 2
    )  # each pair is met twice
    labels = 23 * patterns.sum(axis=1) + pairs >= _THRESHOLD
    return Dataset(patterns.astype(np.float64), labels.astype(np.int64), classes=2)


def parity(*, bits: int) -> Dataset:
    """All patterns of `bits` bits, labelled by the parity of their ones.

    Args:
        bits: Length of the patterns, 2 … 16.

    Raises:
        ValueError: If `bits` is outside this range.

    Example:
        >>> parity(bits=2).labels.tolist()
        [0, 1, 1, 0]
    """
    if checks.integer("bits", bits, minimum=2) > 16:
        raise ValueError(f"bits must be an integer ≤ 16, got {bits}")
    patterns = _patterns(bits)
    return Dataset(patterns.astype(np.float64), patterns.sum(axis=1) % 2, classes=2)


def shuffled(*, seed: int) -> Dataset:
    """The spherical task with its labels permuted: nothing to generalise, all to memorise.

    Args:
        seed: Seed of the permutation, a non-negative integer.

    Raises:
        ValueError: If `seed` is not one.

    References:
        Zhang et al., Understanding deep learning requires rethinking generalization, 2017.
        https://arxiv.org/abs/1611.03530
    """
    order = np.random.default_rng(checks.seed("seed", seed))
    task = spherical()
    return Dataset(task.inputs, order.permutation(task.labels), task.classes)
