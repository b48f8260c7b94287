"""Convolutional networks together against one by one: `python -m tests.benchmarks.convolutions`.

Ten networks as one ensemble, then ten ensembles of one, on one core, on digits; and beside them
each in a plain PyTorch loop. The numbers of each seed must be the same; what differs is the time.
"""

import dataclasses
import time

import numpy as np
import torch
from torch import nn

from ibsweep.learning import train
from tests.networks.test_conv import DIGITS, SMALL, conv, ensemble
from tests.test_learning import OPTIONS

SEEDS = range(10)
EPOCHS = 4
BATCH = 128


def parts_of(seeds):
    """Return an ensemble of the digits preset."""
    return ensemble(
        seeds,
        network=conv(
            [{**block, "channels": n} for block, n in zip(SMALL, (8, 16), strict=True)],
            [32],
            (1, 8, 8),
        ),
        options=dataclasses.replace(OPTIONS, epochs=EPOCHS, batch_size=BATCH),
        snapshots=np.array([0, EPOCHS]),
    )


def plain_seconds(rows: torch.Tensor) -> float:
    """Return the seconds that a plain PyTorch loop takes for one such network."""
    blocks = [(1, 8), (8, 16)]
    layers = [
        nn.Sequential(nn.Conv2d(*ends, 3, padding=1), nn.MaxPool2d(2), nn.LeakyReLU(0.01))
        for ends in blocks
    ]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 32), nn.LeakyReLU(0.01))
    model.append(nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    images = torch.from_numpy(DIGITS.inputs).float().view(-1, 1, 8, 8)
    labels = torch.from_numpy(DIGITS.labels)
    begin = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in rows[torch.randperm(len(rows))].split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return time.perf_counter() - begin


def main() -> None:
    """Print whether the numbers are the same, the times and their ratio."""
    torch.set_num_threads(1)
    train(parts_of([0]))
    begin = time.perf_counter()
    together = train(parts_of(SEEDS)).weights
    middle = time.perf_counter()
    alone = torch.cat([train(parts_of([seed])).weights for seed in SEEDS], dim=1)
    end = time.perf_counter()
    rows = torch.from_numpy(parts_of([0]).members[0].split.train)
    plain = sum(plain_seconds(rows) for _ in SEEDS)
    print(f"same numbers for each seed: {torch.equal(together, alone)}")
    seconds = (middle - begin, end - middle, plain)
    for name, wall in zip(("together", "one by one", "plain PyTorch"), seconds, strict=True):
        print(f"{name:14s} {1000 * wall / len(SEEDS) / EPOCHS:6.1f} ms a network and epoch")
    print(f"ratio {seconds[1] / seconds[0]:.2f}, of plain PyTorch {seconds[2] / seconds[0]:.2f}")


if __name__ == "__main__":
    main()
