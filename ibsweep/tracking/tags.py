"""What a run says about itself besides numbers: what was asked for, and where it was computed."""

import functools
import importlib.metadata
import json
import math
import platform
import posixpath
import re
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from ibsweep.records import Job

COMPLETE = {"ibsweep.complete": "1"}  # of a run all of which is written
_NAME = re.compile(r"[/\w.\- :]+")  # of MLflow's metrics and parameters
_LONGEST_NAME = 250
_LONGEST_PARAM = 6000
_LONGEST_TAG = 8000


def job_tags(job: Job) -> dict[str, str]:
    """Return the tags by which a job's run is found and compared."""
    tags = {**job.choices, "seed": str(job.seed)}
    tags |= {
        "ibsweep.kind": job.kind,
        "ibsweep.fingerprint": job.fingerprint,
        "ibsweep.training_fingerprint": job.training_fingerprint,
        "ibsweep.configuration": job.configuration,
    }
    if job.engine is not None:
        tags["ibsweep.engine"] = job.engine
    return tags if job.sweep is None else tags | {sweep_tag(job.sweep): "1"}


def sweep_tag(sweep: str) -> str:
    """Return the tag that marks the runs of a sweep."""
    return f"ibsweep.sweep.{sweep}"


def check_name(key: str, name: str) -> None:
    """Check that MLflow takes a name for a metric or parameter.

    Args:
        key: What an error calls it.
        name: The name.

    Raises:
        ValueError: If it does not.
    """
    path = posixpath.normpath(name) == name and not name.startswith(("/", "..")) and name != "."
    if not _NAME.fullmatch(name) or not path or len(name) > _LONGEST_NAME:
        rule = f"must be named by at most {_LONGEST_NAME} letters, digits, spaces and _ - . : /"
        raise ValueError(f"{key} {rule}, got {name!r}")


def tag_text(value: object) -> str:
    """Return a value as the text of a tag, shortened to what MLflow can store."""
    return _shorten(str(value), _LONGEST_TAG)


def param_texts(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return parameters as texts that can be read back: JSON, but for plain text.

    MLflow holds 6000 characters of each; a longer one ends in an ellipsis.
    """
    return {
        name: _shorten(value if isinstance(value, str) else json.dumps(value), _LONGEST_PARAM)
        for name, value in parameters.items()
    }


def job_params(job: Job) -> dict[str, str]:
    """Return a job's parameters and choices, so that MLflow compares runs by both."""
    return param_texts({**job.choices, **job.parameters})


def param_value(text: str) -> object:
    """Return a parameter's number, truth value, None or text from its stored text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, (list, dict)) else value


def number(text: str | None) -> float | None:
    """Return a tag's finite number, or None if it holds none: tags can be edited in the UI."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def process_tags() -> dict[str, str]:
    """Return where and by what this process computes: host, pid, user, versions, commit, time."""
    process = psutil.Process()
    return _origin_tags() | {
        "ibsweep.pid": str(process.pid),
        "ibsweep.pid_start": str(process.create_time()),
        "ibsweep.heartbeat": str(int(time.time())),
    }


@functools.cache
def _origin_tags() -> dict[str, str]:
    """Return what does not change while the program runs; asking for it takes 40 ms."""
    from mlflow.tracking.context.registry import resolve_tags

    tags = resolve_tags({})
    tags |= {
        "ibsweep.host": socket.gethostname(),
        "ibsweep.version.python": platform.python_version(),
    }
    for package in ("ibsweep", "torch", "numpy", "mlflow"):
        tags[f"ibsweep.version.{package}"] = _version(package)
    commit = _commit()
    return tags | ({"ibsweep.git_commit": commit} if commit else {})


def _version(package: str) -> str:
    """Return a package's version; a checkout that was not installed has none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str | None:
    """Return the commit of the checkout that this package lies in, if it lies in one."""
    checkout = Path(__file__).parents[2]
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _shorten(text: str, length: int) -> str:
    """Return the text, or its beginning and an ellipsis if it is too long."""
    return text if len(text) <= length else text[: length - 1] + "…"
