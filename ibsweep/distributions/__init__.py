"""Pairs of variables whose mutual information is known: what estimators are calibrated on."""

from ibsweep.distributions.base import Distribution

__all__ = ["Distribution"]
