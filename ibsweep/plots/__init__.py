"""Draws; the only part that knows how."""

from ibsweep.plots.calibration import calibration
from ibsweep.plots.interactive import interactive_plane
from ibsweep.plots.planes import information_plane

__all__ = [
    "calibration",
    "information_plane",
    "interactive_plane",
]
