"""Watches the training of any torch model, in the user's own loop."""

from ibsweep.watching.entry import watch
from ibsweep.watching.plan import Description, Measuring, Storing
from ibsweep.watching.probe import Probe

__all__ = ["Description", "Measuring", "Probe", "Storing", "watch"]
