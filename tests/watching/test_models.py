"""Models, samples and targets as torch users have them."""

import dataclasses
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import ibsweep
from ibsweep.compressors import pca
from ibsweep.estimators.binning import equal_bins_information
from ibsweep.estimators.gaussian import mutual_information
from ibsweep.watching import Measuring
from ibsweep.watching.estimators import chosen

ROWS = torch.randn(60, 6, generator=torch.Generator().manual_seed(0))
CLASSES = (ROWS[:, 0] > 0).long()


def mlp(outputs=2, *end):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, outputs), *end)


def watched(model, inputs=ROWS, labels=CLASSES, **options):
    """Watch a model that is not trained."""
    with ibsweep.watch(model, inputs, labels, **{"storing": None, **options}) as probe:
        pass
    return probe


def two_logits(single):
    """Return the classifier with the logits (0, z) for one whose only logit is z."""
    model = mlp()
    model.load_state_dict(
        {**single.state_dict(), "2.weight": model[2].weight, "2.bias": model[2].bias}
    )
    with torch.no_grad():
        for held, own in ((model[2].weight, single[2].weight), (model[2].bias, single[2].bias)):
            held[0], held[1] = 0.0, own[0]
    return model


@pytest.mark.parametrize("flat", [(), (nn.Flatten(0),)], ids=["(n, 1)", "(n,)"])
@pytest.mark.parametrize("labels", [CLASSES, CLASSES.float()[:, None], CLASSES.bool()])
def test_one_logit_is_that_of_class_one(flat, labels):
    single = mlp(1, *flat)
    probe, pair = watched(single, labels=labels), watched(two_logits(single))
    layers = ["0", "1", "output"]
    found, expected = (
        one.curves[one.curves["layer"].isin(layers)].reset_index(drop=True)
        for one in (probe, pair)
    )
    assert found["i_xt"].tolist() == pytest.approx(expected["i_xt"].tolist(), abs=0.2)
    assert probe.training["loss/test"][0] == pytest.approx(pair.training["loss/test"][0])
    assert probe.scores["accuracy/test"] == pair.scores["accuracy/test"]
    assert probe.taken_for == "labels: 2 classes, output: one logit"


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(1)

    def forward(self, x):
        return torch.sigmoid(self.net(x)).squeeze(1)


@pytest.mark.parametrize("model", [lambda: mlp(1, nn.Sigmoid()), Functional])
def test_the_probability_of_a_sigmoid_is_not_squashed_again(model):
    probe, plain = watched(model()), watched(mlp(1))
    assert probe.training["loss/test"][0] == pytest.approx(plain.training["loss/test"][0])
    assert probe.taken_for.endswith("output: one probability (of a sigmoid)")


def test_probabilities_are_not_squashed_again():
    probe, plain = watched(mlp(3, nn.Softmax(dim=1))), watched(mlp(3))
    assert probe.training["loss/test"][0] == pytest.approx(plain.training["loss/test"][0])
    output, expected = (one.curves.query("layer == 'output'") for one in (probe, plain))
    assert output["i_xt"].tolist() == expected["i_xt"].tolist()
    assert probe.taken_for == "labels: 2 classes, output: probabilities (rows sum to 1)"
    assert plain.taken_for == "labels: 2 classes, output: logits"


@dataclasses.dataclass
class Result:
    logits: torch.Tensor
    hidden: torch.Tensor


class Several(nn.Module):
    """A model that returns several things, in some form."""

    def __init__(self, form):
        super().__init__()
        self.net, self.form = mlp(), form

    def forward(self, x):
        return self.form(self.net(x), x)


@pytest.mark.parametrize(
    ("form", "output"),
    [
        (lambda logits, hidden: (hidden, logits), 1),
        (lambda logits, hidden: {"logits": logits, "hidden": hidden}, "logits"),
        (Result, "logits"),
    ],
    ids=["tuple", "dict", "dataclass"],
)
def test_output_names_what_is_meant(form, output):
    found = watched(Several(form), output=output)
    plain = watched(mlp())
    assert found.curves["layer"].tolist() == ["net.0", "net.1", "output"]
    assert found.curves["i_xt"].tolist() == plain.curves["i_xt"].tolist()
    with pytest.raises(ValueError, match=r"model must return a tensor, or `output` must say"):
        watched(Several(form))
    with pytest.raises(ValueError, match=r"output must name a part .* got 'other'"):
        watched(Several(form), output="other")


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp()

    def forward(self, x, shift):
        return self.net(x + shift)


def loader(*parts, **options):
    return DataLoader(TensorDataset(*parts), batch_size=25, **options)


@pytest.mark.parametrize(
    ("model", "inputs", "labels"),
    [
        (Sum, (ROWS, torch.zeros(60, 1)), CLASSES),
        (Sum, {"shift": np.zeros((60, 1), np.float32), "x": ROWS}, CLASSES),
        (mlp, TensorDataset(ROWS, CLASSES), None),
        (mlp, loader(ROWS, CLASSES), None),
        (mlp, loader(ROWS), CLASSES),
        (Sum, loader(ROWS, torch.zeros(60, 1), CLASSES), None),
        (mlp, pd.DataFrame(ROWS.double().numpy()), pd.Series(CLASSES)),
        (mlp, ROWS.tolist(), CLASSES.tolist()),
        (mlp, ROWS.numpy()[::-1][::-1], CLASSES.numpy().astype(">i4")),
    ],
    ids="tuple dict dataset loader unlabelled arguments table lists strides".split(),
)
def test_samples_in_other_forms_are_the_same(model, inputs, labels):
    names = ["0", "1"] if model is mlp else ["net.0", "net.1"]
    found, plain = watched(model(), inputs, labels, layers=names), watched(mlp())
    assert found.curves["i_xt"].tolist() == plain.curves["i_xt"].tolist()
    assert found.curves["i_ty"].tolist() == plain.curves["i_ty"].tolist()


def test_a_loader_gives_its_own_generator_back():
    generator = torch.Generator().manual_seed(3)
    shuffled = loader(ROWS, CLASSES, shuffle=True, generator=generator)
    before = generator.get_state()
    watched(mlp(), shuffled, None)
    assert torch.equal(generator.get_state(), before)


class Parts(nn.Module):
    """Children that are not called themselves, are called twice, or only in training."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.blocks = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        self.named = nn.ModuleDict({"a": nn.Linear(6, 4)})
        self.act, self.helper, self.last = nn.Tanh(), nn.Linear(4, 3), nn.Linear(4, 2)

    def forward(self, x):
        for block in self.blocks:
            x = self.act(block(x))
        x = self.named["a"](x)
        return (self.last(x), self.helper(x)) if self.training else self.last(x)


def test_layers_are_what_is_called_each_time_it_is():
    model = Parts()
    found = watched(model, estimators=["ebab"])
    layers = ["blocks.0", "act", "blocks.1", "act:2", "named.a", "output"]
    assert found.curves["layer"].tolist() == layers
    assert model.training


class Recurrent(nn.Module):
    def __init__(self, *, batch_first):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.LSTM(2, 3, batch_first=batch_first)
        self.last, self.first = nn.Linear(3, 2), batch_first

    def forward(self, x):
        _, (last, _) = self.rnn(x if self.first else x.transpose(0, 1))
        return self.last(last[-1])


def test_samples_may_be_the_second_axis_of_a_recurrent_layer():
    first, second = (
        watched(Recurrent(batch_first=one), ROWS.reshape(60, 3, 2)) for one in (True, False)
    )
    assert first.curves.equals(second.curves)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: nn.DataParallel(torch.compile(model, backend="eager")),
        lambda model: torch.compile(nn.DataParallel(model), backend="eager"),
        AveragedModel,
        lambda model: AveragedModel(nn.DataParallel(model)),
    ],
    ids=["parallel compiled", "compiled parallel", "averaged", "averaged parallel"],
)
def test_wrappers_are_opened_however_they_are_nested(wrap):
    assert watched(wrap(mlp())).curves.equals(watched(mlp()).curves)


@pytest.mark.parametrize("estimator", ["gaussian", "ksg"])
def test_real_targets_are_measured_between_vectors(estimator):
    values = ROWS[:, :1] + 0.5 * ROWS[:, 1:2]
    probe = watched(mlp(1), labels=values, estimators=[estimator])
    assert probe.curves["i_ty"].notna().all()
    if estimator == "gaussian":
        model = mlp(1)
        first = model[0](ROWS).detach().double().numpy()
        assert probe.curves["i_ty"][0] == mutual_information(first, values.numpy()).value
        error = (model(ROWS) - values).square().mean().item()
        assert probe.training["loss/test"][0] == pytest.approx(error)
    assert probe.curves["i_ty_floor"].abs().max() < 1
    assert not any("accuracy" in name for name in probe.scores)


def test_without_targets_the_information_on_inputs_is_the_same():
    estimators = ["ebab", "binning_global", "gaussian"]
    probe, plain = (
        watched(mlp(), labels=known, estimators=estimators) for known in (None, CLASSES)
    )
    hidden = [one.curves.query("layer != 'output'")["i_xt"].tolist() for one in (probe, plain)]
    assert hidden[0] == hidden[1]
    output = probe.curves.query("layer == 'output' and estimator == 'binning_global'")
    held = mlp()(ROWS).detach()  # beyond 0 … 1
    ends = (float(held.min()), float(held.max()))
    expected = equal_bins_information(held, CLASSES, bins=30, activity_range=ends)
    assert output["i_xt"].tolist() == [expected.i_xt]
    assert probe.curves["i_ty"].isna().all() and probe.curves["i_ty_floor"].isna().all()
    assert probe.taken_for == "labels: none, output: as it is"


@pytest.mark.parametrize("labels", [ROWS[:, :2], None])
def test_the_lossy_estimator_measures_real_targets_and_none(labels):
    fits = {"input_compressor": pca.fit, "of_inputs": mutual_information, "dimensions": 2}
    lossy = partial(chosen(["lossy"])["lossy"], **fits)
    probe = watched(mlp(), labels=labels, estimators={"lossy": lossy})
    assert probe.curves["i_xt"].notna().all()
    assert probe.curves["i_ty"].notna().all() == (labels is not None)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(ROWS, CLASSES, strict=True))


class Fails(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 2)

    def forward(self, x):
        raise RuntimeError("no weights\nto speak of")


def odd(name):
    """Return a model with a hidden layer of that name."""
    model = nn.Sequential()
    model.add_module(name, nn.Linear(6, 4))
    model.add_module("last", nn.Linear(4, 2))
    return model


WRONG = [
    (mlp, {"layers": "0"}, "layers must be a list of names, got '0'"),
    (mlp, {"layers": ["0", "0"]}, "layers must be named once each"),
    (mlp, {"layers": [nn.Tanh()]}, r"layers must be modules of the model \(0, 1, 2\), got Tanh"),
    (lambda: odd("output"), {}, "layers must not be named output, .* got 'output'"),
    (lambda: odd("act:2"), {}, "layers must not be named output, .* got 'act:2'"),
    (lambda: torch.tanh, {}, "model must be a torch.nn.Module, got builtin_function_or_method"),
    (lambda: Sum, {}, "model must be a torch.nn.Module, got the class Sum"),
    (lambda: nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 2)), {}, "run a batch .* got 0.weight"),
    (
        Fails,
        {},
        r"model must run .* RuntimeError: no weights to speak of, for \(60, 6\) of float32",
    ),
    (mlp, {"inputs": ROWS.double()}, r"model must run .*dtype.*\(60, 6\) of float64 on cpu"),
    (
        mlp,
        {"inputs": np.array(["a", "b"])},
        "inputs must be a tensor or array of numbers, got <U1",
    ),
    (mlp, {"inputs": ROWS.to_sparse()}, "inputs must be dense, .*torch.sparse_coo"),
    (mlp, {"inputs": ROWS[:0]}, r"inputs must hold equally many samples, at least one, got \[0\]"),
    (Sum, {"inputs": (ROWS, ROWS[:5])}, r"inputs must hold equally many samples.* got \[60, 5\]"),
    (mlp, {"inputs": loader(ROWS, CLASSES)}, "labels must be None where the data set has labels"),
    (
        mlp,
        {"inputs": DataLoader(Stream()), "labels": None},
        "can be read again, by index, got Str",
    ),
    (
        mlp,
        {"labels": ["cat"] * 60},
        r"labels must be integers .* got \(60,\) of <U3, e.g. .*'cat'",
    ),
    (
        mlp,
        {"labels": torch.eye(2)[CLASSES]},
        "labels must be .* integers for classes .* the argmax",
    ),
    (mlp, {"labels": torch.eye(2).long()[CLASSES]}, "of one-hot rows take the argmax"),
    (mlp, {"labels": CLASSES + 1}, "labels must be 0 … 1, as the model's output, got 1 … 2"),
    (lambda: mlp(1), {"labels": CLASSES * 2}, "is one logit .* real numbers.*, got 0 … 2"),
    (mlp, {"labels": ROWS[:, 0] / 0}, "labels must be finite, got -?(inf|nan)"),
    (
        mlp,
        {"labels": ROWS[:, :1]},
        "estimators must be of those .*ksg.*, or labels None, got ebab",
    ),
    (
        mlp,
        {"labels": ROWS[:, :1], "estimators": ["ksg"]},
        r"labels must be .*real numbers as the output, \(60, 2\), got real \(60, 1\)",
    ),
]


@pytest.mark.parametrize(("model", "options", "rule"), WRONG)
def test_what_cannot_be_watched_is_told_in_a_line(model, options, rule):
    with pytest.raises(ValueError, match=rule) as caught:
        watched(model(), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_traced_model_is_told_in_a_line():
    model = torch.jit.trace(mlp(), ROWS)
    with pytest.raises(ValueError, match="must be the module that was scripted or traced"):
        watched(model)


def test_an_activity_that_is_not_finite_is_told_with_its_place():
    model = mlp()
    with (
        pytest.raises(ValueError, match="activity must be finite, got nan in layer 0 at epoch 1"),
        ibsweep.watch(model, ROWS, CLASSES, storing=None) as probe,
    ):
        with torch.no_grad():
            model[0].weight[0, 0] = torch.nan
        probe.step()


def test_all_is_checked_before_the_training_whatever_the_schedule():
    with pytest.raises(ValueError, match="labels must be 0 … 1"):
        watched(mlp(), labels=CLASSES + 1, schedule=[5], measuring=Measuring(floor_snapshots=0))
    with pytest.raises(
        ValueError, match=re.escape("layers must be modules of the model (0, 1, 2)")
    ):
        ibsweep.watch(mlp(), ROWS, CLASSES, layers=["3"], schedule=[5], storing=None)
