import numpy as np
import pytest
import torch

from ibsweep.networks.activations import Activation, prelu
from ibsweep.networks.mlp import MLP
from ibsweep.networks.weights import ALIGNMENT, Layout, Weights
from ibsweep.randomness import generator

TANH = Activation(torch.nn.Tanh(), gain=1.0, learned={})
PAPER = (10, 7, 5, 4, 3)


def mlp(hidden=PAPER, initialization="glorot", activation=TANH):
    return MLP(list(hidden), activation, initialization, features=12, classes=2)


def weights(network, seeds=(0, 1)):
    generators = [generator("init", seed) for seed in seeds]
    return Weights(
        Layout(network.parameters), generators, dtype=torch.float64, device=torch.device("cpu")
    )


def test_the_papers_network_has_294_numbers():
    assert sum(np.prod(p.shape) for p in mlp().parameters) == 294


def test_forward_is_what_torchs_own_layers_compute():
    network, held = mlp(), weights(mlp())
    inputs = torch.randn(12, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    layers = network.forward(held.leaves, inputs.expand(2, -1, -1))
    for member in range(2):
        below = inputs.T
        for position, layer in enumerate(network.layers):
            w, b = (held.leaves[f"{layer}.{kind}"][member] for kind in ("weight", "bias"))
            below = torch.nn.functional.linear(below, w, b)
            below = below if layer == "output" else torch.tanh(below)
            torch.testing.assert_close(layers[position][member].T, below)


@pytest.mark.parametrize(
    ("initialization", "variance"), [("glorot", 2 / 400), ("released", 1 / 200)]
)
def test_initial_weights_are_a_truncated_normal_of_the_stated_width(initialization, variance):
    drawn = weights(mlp([200, 200, 200], initialization)).leaves["layer_2.weight"].detach()
    std = variance**0.5
    assert drawn.abs().max() <= 2 * std
    truncated = 0.87962566  # standard deviation of a unit normal cut at ±2
    assert drawn.std().item() == pytest.approx(std * truncated, rel=0.01)


def test_biases_start_at_zero_and_slopes_where_told():
    network = mlp(activation=Activation(prelu, 2.0, {"slope": 0.25}))
    leaves = weights(network).leaves
    assert (leaves["layer_3.bias"] == 0).all()
    assert (leaves["layer_3.slope"] == 0.25).all()
    assert "output.slope" not in leaves


def test_a_seeds_initial_weights_do_not_depend_on_its_company():
    alone, together = weights(mlp(), [7]), weights(mlp(), [3, 7, 5])
    assert torch.equal(alone.flat[0], together.flat[1])


def test_hidden_weights_are_those_of_the_hidden_layers_alone():
    network, held = mlp(), weights(mlp())
    hidden = [held.leaves[f"{name}.weight"].flatten(1) for name in network.layers[:-1]]
    assert held.hidden.square().sum().item() == pytest.approx(
        torch.cat(hidden, 1).square().sum().item()
    )


def test_every_parameter_of_every_member_is_aligned():
    held = weights(mlp(), range(5))
    for leaf in held.leaves.values():
        for member in leaf:
            assert member.storage_offset() % ALIGNMENT == 0


@pytest.mark.parametrize("hidden", [[], [3, 0], [3, -1], [2.5], "10", 7])
def test_impossible_layers(hidden):
    with pytest.raises(ValueError, match=r"hidden.* must be"):
        MLP(hidden, TANH, "glorot", features=12, classes=2)
