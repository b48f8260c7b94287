"""Options whose data come from files: known by what the files hold, not by where they are."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hydra.utils import to_absolute_path
from omegaconf import DictConfig

from ibsweep.config.instantiation import ConfigError

MOST_BYTES = 100_000_000  # that are sent to workers
PATHS = ("path", "root")  # of an option: where its data are, which says nothing of its numbers


def absolute(path: str) -> Path:
    """Return a path that a user typed: `~` is the home, and it starts where the command was typed.

    A folder that is really called `~` is `./~`.
    """
    return Path(to_absolute_path(os.path.expanduser(path)))


def without_paths(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return an option without what says where its data are."""
    return {key: value for key, value in node.items() if key not in PATHS}


def named(config: DictConfig) -> dict[str, str]:
    """Return the paths that the options of a configuration name, as typed, by dotted key."""
    return {
        f"{group!s}.{key}": node[key]
        for group, node in config.items()
        if isinstance(node, DictConfig)
        for key in PATHS
        if isinstance(node.get(key), str) and node[key]
    }


def place(typed: str) -> Path:
    """Return where what lies at a path, as typed, lies in a folder of such files."""
    return Path(hashlib.sha256(typed.encode()).hexdigest()[:16]) / Path(typed).name


def contents(config: DictConfig) -> dict[str, bytes]:
    """Read the files that a configuration names, and those in the folders that it names.

    Returns:
        Path as `place` has it, to what it holds.

    Raises:
        ConfigError: If the files of an option are more than `MOST_BYTES`.
    """
    files: dict[str, bytes] = {}
    for key, typed in named(config).items():
        path = absolute(typed)
        inside = [file for file in (path, *sorted(path.glob("*"))) if file.is_file()]
        if (size := sum(file.stat().st_size for file in inside)) > MOST_BYTES:
            rule = f"must hold ≤ {MOST_BYTES:.0e} bytes to travel to workers that do not see it"
            raise ConfigError(f"{key} {rule}, got {size}")
        for file in inside:
            files[str(place(typed) / file.relative_to(path))] = file.read_bytes()
    return files


class Source(NamedTuple):
    """An option and the state of its files: equal ones give equal data, so it keys caches.

    Attributes:
        node: The option as JSON, its paths absolute.
        files: Path, size in bytes and time of writing of what is there.
    """

    node: str
    files: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, node: object) -> "Source":
        """Look at the files that an option names; what is no option at all names none."""
        if not isinstance(node, Mapping):
            return cls(json.dumps(node), ())
        named = {key: node[key] for key in PATHS if isinstance(node.get(key), str) and node[key]}
        paths = {key: absolute(path) for key, path in named.items()}
        files = (file for path in paths.values() for file in (path, *sorted(path.glob("*"))))
        states = ((str(file), file.stat()) for file in files if os.path.exists(file))
        return cls(
            json.dumps({**node, **{key: str(path) for key, path in paths.items()}}),
            tuple((file, state.st_size, state.st_mtime_ns) for file, state in states),
        )
