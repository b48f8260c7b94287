"""Injective maps of samples, which keep the information."""

import numpy as np


def spiral(plane: tuple[int, int], x: np.ndarray, *, speed: float) -> np.ndarray:
    """Rotate each sample in the plane of two coordinates, by the angle `speed` · |x|².

    Args:
        plane: Numbers of the coordinates.
        x: Shape `(samples, d)`.
        speed: Radians for a unit of squared length.

    Returns:
        Shape `(samples, d)`.

    References:
        Czyż et al., Beyond normal, 2023, appendix. https://arxiv.org/abs/2306.11078

    Example:
        >>> spiral((0, 1), np.array([[2.0, 0.0]]), speed=np.pi / 8).round(6) + 0
        array([[0., 2.]])
    """
    angle, turned = speed * (x**2).sum(axis=1), x.copy()
    a, b = plane
    turned[:, a] = np.cos(angle) * x[:, a] - np.sin(angle) * x[:, b]
    turned[:, b] = np.sin(angle) * x[:, a] + np.cos(angle) * x[:, b]
    return turned
