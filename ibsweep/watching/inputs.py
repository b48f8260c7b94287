"""The samples that a watched model is called with, from whatever holds them, as copies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ibsweep import checks
from ibsweep.watching.calling import same_randomness
from ibsweep.watching.recording import Call

_LABELS = ("labels", "label")  # of a data set whose samples are dicts
_AT_ONCE = 256


def read(inputs: object, labels: object) -> tuple[Call, object]:
    """Return what the model is called with, and the labels.

    All is copied once, to the CPU and in the type that it has: it may change afterwards.

    Args:
        inputs: A tensor, an array, a table (its numbers in torch's default type) or a list of
            numbers: the model's only argument. A tuple of these: its arguments. A dict: those by
            name. A data set or loader of such samples, alone or with the label last (in a dict by
            the name `labels` or `label`).
        labels: Of the samples; None: those of the data set or loader, if it has any.

    Raises:
        ValueError: If it is none of these, or not all have as many samples.
    """
    if isinstance(inputs, (DataLoader, Dataset)):
        inputs, own = _loaded(inputs)
        if own is not None and labels is not None:
            raise ValueError("labels must be None where the data set has labels, got two of them")
        labels = own if labels is None else labels
    if isinstance(inputs, Mapping):
        call = Call(
            (), {str(key): tensor(f"inputs[{key!r}]", values) for key, values in inputs.items()}
        )
    elif isinstance(inputs, tuple):
        call = Call(tuple(tensor(f"inputs[{k}]", values) for k, values in enumerate(inputs)), {})
    else:
        call = Call((tensor("inputs", inputs),), {})
    counts = [len(one) for one in call.tensors]
    if not counts or len(set(counts)) > 1 or not counts[0]:
        raise ValueError(f"inputs must hold equally many samples, at least one, got {counts}")
    return call, labels


def tensor(name: str, values: object) -> Tensor:
    """Return a copy of numbers on the CPU, in the type that they have.

    Args:
        name: What an error calls them.
        values: A tensor, array, table or list; the first axis is the samples.

    Raises:
        ValueError: If they are no numbers.
    """
    try:
        copied = _copied(values)
    except (TypeError, ValueError, RuntimeError) as error:
        got = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise ValueError(f"{name} must be a tensor or array of numbers, got {got}") from error
    if not copied.ndim or copied.layout is not torch.strided:
        got = f"shape {tuple(copied.shape)}, {copied.layout}"
        raise ValueError(f"{name} must be dense, with the samples as the first axis, got {got}")
    return copied


def _copied(values: object) -> Tensor:
    if isinstance(values, Tensor):
        return values.detach().to("cpu", copy=True)
    if isinstance(values, (pd.DataFrame, pd.Series)):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return torch.tensor(numbers, dtype=torch.get_default_dtype(), device="cpu")
    if isinstance(values, np.ndarray):
        native = values.dtype.newbyteorder("=")
        return torch.from_numpy(np.array(values, dtype=native, copy=True))
    return torch.tensor(checks.sequence("values", values), device="cpu")


def _loaded(source: DataLoader | Dataset) -> tuple[object, object]:
    """Read a data set once, in the order that its loader gives; no worker is started."""
    loader = source if isinstance(source, DataLoader) else DataLoader(source, _AT_ONCE)
    data, parts = loader.dataset, (loader, loader.sampler, loader.batch_sampler, loader.dataset)
    if isinstance(data, IterableDataset) or not hasattr(data, "__getitem__"):
        rule = "must be of a data set that can be read again, by index"
        raise ValueError(f"inputs {rule}, got {type(data).__name__}")
    order: dict[str, Any] = {"batch_sampler": loader.batch_sampler}
    if loader.batch_sampler is None:  # its samples are batches
        order = {"sampler": loader.sampler, "batch_size": None}
    with same_randomness(*(part for part in parts if hasattr(part, "__dict__"))):
        batches = list(DataLoader(data, collate_fn=loader.collate_fn, **order))
    if not batches:
        raise ValueError("inputs must hold at least one sample, got an empty data set")
    return _apart(_joined(batches))


def _joined(batches: Sequence[Any]) -> object:
    """Join batches of tensors, also in tuples and dicts."""
    first = batches[0]
    if isinstance(first, Mapping):
        return {key: _joined([one[key] for one in batches]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(_joined(parts) for parts in zip(*batches, strict=True))
    if not isinstance(first, Tensor):
        raise ValueError(
            f"inputs must be of a data set of tensors and numbers, got {type(first).__name__}"
        )
    try:
        return torch.cat([*batches])
    except RuntimeError as error:
        raise ValueError(
            f"inputs must be of one shape in all batches, got {' '.join(str(error).split())}"
        ) from error


def _apart(whole: object) -> tuple[object, object]:
    """Return inputs and labels of a whole data set; None for labels that it has not."""
    if isinstance(whole, Mapping):
        named = next((name for name in _LABELS if name in whole), None)
        others = {key: values for key, values in whole.items() if key != named}
        return others, None if named is None else whole[named]
    if isinstance(whole, tuple):
        inputs, labels = (whole, None) if len(whole) == 1 else (whole[:-1], whole[-1])
        return inputs if len(inputs) > 1 else inputs[0], labels
    return whole, None
