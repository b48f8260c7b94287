"""Heavy tails tamed by invertible maps, which keep the information."""

import numpy as np

NORMAL_RATIO = 3.449  # of the 1 … 99 % range to the interquartile range, for a normal margin
EXCESS = 1.25  # times that is heavy, for very many samples
UNSURE = 4.0  # / √n: by how much more the ratio of n normal samples may exceed it
NORMAL_IQR = 1.349


def heavy(x: np.ndarray) -> np.ndarray:
    """Say which columns have heavier tails than a normal margin.

    A column is heavy if the range of its central 98 % over its interquartile range exceeds that of
    a normal margin by a quarter and by what chance allows. Student's t with up to 4 degrees of
    freedom is, and Laplace's; a normal, uniform or exponential margin is not.

    Args:
        x: Shape `(n, d)`.

    Returns:
        Shape `(d,)`, bool.

    Example:
        >>> z = np.random.default_rng(0).normal(size=(999, 2))
        >>> heavy(np.stack([z[:, 0], z[:, 0] / z[:, 1]], axis=1)).tolist()
        [False, True]
    """
    low, first, third, high = np.quantile(x, [0.01, 0.25, 0.75, 0.99], axis=0)
    limit = NORMAL_RATIO * (EXCESS + UNSURE / np.sqrt(len(x)))
    return (high - low > limit * (third - first)) & (third > first)


def by_column(x: np.ndarray) -> np.ndarray:
    """Map heavy columns by s · asinh((x − median) / s), s the interquartile range / 1.349.

    The central part of a column keeps its scale: on a bent support, narrow directions stay narrow.

    Args:
        x: Shape `(n, d)`.

    Returns:
        Shape `(n, d)`; columns that are not heavy as they are.

    Example:
        >>> z = np.random.default_rng(0).normal(size=(999, 2))
        >>> ratio = z[:, :1] / z[:, 1:]
        >>> [round(float(np.abs(column).max())) for column in (ratio, by_column(ratio))]
        [1015, 11]
    """
    columns = heavy(x)
    if not columns.any():
        return x
    first, middle, third = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
    scale = np.where(columns, (third - first) / NORMAL_IQR, 1.0)
    return np.where(columns, scale * np.arcsinh((x - middle) / scale), x)


def by_radius(x: np.ndarray) -> np.ndarray:
    """Draw samples towards their median, by asinh of the distance; the direction is kept.

    Where samples of two vectors are alike but for a rotation, they still are afterwards, which
    maps of single columns would change.

    Args:
        x: Shape `(n, d)`.

    Returns:
        Shape `(n, d)`.
    """
    first, middle, third = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
    scale = max(float(np.sqrt(np.mean((third - first) ** 2))) / NORMAL_IQR, 1e-300)
    away = (x - middle) / scale
    radius = np.linalg.norm(away, axis=1, keepdims=True)
    return away * np.divide(np.arcsinh(radius), radius, out=np.ones_like(radius), where=radius > 0)
