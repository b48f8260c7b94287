import pytest
import torch
from torch.nn import functional

from ibsweep.networks import convolution
from ibsweep.networks.convolution import convolve
from ibsweep.randomness import generator

CASES = {  # name: padding, pool, kernel
    "valid": (0, 2, 3),
    "padded": (1, 2, 3),
    "leftover": (2, 3, 3),
    "unpooled": (0, 1, 3),
    "pixel": (0, 1, 1),
}


def torchs(inputs, weight, bias, padding, pool):
    """Convolve and pool one member after the other with torch's own functions."""
    members = [
        functional.max_pool2d(
            functional.conv2d(images.movedim(-1, 0), own, offset, padding=padding), pool
        ).movedim(0, -1)
        for images, own, offset in zip(inputs, weight, bias, strict=True)
    ]
    return torch.stack(members)


@pytest.mark.parametrize("at_once", [1, 20_000, 10**9])
@pytest.mark.parametrize("images", ["random", "blank"])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_those_of_torch_however_the_maps_are_cut(
    case, images, at_once, monkeypatch
):
    monkeypatch.setattr(convolution, "_NUMBERS_AT_ONCE", at_once)
    padding, pool, kernel = CASES[case]
    stream = generator("noise", 0)
    draw = {"dtype": torch.float64, "generator": stream}
    inputs = torch.randn(3, 2, 9, 10, 96, **draw)
    inputs[..., 50:] = inputs[..., 50:] if images == "random" else 0  # then all values are ties
    leaves = [inputs, torch.randn(3, 4, 2, kernel, kernel, **draw), torch.randn(3, 4, **draw)]
    for leaf in leaves:
        leaf.requires_grad_()
    found = convolve(*leaves, padding=padding, pool=pool)
    expected = torchs(*leaves, padding, pool)
    torch.testing.assert_close(found, expected)
    onward = torch.randn(found.shape, **draw)
    pairs = zip(
        torch.autograd.grad(found, leaves, onward),
        torch.autograd.grad(expected, leaves, onward),
        strict=True,
    )
    for gradient, reference in pairs:
        torch.testing.assert_close(gradient, reference)


def test_a_square_of_equal_values_passes_its_gradient_to_the_first():
    images = torch.zeros(1, 1, 4, 4, 1, requires_grad=True)
    kernels, bias = torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1)
    convolve(images, kernels, bias, padding=0, pool=2).sum().backward()
    assert images.grad.flatten().nonzero().flatten().tolist() == [0, 2, 8, 10]
