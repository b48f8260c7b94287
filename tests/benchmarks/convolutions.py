"""Convolutional networks together against one by one: `python -m tests.benchmarks.convolutions`.

An ensemble, then ensembles of one, on one core; and beside them each network in a plain PyTorch
loop with the same layers, noise and optimiser. Once with the digits preset, once with the one of
MNIST, on digits enlarged to its size. The numbers of each seed must be the same; what differs is
the time, that of the processor, so that other work on the machine counts little.
"""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.learning.ensemble import Ensemble, Member
from ibsweep.learning.trainer import train
from ibsweep.networks.conv import ConvNet
from ibsweep.networks.noise import Noise, dropout, relative
from ibsweep.tasks.digits import digits
from ibsweep.tasks.split import stratified
from ibsweep.types import Dataset
from tests.learning.test_trainer import OPTIONS, SEEDING
from tests.networks.test_conv import conv

NOISE_STD = 0.01
DIGITS = digits()
LARGE = dataclasses.replace(
    DIGITS,
    inputs=np.pad(
        np.kron(np.tile(DIGITS.inputs, (3, 1)).reshape(-1, 8, 8), np.ones((1, 3, 3))),
        ((0, 0), (2, 2), (2, 2)),
    ).reshape(-1, 28 * 28),
    labels=np.tile(DIGITS.labels, 3),
    shape=(1, 28, 28),
)


class Size(NamedTuple):
    """What is trained.

    Attributes:
        blocks: Options of the convolutions.
        dataset: What is learned.
        batch: Samples in a batch.
        members: Networks.
        epochs: Of each.
        dropout: Rate before each convolution.
    """

    blocks: Sequence[Mapping[str, int]]
    dataset: Dataset
    batch: int
    members: int
    epochs: int
    dropout: float

    @property
    def network(self) -> ConvNet:
        """The network of the preset."""
        return conv(self.blocks, [32], self.dataset.shape)

    @property
    def noises(self) -> list[Noise]:
        """What makes it stochastic."""
        sites = [f"layer_{k + 1}" for k in range(len(self.blocks))]
        known: list[Noise] = [relative(noise_std=NOISE_STD, sites="all")]
        if self.dropout:
            known.append(dropout(rate=self.dropout, sites=sites, when_measuring=False))
        return known


SIZES = {
    "digits": Size(
        [{"channels": 8, "padding": 1}, {"channels": 16, "padding": 1}], DIGITS, 128, 10, 8, 0.0
    ),
    "MNIST": Size([{"channels": n} for n in (8, 16, 32)], LARGE, 1024, 10, 1, 0.1),
}


class Relative(nn.Module):
    """Relative noise as one would write it."""

    def forward(self, held: Tensor) -> Tensor:
        """Multiply by 1 + σ·ε."""
        return held * (1 + NOISE_STD * torch.randn_like(held))


def parts_of(size: Size, seeds: Sequence[int]) -> Ensemble:
    """Return the ensemble of some seeds."""
    split = stratified(size.dataset.labels, 0, train_fraction=0.8)
    return Ensemble(
        network=size.network,
        members=[Member(SEEDING["init"](seed), split, 0.001) for seed in seeds],
        regularizers=[],
        dataset=size.dataset,
        options=dataclasses.replace(OPTIONS, epochs=size.epochs, batch_size=size.batch),
        snapshots=np.array([0, size.epochs]),
        device=torch.device("cpu"),
        dtype=torch.float32,
        noises=size.noises,
    )


def plain_model(size: Size) -> nn.Sequential:
    """Return the network in torch's own layers."""
    model, below = nn.Sequential(), 1
    for block in size.blocks:
        edge, channels = block.get("padding", 0), block["channels"]
        model.extend([Relative(), nn.Dropout(size.dropout)] if size.dropout else [Relative()])
        model.extend([nn.Conv2d(below, channels, 3, padding=edge), nn.MaxPool2d(2)])
        model.append(nn.LeakyReLU(0.01))
        below = channels
    units = size.network.units[len(size.blocks) - 1]
    model.extend([nn.Flatten(), Relative(), nn.Linear(units, 32), nn.LeakyReLU(0.01)])
    return model.extend([Relative(), nn.Linear(32, 10)])


def train_plainly(size: Size) -> None:
    """Train one network in a plain PyTorch loop."""
    model = plain_model(size)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    data = size.dataset
    images = torch.from_numpy(data.inputs).float().view(-1, *(data.shape or ()))
    labels = torch.from_numpy(data.labels)
    rows = torch.from_numpy(parts_of(size, [0]).members[0].split.train)
    for _ in range(size.epochs):
        for batch in rows[torch.randperm(len(rows))].split(size.batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()


def compare(name: str, size: Size) -> None:
    """Print whether the numbers are the same, the times and their ratios."""
    train(parts_of(size, [0]))
    train_plainly(size)
    start = time.process_time()
    together = train(parts_of(size, range(size.members))).weights
    middle = time.process_time()
    alone = torch.cat([train(parts_of(size, [k])).weights for k in range(size.members)], dim=1)
    end = time.process_time()
    for _ in range(size.members):
        train_plainly(size)
    seconds = (middle - start, end - middle, time.process_time() - end)
    print(f"{name}: same numbers for each seed: {torch.equal(together, alone)}")
    for how, spent in zip(("together", "one by one", "plain PyTorch"), seconds, strict=True):
        print(f"{how:14s} {1000 * spent / size.members / size.epochs:6.1f} ms a network and epoch")
    print(f"ratio {seconds[1] / seconds[0]:.2f}, of plain PyTorch {seconds[2] / seconds[0]:.2f}")


def main() -> None:
    """Compare at both sizes."""
    torch.set_num_threads(1)
    for name, size in SIZES.items():
        compare(name, size)


if __name__ == "__main__":
    main()
