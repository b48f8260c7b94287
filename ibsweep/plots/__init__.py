"""Draws; the only part that knows how."""

from ibsweep.plots.planes import information_plane

__all__ = ["information_plane"]
