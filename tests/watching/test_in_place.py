"""What a model overwrites is recorded as it was, and the user's own is never touched."""

import random
from collections import deque

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import ibsweep
from ibsweep.watching import Measuring
from ibsweep.watching.calling import undisturbed
from ibsweep.watching.recording import Call, record

ROWS = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
CLASSES = torch.arange(40) % 2


class Net(nn.Module):
    """A layer, what is done to what it returns, and another."""

    def __init__(self, then):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.turn, self.last = (
            nn.Linear(6, 4),
            nn.Unflatten(1, (2, 2)),
            nn.Linear(4, 2),
        )
        self.then = then

    def forward(self, x):
        return self.last(self.then(self.turn(self.first(x))).flatten(1))


def assigned(x):
    x[:, 0] = 7.0
    return x


def added(x):
    x += 1.0
    return x


def residual(x):
    shortcut = x
    shortcut += 2 * x
    return x


def through_a_view(x):
    x.transpose(1, 2).reshape(-1).mul_(3.0)
    return x


IN_PLACE = {
    "relu": nn.ReLU(inplace=True),
    "F.relu_": F.relu_,
    "hardtanh": nn.Hardtanh(inplace=True),
    "assigned": assigned,
    "added": added,
    "residual": residual,
    "view": through_a_view,
    "dropout": nn.Dropout(0.5, inplace=True),
    "out": lambda x: torch.add(x, 5.0, out=x),
    "data": lambda x: x.data.zero_(),
}


@pytest.mark.parametrize("then", IN_PLACE.values(), ids=IN_PLACE)
def test_what_is_overwritten_later_is_recorded_as_it_was(then):
    model = Net(then)
    expected = model.first(ROWS).detach()
    with ibsweep.watch(
        model, ROWS, CLASSES, layers=["first", "turn"], storing=None, estimators=["binning_layer"]
    ) as probe:
        held = probe._measured._activity.last
    assert torch.equal(held["first"], expected)
    assert torch.equal(held["turn"], expected)


def test_a_relu_in_place_changes_no_information():
    found = []
    for inplace in (False, True):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 3), nn.ReLU(inplace=inplace), nn.Linear(3, 2))
        with ibsweep.watch(model, ROWS, CLASSES, storing=None) as probe:
            pass
        found.append(probe.curves)
    assert found[0].equals(found[1])
    assert found[1]["layer"].tolist() == ["0", "1", "output"]


def test_a_child_whose_result_becomes_the_output_in_place_is_a_layer():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 2), nn.ReLU(inplace=True))
    with ibsweep.watch(model, ROWS, CLASSES, storing=None) as probe:
        pass
    assert probe.curves["layer"].tolist() == ["0", "1", "2", "output"]


@pytest.mark.parametrize("kind", [torch.Tensor.clone, lambda x: x.numpy().copy()])
def test_the_users_samples_are_not_overwritten(kind):
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(6, 3), nn.Linear(3, 2))
    inputs, labels = kind(ROWS), kind(CLASSES)
    with ibsweep.watch(model, inputs, labels, storing=None) as probe:
        probe.step()
    assert np.array_equal(inputs, ROWS) and np.array_equal(labels, CLASSES)


class Forgetful(nn.Module):
    """A model that changes all that it has while it runs."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(3, 6, max_norm=0.1)  # which it enforces when it is used
        self.first, self.last = nn.Linear(6, 4), nn.Linear(4, 2)
        self.calls, self.history, self.recent = 0, [], deque(maxlen=2)
        self.kept, self.own = {"x": None}, np.random.default_rng(0)
        self.other, self.old = torch.Generator().manual_seed(1), random.Random(2)
        self.register_buffer("seen", torch.zeros(6))

    def forward(self, x):
        self.calls += 1
        self.history.append(x)
        self.recent.append(self.calls)
        self.kept["x"], self.late = x, x
        self.seen += x.mean(dim=0)
        self.first.weight.data.clamp_(-0.01, 0.01)
        drawn = self.own.random() + torch.rand((), generator=self.other) + self.old.random()
        return self.last(self.first(x + self.embedding(torch.tensor(2)) + drawn))

    def all_of_it(self):
        drawn = self.own.bit_generator.state, self.other.get_state().tolist(), self.old.getstate()
        state = {name: held.tolist() for name, held in self.state_dict().items()}
        return state, self.calls, self.history, list(self.recent), self.kept, [*vars(self)], drawn


def test_a_model_that_changes_itself_when_it_is_run_is_as_before():
    model = Forgetful()
    with torch.no_grad():
        model.embedding.weight.mul_(10)
    before = model.all_of_it()
    parameters = list(model.parameters())
    measuring = Measuring(batch_size=15)
    with ibsweep.watch(
        model, ROWS, CLASSES, layers=["first"], measuring=measuring, storing=None
    ) as probe:
        probe.step()
    assert model.all_of_it() == before
    assert all(one is other for one, other in zip(model.parameters(), parameters, strict=True))


def test_autocast_in_the_loop_keeps_the_gradients_of_its_weights():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    probe = ibsweep.watch(model, ROWS, CLASSES, storing=None)
    with probe, torch.autocast("cpu", dtype=torch.bfloat16):
        probe.step()
        F.cross_entropy(model(ROWS), CLASSES).backward()
    assert all(held.grad is not None for held in model.parameters())
    first, second = (rows["i_xt"].tolist() for _, rows in probe.curves.groupby("epoch"))
    assert first == second  # measured as it is, in float32


def test_old_spectral_norm_keeps_the_weight_that_the_training_computed():
    model = nn.Sequential(nn.utils.spectral_norm(nn.Linear(6, 4)), nn.Linear(4, 2))
    model(ROWS)
    before = model[0].weight
    with ibsweep.watch(model, ROWS, CLASSES, storing=None) as probe:
        probe.step()
    assert model[0].weight is before


def test_batches_of_other_widths_are_told():
    class Ragged(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Identity(), nn.Linear(6, 2)

        def forward(self, x):
            self.first(x[:, : len(x)])
            return self.last(x)

    model, inputs = Ragged(), Call((ROWS,), {})
    with (
        pytest.raises(ValueError, match="layer first must have equally many units .* 4 after 6"),
        undisturbed(model),
    ):
        run = lambda batch: model(*batch.positional)  # noqa: E731
        record(model, inputs, ["first"], run=run, batch_size=36)
