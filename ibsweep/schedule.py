"""The former address of `ibsweep.learning.schedule`."""

from ibsweep.learning.schedule import explicit, linear, logarithmic, saxe

__all__ = ["explicit", "linear", "logarithmic", "saxe"]
