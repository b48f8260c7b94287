"""Tries what users plug in: whether it does what the rest relies on, and nothing else.

Every check calls the part on a few made-up numbers. What fails is a ValueError: the rule, the part
that was got, and what is wrong with it.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

T = TypeVar("T")
MEMBERS = 3  # of the ensembles that parts are tried on
_ATTEMPTS = 5  # at seeing no random number drawn: other threads, as Dask's, draw some at times
_APART = 1e-5  # by which numbers may differ that are the same but for rounding in float32


def kind(built: object, wanted: type[T], article: str = "a") -> T:
    """Return what an option made, if it is of the kind that belongs there.

    Raises:
        ValueError: If it is of another.
    """
    if not isinstance(built, wanted):
        got = built.__name__ if isinstance(built, type) else type(built).__name__
        raise ValueError(f"_target_ must make {article} {wanted.__name__}, got {got}")
    return built


def function(built: T, what: str) -> T:
    """Return what an option made, if it can be called.

    Raises:
        ValueError: If it cannot.
    """
    if not callable(built):
        raise ValueError(
            f"_target_ must make {what} (_partial_: true?), got {type(built).__name__}"
        )
    return built


def shown(part: object) -> str:
    """Return a function or module as users wrote it."""
    named = getattr(part, "func", part)
    return getattr(named, "__qualname__", None) or repr(named)


def is_ours(part: object) -> bool:
    """Say whether a function or object is of this package, whose tests try it."""
    named = getattr(part, "func", part)
    return str(getattr(named, "__module__", "")).startswith("ibsweep.")


def tried(rule: str, call: Callable[..., T], *inputs: Any, **named: Any) -> T:  # noqa: ANN401
    """Return what a function makes of copies of inputs; global random numbers stay as they are.

    Args:
        rule: What the function must do, and which was got, for the message.
        call: The function.
        inputs: Tensors and arrays, or mappings of those to names, and other values.
        named: The same, by keyword.

    Raises:
        ValueError: If it changes its inputs, draws global random numbers, or gives something else
            the second time.
    """
    for _ in range(_ATTEMPTS):
        with _random_numbers_kept() as drawn:
            results = [_call(rule, call, inputs, named) for _ in range(2)]
        if not same(*results, tolerance=0.0):
            break
        if not drawn[0]:
            return results[0]
    raise ValueError(f"{rule}, which draws random numbers of its own")


def _call(
    rule: str, call: Callable[..., T], inputs: Sequence[object], named: Mapping[str, object]
) -> T:
    """Call a function, and check that its inputs are as they were."""
    copies, names = _copy(list(inputs)), _copy(dict(named))
    result = call(*copies, **names)
    if not same([*copies, names], [*inputs, dict(named)], tolerance=0.0):
        raise ValueError(f"{rule}, which changes its inputs")
    return result


def check_apart(
    rule: str, call: Callable[[Tensor], Tensor], values: Tensor, *, axes: Sequence[int]
) -> None:
    """Check that each place of an axis gets what it would get were the others different.

    Args:
        rule: What the function must do, and which was got.
        call: Values to a result that has the same axes at least.
        values: Of any shape.
        axes: Those along which nothing may be mixed.

    Raises:
        ValueError: If something is.
    """
    whole = call(values.clone())
    for axis in axes:
        for place in range(values.shape[axis]):
            other = values.clone()
            other.select(axis, place).mul_(-1.5).add_(0.75)
            changed = call(other)
            kept = [k for k in range(values.shape[axis]) if k != place]
            index = torch.tensor(kept)
            pair = (whole.index_select(axis, index), changed.index_select(axis, index))
            if not same(*pair, tolerance=_APART):
                raise ValueError(f"{rule}, which mixes them")


def same(one: object, other: object, *, tolerance: float) -> bool:
    """Say whether values are equal, NaN being equal to NaN; also nested ones.

    Args:
        one: Tensors, arrays, numbers, or lists, tuples and mappings of those.
        other: The same.
        tolerance: By which numbers may differ, relative to those beyond one.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            same(one[key], other[key], tolerance=tolerance) for key in one
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = list(zip(one, other, strict=False))
        return len(one) == len(other) and all(same(*pair, tolerance=tolerance) for pair in pairs)
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        return torch.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other)
    return one == other if isinstance(one, str | int) else True  # else nothing is known


def _copy(value: Any) -> Any:  # noqa: ANN401
    """Return a copy of values, nested ones too."""
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    if isinstance(value, Tensor):
        return value.clone()
    return np.copy(value) if isinstance(value, np.ndarray) else value


@contextmanager
def _random_numbers_kept() -> Iterator[list[bool]]:
    """Give the global random numbers back as they were; the list says whether some were drawn."""
    drawn = [False]
    kept = torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate()
    try:
        yield drawn
        now = np.random.get_state(legacy=False)
        drawn[0] = (
            not torch.equal(kept[0], torch.get_rng_state())
            or repr(kept[1]) != repr(now)
            or not np.array_equal(kept[1]["state"]["key"], now["state"]["key"])
            or kept[2] != random.getstate()
        )
    finally:
        torch.set_rng_state(kept[0])
        np.random.set_state(kept[1])
        random.setstate(kept[2])
