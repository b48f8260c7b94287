"""The batches that the members of an ensemble see."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.learning.ensemble import Ensemble, Member
from ibsweep.networks.weights import padded
from ibsweep.randomness import Generators
from ibsweep.types import Dataset


class Order:
    """The order in which members see the rows of their training parts, drawn anew each epoch.

    Args:
        members: The networks of an ensemble.

    Attributes:
        generators: Where the order comes from.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.generators = Generators("batches", [m.seeds["batches"] for m in members])
        self._rows = torch.stack([torch.from_numpy(m.split.train) for m in members])
        self._same_rows = bool((self._rows == self._rows[0]).all())

    @property
    def shared(self) -> bool:
        """Whether all members have the same order."""
        return self._same_rows and len(self.generators.distinct) == 1

    def draw(self) -> Tensor:
        """Return the rows of one epoch, one line a member, or one line if all members share it."""
        order = self.generators.permutation(self._rows.shape[1])
        if self.shared:
            return self._rows[0].index_select(0, order[0])[None]
        return self._rows.gather(1, order)


class Batches:
    """The batches of an epoch, padded to an aligned number of samples.

    Args:
        ensemble: What is trained.
        order: Of the rows.
    """

    def __init__(self, ensemble: Ensemble, order: Order) -> None:
        dataset = ensemble.dataset
        self._order, self._members = order, ensemble.members
        self._size = ensemble.options.batch_size
        self._continuous = dataset.continuous
        targets = _columns(dataset)
        self._inputs, self._targets = (
            columns.contiguous().to(device=ensemble.device, dtype=ensemble.dtype)
            for columns in (torch.from_numpy(dataset.inputs.T), targets)
        )

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return -(-len(self._members[0].split.train) // self._size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs and targets, shape `(members, features or classes, samples)`.

        A target is the class's probability times the sample's share of the mean; of a regression
        they are the targets, and that share as one more.
        """
        rows = self._order.draw()
        for batch in rows.split(self._size, dim=1):
            size = batch.shape[1]
            index = functional.pad(batch, (0, padded(size) - size)).to(self._inputs.device)
            targets = self._shared(self._gather(self._targets, index), size)
            yield self._spread(self._gather(self._inputs, index)), self._spread(targets)

    def _shared(self, targets: Tensor, size: int) -> Tensor:
        """Weigh the samples of a batch: each by 1/size, those that fill it up by 0."""
        if self._continuous:
            targets[..., -1, :] /= size
            targets[..., -1, size:] = 0
        else:
            targets = targets / size
            targets[..., size:] = 0
        return targets

    @staticmethod
    def _gather(columns: Tensor, index: Tensor) -> Tensor:
        return columns[:, index].transpose(0, 1)

    def _spread(self, shared: Tensor) -> Tensor:
        return shared.expand(len(self._members), -1, -1)


def training_rows(ensemble: Ensemble) -> Tensor:
    """Return what each member trains on, on the CPU, padded by repeating its first pattern.

    Returns:
        Shape `(members, features, samples)`, with a stride of 0 over members that share it.
    """
    rows = torch.stack([torch.from_numpy(m.split.train) for m in ensemble.members])
    same = bool((rows == rows[0]).all())
    index = rows[:1] if same else rows
    fill = padded(index.shape[1]) - index.shape[1]
    index = torch.cat([index, index[:, :1].expand(-1, fill)], dim=1)
    columns = torch.from_numpy(ensemble.dataset.inputs.T).to(ensemble.dtype)
    inputs = columns[:, index].transpose(0, 1).contiguous()
    return inputs.expand(len(ensemble.members), -1, -1)


def _columns(dataset: Dataset) -> Tensor:
    """Return the targets of all samples, a column each: one-hot labels, or numbers and a 1."""
    if dataset.targets is None:
        return functional.one_hot(torch.from_numpy(dataset.labels), dataset.classes).T
    targets = torch.from_numpy(dataset.targets.T)
    return torch.cat([targets, torch.ones_like(targets[:1])])
