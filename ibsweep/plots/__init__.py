"""Draws; the only part that knows how."""
