"""From an option to the object it names: the one place that follows `_target_`."""

import inspect
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType
from typing import Any

import hydra.utils
from hydra.errors import InstantiationException

from ibsweep import checks
from ibsweep.config import moved

TRUSTED = ("ibsweep.", "torch.nn.")
_UNKNOWN = re.compile(  # in Python's words
    r"(\w+?)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'"
)


class ConfigError(ValueError):
    """An option is wrong; the message names its key, the rule and the value in one line."""


def build(node: Mapping[str, Any], key: str, *, trusted: Sequence[str] = ()) -> Any:  # noqa: ANN401
    """Instantiate the option `node` found at `key`.

    Args:
        node: Plain mapping with a `_target_`.
        key: Where the option stands in the configuration, for messages.
        trusted: Prefixes of targets allowed beside ibsweep's own and torch.nn's.

    Raises:
        ConfigError: If a target is not trusted or does not exist, or refuses its arguments.
    """
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise ConfigError(f"{key} must be an option with a _target_, got {node!r}")
    node = moved.current(node)
    prefixes = (*TRUSTED, *trusted)
    for where, flag in _flags(node, "_partial_", key):
        with blame(""):
            checks.truth(where, flag)
    for where, named in _flags(node, "_target_", key):
        target = str(named)
        if not target.startswith(prefixes) or not _home(target, where).startswith(prefixes):
            allowed = ", ".join(prefixes)
            raise ConfigError(
                f"{where} must start with one of {allowed} (see trusted_targets), got {target!r}"
            )
    with blame(key):
        built = hydra.utils.instantiate(node, _convert_="all")
        _check_keywords(built, key)
        return built


@contextmanager
def blame(key: str) -> Iterator[None]:
    """Turn an error about an argument into one about the option at `key` ("": top level).

    Raises:
        ConfigError: In place of any other error raised inside; one that no rule foresaw, as users'
            own code can raise, is reported with its kind and place.
    """
    try:
        yield
    except ConfigError:
        raise
    except InstantiationException as error:
        cause = error.__cause__ if error.__cause__ is not None else str(error).splitlines()[0]
        raise ConfigError(_located(key, cause)) from error
    except (ValueError, TypeError, MemoryError) as error:
        raise ConfigError(_located(key, error)) from error
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        cause = f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
        raise ConfigError(_located(key, cause)) from error


def _check_keywords(built: object, key: str) -> None:
    """Check that partial functions take the options that they were given, before they are called.

    Raises:
        ConfigError: If one does not.
    """
    if not isinstance(built, partial) or isinstance(built.func, BuiltinFunctionType):
        return  # what is written in C tells when it is called
    parameters = inspect.signature(built.func).parameters
    open_ended = any(one.kind == one.VAR_KEYWORD for one in parameters.values())
    for option, value in built.keywords.items():
        if option not in parameters and not open_ended:
            raise ConfigError(_unknown(key, getattr(built.func, "__name__", "it"), option))
        _check_keywords(value, f"{key}.{option}")


def _home(target: str, where: str) -> str:
    """Name the module that a target is defined in: an attribute may lead out of its package."""
    try:
        named = hydra.utils.get_object(target)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"{where} must name an object that exists, got {target!r}") from error
    return f"{getattr(named, '__module__', '')}."


def _located(key: str, cause: object) -> str:
    message = " ".join(str(cause).split())
    unknown = _UNKNOWN.search(message)
    if key and unknown:
        return _unknown(key, *unknown.groups())
    if not key or message.startswith(f"{key}."):
        return message
    return f"{key}.{message}" if re.match(r"[\w.=\[\]]+ .*must ", message) else f"{key}: {message}"


def _unknown(key: str, function: str, option: str) -> str:
    rule = f"must be an option of {function} (~{key}.{option} takes it out)"
    return f"{key}.{option} {rule}, got an unknown one"


def _flags(node: object, flag: str, key: str) -> Iterator[tuple[str, object]]:
    """Yield what `flag` says to Hydra in an option and in all that it contains, and where."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == flag:
                yield f"{key}.{flag}", value
            yield from _flags(value, flag, f"{key}.{name}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _flags(value, flag, f"{key}[{position}]")
