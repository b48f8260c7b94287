"""Parts of the user's own are of the kind that belongs there, and do what the rest relies on."""

import random

import numpy as np
import pytest
import torch
import yaml

from ibsweep.config.instantiation import ConfigError
from ibsweep.information import try_out
from ibsweep.networks.activations import Activation, activation
from ibsweep.types import Information

OWN = ["trusted_targets=[tests.]", "task=parity", "task.bits=12"]
GLU = "{_target_: torch.nn.GLU}"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["activation={_target_:torch.nn.Parameter}"], "activation._target_ must make an Activ"),
        (["+activation.x=1"], "activation.x must be an option of"),
        ([f"task={GLU}"], "task._target_ must make a Dataset, got GLU"),
        (
            [f"network={GLU}"],
            "network._target_ must make a function that returns a Network",
        ),
        ([f"split={GLU}"], "split._target_ must make a function that returns a Split"),
        (["split={_target_:ibsweep.tasks.boolean.spherical}"], "split._target_ must make a funct"),
        (["snapshots={_target_:ibsweep.tasks.boolean.spherical}"], "snapshots._target_ must make"),
        (["scheme={_target_:torch.nn.Tanh}"], "scheme._target_ must make a Scheme, got Tanh"),
        (["noise={n:{_target_:torch.nn.GLU}}"], "noise.n._target_ must make a Noise, got GLU"),
        (
            ["regularization={r:{_target_:ibsweep.tasks.boolean.spherical}}"],
            "regularization.r._target_ must make a Regularizer, got Dataset",
        ),
        (
            ["estimator={e:{_target_:ibsweep.tasks.boolean.spherical}}"],
            "estimator.e._target_ must make a function that returns an Information",
        ),
    ],
)
def test_a_part_of_another_kind_is_told_in_a_line(composed_with, overrides, message):
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        composed_with(overrides).check()
    assert "\n" not in str(caught.value)


@pytest.fixture
def composed_with(settings):
    """Settings whose groups are replaced by an option of the user's own."""

    def make(overrides):
        groups = dict(one.split("=", 1) for one in overrides if one.split("=")[1].startswith("{"))
        plain = [one for one in overrides if one.split("=", 1)[0] not in groups]
        made = settings(*OWN, *plain)
        values = {name: yaml.safe_load(text.replace(":", ": ")) for name, text in groups.items()}
        return type(made)({**made.values, **values}, made.seeding)

    return make


def part(name, **options):
    target = {"_target_": f"tests.support.own_parts.{name}", **options}
    return str(target).replace("'", "").replace(" ", "").replace("True", "true")


@pytest.mark.parametrize(
    ("group", "name", "message"),
    [
        ("regularization", "of_all_members", "penalty must be one number a member.*mixes them"),
        ("regularization", "without_members", "penalty must be one number a member"),
        ("regularization", "centred", "perturb must draw from its stream alone.*mixes them"),
        ("regularization", "of_its_own_chance", "perturb must.*random numbers of its own"),
        ("regularization", "in_place", "perturb must.*changes its inputs"),
        ("regularization", "shared_norm", "constrain must change each member's.*mixes them"),
        ("regularization", "of_all_activity", "activity_penalty must be one number.*mixes them"),
        ("noise", "mixing_noise", "noise must draw from its stream.*mixes them"),
        ("scheme", "of_all_losses", "local must give one number a member.*mixes them"),
        ("scheme", "of_an_unknown_layer", "phases.layers must be one of layer_1.*got 'layer_9'"),
        ("estimator", "drawing", "_target_ must give the same.*random numbers of its own"),
        ("estimator", "spoiling", "_target_ must give the same.*changes its inputs"),
        ("estimator", "seeding", "_target_ must give the same.*random numbers of its own"),
        ("estimator", "failing", "KeyError: 'unheard of' .*own_parts.py, line"),
        ("task", "task_of_chance", "_target_ must make the same Dataset again"),
        ("task", "task_with_gaps", "inputs must be finite, got nan"),
        ("split", "overlapping", "_target_ must make a Split.*got row 30 in both"),
        ("split", "split_of_chance", "_target_ must split alike with one seed"),
        ("snapshots", "beyond", "_target_ must make ascending epochs from 0 on"),
    ],
)
def test_a_broken_promise_is_told_in_a_line(composed_with, group, name, message):
    options = {"rate": 0.5} if group == "regularization" else {}
    if group in ("estimator", "split", "snapshots"):
        options["_partial_"] = True
    own = part(name, **options)
    keyed = f"{{own:{own}}}" if group in ("regularization", "noise", "estimator") else own
    small = ["training.batch_size=4"]
    key = f"{group}.own" if keyed != own else group
    with pytest.raises(ConfigError, match=rf"^{key}[.:] ?{message}") as caught:
        composed_with([f"{group}={keyed}", *small]).check()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("axis", [0, 2])
def test_a_network_that_mixes_members_or_samples_is_refused(composed_with, axis):
    own = part("Mixing", axis=axis, _partial_=True)
    with pytest.raises(ConfigError, match="^network._target_ must make a network whose members"):
        composed_with([f"network={own}"]).check()


@pytest.mark.parametrize(
    "function",
    [
        *(torch.nn.Softmax(axis) for axis in range(3)),
        torch.nn.GLU(),
        torch.nn.Dropout(),
        torch.nn.RReLU(),
        torch.nn.PReLU(),
        torch.nn.Linear(2, 2),
        torch.nn.ReLU(inplace=True),
        torch.nn.MaxPool1d(2),
        lambda z: z - z.mean(0),
        lambda z: z.sort(-1).values,
        lambda z: z * torch.arange(z.shape[1])[:, None].to(z),
        lambda z: z.double(),
        lambda z: z.relu().detach(),
    ],
    ids=lambda function: getattr(function, "__name__", str(function)),
)
def test_what_is_not_element_by_element_is_no_activation(function):
    rule = "must (map element by element, without chance|have no parameters of its own)"
    with pytest.raises(ValueError, match=f"^function {rule}"):
        Activation(function, 1.0, {})
    with pytest.raises(ValueError, match=f"^_target_ {rule}"):
        activation(function)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "CELU",
            "ELU",
            "GELU",
            "Hardshrink",
            "Hardsigmoid",
            "Hardswish",
            "Hardtanh",
            "LogSigmoid",
        ),
        *("Mish", "ReLU6", "SELU", "SiLU", "Softplus", "Softshrink", "Softsign", "Tanhshrink"),
    ],
)
def test_a_bare_function_of_torch_just_works(composed_with, name):
    own = composed_with([f"activation={{_target_:torch.nn.{name}}}"])
    own.check()
    z = torch.linspace(-2, 2, 8)
    assert torch.equal(own.network.activation.function(z), getattr(torch.nn, name)()(z))


def test_a_bare_function_has_the_gain_that_torch_recommends():
    bare = [torch.nn.Tanh(), torch.nn.LeakyReLU(0.2), torch.nn.functional.relu, torch.nn.ELU()]
    recommended = [5 / 3, (2 / 1.04) ** 0.5, 2**0.5, 1.0]
    assert [activation(one).gain for one in bare] == pytest.approx(recommended)


def test_trying_draws_no_random_numbers():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()

    def noisy(activity, labels):
        chance = torch.rand(len(activity)) + random.random() + np.random.rand()
        return Information(chance, chance)

    with pytest.raises(ValueError, match="draws random numbers of its own"):
        try_out(noisy)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
