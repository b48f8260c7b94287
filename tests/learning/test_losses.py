"""Smoothed labels: closed forms of the loss, its least value, and where it is."""

import math

import pytest
import torch
from torch.nn import functional

from ibsweep.learning.losses import cross_entropies, smoothed

CASES = pytest.mark.parametrize(
    ("classes", "gap", "entropy"), [(2, 2.944, 0.1985), (10, 4.511, 0.5003)]
)  # α = 0.1


def one_hot(labels, classes, members):
    """Return targets of a mean over all samples, shape `(members, classes, samples)`."""
    targets = functional.one_hot(labels, classes).T.double() / len(labels)
    return targets.expand(members, -1, -1)


def test_the_loss_is_a_mixture_of_cross_entropy_and_mean_surprise():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, 40, generator=generator, dtype=torch.float64)
    targets = one_hot(torch.arange(40) % 5, 5, 3)
    smoothing = torch.tensor([0.0, 0.1, 0.5], dtype=torch.float64)
    ours = cross_entropies(logits, smoothed(targets, smoothing[:, None, None]))
    surprise = -functional.log_softmax(logits, dim=1).mean(dim=(1, 2))
    mixed = (1 - smoothing) * cross_entropies(logits, targets) + smoothing * surprise
    torch.testing.assert_close(ours, mixed, rtol=1e-12, atol=0)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.3])
def test_loss_and_gradient_are_torchs(smoothing):
    logits = torch.randn(1, 5, 40, generator=torch.Generator().manual_seed(1)).double()
    labels = torch.arange(40) % 5
    ours, torchs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    alpha = torch.tensor([smoothing], dtype=torch.float64)[:, None, None]
    loss = cross_entropies(ours, smoothed(one_hot(labels, 5, 1), alpha))[0]
    expected = torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(torchs[0].T, labels)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(ours.grad, torchs.grad, rtol=1e-12, atol=1e-16)


@CASES
def test_the_best_gap_between_logits_and_the_least_loss(classes, gap, entropy):
    labels, alpha = torch.arange(classes), torch.full((1, 1, 1), 0.1, dtype=torch.float64)
    targets = smoothed(one_hot(labels, classes, 1), alpha)
    best = math.log(1 + classes * 0.9 / 0.1)
    assert best == pytest.approx(gap, abs=5e-4)

    def loss(gap):
        return cross_entropies(gap * torch.eye(classes, dtype=torch.float64)[None], targets).item()

    assert loss(best) == pytest.approx(entropy, abs=5e-5)
    assert loss(best) < min(loss(best - 1e-3), loss(best + 1e-3))
    logits = best * torch.eye(classes, dtype=torch.float64)[None]
    (slope,) = torch.autograd.grad(
        cross_entropies(logits.requires_grad_(), targets).sum(), [logits]
    )
    assert slope.abs().max() < 1e-15


def test_samples_that_fill_up_a_batch_count_nothing():
    targets = one_hot(torch.arange(4) % 2, 2, 1).clone()
    targets[..., 3:] = 0
    alpha = torch.full((1, 1, 1), 0.2, dtype=torch.float64)
    assert smoothed(targets, alpha)[..., 3:].abs().max() == 0
    torch.testing.assert_close(smoothed(targets, alpha).sum(dim=1), targets.sum(dim=1))
