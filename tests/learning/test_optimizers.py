import pytest
import torch

from ibsweep.learning.optimizers import SGD, Adam


def gradients(weights):
    return torch.sin(3 * weights) + weights


@pytest.mark.parametrize(
    ("ours", "reference"),
    [
        (
            lambda w, rates: Adam(w, rates, betas=(0.9, 0.999), epsilon=1e-8),
            lambda w, rate: torch.optim.Adam([w], lr=rate),
        ),
        (
            lambda w, rates: Adam(
                w, rates, betas=(0.9, 0.999), epsilon=1e-8, decay=torch.full_like(w, 0.3)
            ),
            lambda w, rate: torch.optim.AdamW([w], lr=rate, weight_decay=0.3),
        ),
        (
            lambda w, rates: SGD(w, rates, momentum=0.9),
            lambda w, rate: torch.optim.SGD([w], lr=rate, momentum=0.9),
        ),
    ],
)
def test_each_member_follows_torchs_optimizer_at_its_own_rate(ours, reference):
    rates = [0.1, 0.01, 0.003]
    start = torch.randn(3, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weights = start.clone()
    optimizer = ours(weights, rates)
    for _ in range(30):
        optimizer.step(weights, gradients(weights))
    for row, begin, rate in zip(weights, start, rates, strict=True):
        single = begin.clone().requires_grad_()
        torchs = reference(single, rate)
        for _ in range(30):
            single.grad = gradients(single.detach())
            torchs.step()
        torch.testing.assert_close(row, single.detach(), rtol=1e-12, atol=1e-12)


def test_a_factor_of_the_rate_is_another_rate():
    start = torch.linspace(-1, 1, 8).double().expand(2, 8)

    def after(make, rate, factor):
        weights = start.clone()
        optimizer = make(weights, [rate, rate])
        for _ in range(5):
            optimizer.step(weights, gradients(weights), factor)
        return weights

    decay = torch.full_like(start, 0.3)
    for make in (
        lambda w, rates: SGD(w, rates, momentum=0.9),
        lambda w, rates: Adam(w, rates, betas=(0.9, 0.999), epsilon=1e-8, decay=decay),
    ):
        torch.testing.assert_close(
            after(make, 0.1, 0.5), after(make, 0.05, 1.0), rtol=1e-12, atol=0
        )


def test_without_a_gradient_weights_decay_geometrically():
    """To w(1 − ηλ)^t, whatever the moments' options."""
    rates, decays = torch.tensor([0.1, 0.01]).double(), torch.tensor([0.5, 2.0]).double()
    weights = torch.ones(2, 3, dtype=torch.float64)
    decay = decays[:, None].expand(2, 3)
    optimizer = Adam(weights, rates.tolist(), betas=(0.9, 0.999), epsilon=1e-8, decay=decay)
    for _ in range(20):
        optimizer.step(weights, torch.zeros_like(weights))
    expected = ((1 - rates * decays) ** 20)[:, None].expand(2, 3)
    torch.testing.assert_close(weights, expected, rtol=1e-12, atol=0)
