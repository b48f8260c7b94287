from pathlib import Path

import pytest
import torch
import yaml

from ibsweep.config.instantiation import build
from ibsweep.networks.activations import absolute, centered_softplus, prelu, sine

FILES = sorted(Path("conf/activation").glob("*.yaml"))
PAPER = {"tanh", "relu", "abs", "prelu", "elu", "softplus", "centered_softplus", "swish"}
BEYOND = {
    "leaky_relu", "gelu", "mish", "selu", "sigmoid", "softsign",
    "hardtanh", "relu6", "sine", "identity",
}  # fmt: skip


def test_the_paper_and_ten_more():
    assert PAPER | BEYOND <= {file.stem for file in FILES}


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def activation(request):
    return build(yaml.safe_load(request.param.read_text()), "activation")


def values(activation, z):
    learned = {
        name: torch.full((*z.shape[:2], 1), start) for name, start in activation.learned.items()
    }
    return activation.function(z, **learned)


def test_works_element_by_element(activation):
    z = torch.randn(3, 5, 64, generator=torch.Generator().manual_seed(0))
    assert values(activation, z).shape == z.shape
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        values(activation, z)[..., order], values(activation, z[..., order])
    )


def test_passes_gradients(activation):
    z = torch.linspace(-2.9, 3.1, 64).reshape(1, 1, 64).requires_grad_()
    values(activation, z).sum().backward()
    assert torch.isfinite(z.grad).all()
    assert z.grad.abs().sum() > 0


def test_leaves_its_argument_alone(activation):
    z = torch.linspace(-3, 3, 32).reshape(1, 1, 32)
    before = z.clone()
    values(activation, z)
    assert torch.equal(z, before)


def test_reference_values():
    z = torch.tensor([-2.0, 0.0, 1.0])
    torch.testing.assert_close(absolute(z), torch.tensor([2.0, 0.0, 1.0]))
    torch.testing.assert_close(sine(z), torch.tensor([-0.90929743, 0.0, 0.84147098]))
    torch.testing.assert_close(centered_softplus(z), torch.tensor([-0.56621917, 0.0, 0.62011451]))


def test_prelu_has_a_slope_for_each_unit_of_each_member():
    z = torch.tensor([-1.0, 2.0]).expand(2, 3, 2)
    slope = torch.arange(6.0).reshape(2, 3, 1)
    expected = torch.stack([-slope.squeeze(-1), torch.full((2, 3), 2.0)], dim=-1)
    torch.testing.assert_close(prelu(z, slope=slope), expected)
