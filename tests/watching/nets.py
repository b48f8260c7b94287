"""A small net with all that measuring could disturb, and its training."""

import contextlib
import random

import numpy as np
import torch
from torch import nn

import ibsweep

INPUTS = torch.randn(300, 6, generator=torch.Generator().manual_seed(0))
LABELS = (INPUTS[:, 0] * INPUTS[:, 1] > 0).long()


class Net(nn.Module):
    """A net with all that measuring could disturb."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh())
        self.frozen = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.3)
        self.register_buffer("calls", torch.zeros(()))
        self.last = nn.Linear(8, 2)

    def forward(self, x):
        self.calls += 1
        shift = random.random() + np.random.rand() + torch.rand(())
        return self.last(self.drop(self.frozen(self.first(x)))) + 0.01 * shift


def trained(watched, **options):
    """Train a net; return all of its state, and what the generators give next."""
    torch.manual_seed(3), random.seed(3), np.random.seed(3)
    model = Net()
    model.frozen.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    watching = ibsweep.watch(model, INPUTS, LABELS, **{"storing": None, **options})
    with watching if watched else contextlib.nullcontext() as probe:
        for _ in range(4):
            for rows in torch.randperm(300).split(100):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(INPUTS[rows]), LABELS[rows]).backward()
                optimizer.step()
            if watched:
                probe.step()
    state = {**model.state_dict(), **{f"grad {n}": p.grad for n, p in model.named_parameters()}}
    modes = [module.training for module in model.modules()]
    return state, modes, (torch.rand(()).item(), random.random(), np.random.rand()), probe
