"""ibsweep: information-bottleneck sweeps, many networks and estimators in one tracked command."""

from importlib import import_module
from typing import Any

_HOMES = {"watch": "watching"}  # imported when asked for: the whole takes seconds

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
