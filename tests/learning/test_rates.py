"""Schedules of the learning rate against torch's own, and what they are at their ends."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from ibsweep.learning import rates

STEPS = 40


def factors(**options):
    """Return the factor of every step of a training."""
    factor = rates.make(options, steps=STEPS)
    return [factor(step) for step in range(STEPS)]


def torchs(make):
    """Return the learning rates of a scheduler of torch's at rate 1, every step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    taken = []
    for _ in range(STEPS):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return taken


def test_constant_is_one():
    assert factors(schedule="constant") == [1.0] * STEPS


def test_cosine_is_torchs_and_the_formula():
    ours = factors(schedule="cosine")
    by_formula = [(1 + math.cos(math.pi * t / STEPS)) / 2 for t in range(STEPS)]
    assert ours == by_formula
    assert ours == pytest.approx(torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)))
    assert ours[0] == 1 and ours[STEPS // 2] == pytest.approx(0.5)


def test_step_is_torchs_with_its_milestones():
    ours = factors(schedule="step", step_at=[0.5, 0.75, 0.9], step_factor=0.2)
    milestones = [20, 30, 36]
    expected = torchs(lambda o: lr_scheduler.MultiStepLR(o, milestones, gamma=0.2))
    assert ours == pytest.approx(expected)
    assert ours[19:21] == pytest.approx([1, 0.2])


def test_warmup_cosine_rises_to_one_and_then_is_a_cosine():
    ours = factors(schedule="warmup_cosine", warmup_fraction=0.25)
    assert ours[:10] == pytest.approx([(t + 1) / 10 for t in range(10)])
    rest = rates.make({"schedule": "cosine"}, steps=30)
    assert ours[10:] == [rest(t) for t in range(30)]
    none = factors(schedule="warmup_cosine", warmup_fraction=0.0)
    assert none == factors(schedule="cosine")
