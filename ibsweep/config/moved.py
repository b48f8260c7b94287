"""Targets that moved: fingerprints name them where they stood, and former addresses still work."""

from typing import Any

FORMER = {  # prefix of an address to the one in fingerprints and in older configurations
    "ibsweep.networks.activations.": "ibsweep.activations.",
    "ibsweep.networks.noise.": "ibsweep.noise.",
    "ibsweep.learning.regularizers.": "ibsweep.regularizers.",
    "ibsweep.learning.schedule.": "ibsweep.schedule.",
}
_CURRENT = {former: prefix for prefix, former in FORMER.items()}


def former(options: Any) -> Any:  # noqa: ANN401
    """Return plain options with every target where fingerprints have it.

    Example:
        >>> former({"_target_": "ibsweep.networks.noise.additive", "noise_std": 0.1})
        {'_target_': 'ibsweep.noise.additive', 'noise_std': 0.1}
    """
    return _renamed(options, FORMER)


def current(options: Any) -> Any:  # noqa: ANN401
    """Return plain options with every target where it stands now."""
    return _renamed(options, _CURRENT)


def _renamed(node: Any, prefixes: dict[str, str]) -> Any:  # noqa: ANN401
    if isinstance(node, dict):
        return {
            key: _address(value, prefixes) if key == "_target_" else _renamed(value, prefixes)
            for key, value in node.items()
        }
    return [_renamed(entry, prefixes) for entry in node] if isinstance(node, list) else node


def _address(target: Any, prefixes: dict[str, str]) -> Any:  # noqa: ANN401
    for prefix, other in prefixes.items():
        if isinstance(target, str) and target.startswith(prefix):
            return other + target.removeprefix(prefix)
    return target
