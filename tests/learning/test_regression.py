"""Training on continuous targets: torch's own gradient, the same bits in any company."""

import dataclasses

import numpy as np
import pytest
import torch

from ibsweep.estimators import cs_qmi
from ibsweep.learning import cs_ib
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.compiled.kind import refusal
from ibsweep.learning.ensemble import Ensemble, Member
from ibsweep.learning.losses import squared_errors
from ibsweep.learning.trainer import train
from ibsweep.networks.mlp import MLP
from ibsweep.networks.weights import Layout
from ibsweep.tasks.regression import friedman
from ibsweep.tasks.split import stratified
from tests.learning.test_trainer import ACTIVATIONS, OPTIONS, SEEDING

TASK = friedman(samples=250, features=6, noise_std=1.0, seed=0)
EPOCHS, STOPPED = 4, 2
BETA = 0.3
KINDS = ("squared_error", "cs_ib")


def bottleneck(betas):
    return [cs_ib.cs_ib(beta=list(betas), width=[1.0] * len(betas))]


def parts_of(seeds, kind, seeding="init", **changes):
    """Return networks that learn the task; the last batch of an epoch is smaller."""
    members = []
    for seed in seeds:
        streams = SEEDING[seeding](seed)
        split = stratified(TASK.labels, streams["split"], train_fraction=0.8)
        members.append(Member(streams, split, 4e-4))
    parts = Ensemble(
        network=MLP([10, 7], ACTIVATIONS["tanh"], "glorot", features=6, classes=1),
        members=members,
        regularizers=bottleneck([BETA] * len(members)) if kind == "cs_ib" else [],
        dataset=TASK,
        options=dataclasses.replace(OPTIONS, epochs=EPOCHS, batch_size=64),
        snapshots=np.array([0, 1, EPOCHS]),
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return dataclasses.replace(parts, **changes)


class Interrupted(Exception):
    pass


def stop(fraction):
    if fraction >= STOPPED / EPOCHS:
        raise Interrupted


@pytest.mark.parametrize("seeding", SEEDING)
@pytest.mark.parametrize("kind", KINDS)
def test_a_members_numbers_do_not_depend_on_its_company(kind, seeding):
    alone = train(parts_of([7] * 4, kind, seeding)).weights[:, 0]
    for seeds in ([4, 5, 6, 3, 7], [*range(8, 40), 7]):
        company = parts_of(seeds, kind, seeding)
        assert torch.equal(alone, train(company).weights[:, seeds.index(7)])
    assert not torch.equal(alone[0], alone[-1]) and alone.isfinite().all()


def test_members_may_differ_in_beta():
    parts = parts_of([5] * 4, "cs_ib")
    final = train(dataclasses.replace(parts, regularizers=bottleneck([BETA, 0, 3, BETA])))
    first, second, third, fourth = final.weights[-1]
    assert torch.equal(first, fourth)
    assert torch.equal(first, train(parts).weights[-1, 0])
    assert not torch.equal(first, second) and not torch.equal(second, third)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_training_goes_on_bit_equal_in_any_company(tmp_path, kind):
    seeds, rest = [3, 8, 5, 9, 7], [7, 3, 5, 8]
    undisturbed = train(parts_of(seeds, kind, "all")).weights
    kept = Checkpoints(tmp_path, [f"s{seed}" for seed in seeds], seconds=0)
    with pytest.raises(Interrupted):
        train(parts_of(seeds, kind, "all"), stop, checkpoints=kept)
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=STOPPED)
    finished = train(parts_of(rest, kind, "all"), checkpoints=going_on).weights
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


def test_a_step_is_that_of_torchs_own_loss():
    size = len(stratified(TASK.labels, 0, train_fraction=0.8).train)
    options = dataclasses.replace(OPTIONS, epochs=1, batch_size=size)
    parts = parts_of([3] * 4, "squared_error", options=options, dtype=torch.float64)
    start, end = train(dataclasses.replace(parts, snapshots=np.array([0, 1]))).weights[:, 0]
    views = Layout(parts.network.parameters).views(start.clone())
    values = {name: view.clone().requires_grad_() for name, view in views.items()}
    rows = parts.members[0].split.train
    told = torch.from_numpy(TASK.inputs[rows])
    for name in parts.network.layers:
        told = told @ values[f"{name}.weight"].T + values[f"{name}.bias"]
        told = told if name == "output" else told.tanh()
    torch.nn.functional.mse_loss(told, torch.from_numpy(TASK.targets[rows])).backward()
    torch.optim.Adam(values.values(), lr=4e-4).step()
    expected = Layout(parts.network.parameters).views(end)
    for name, value in values.items():
        torch.testing.assert_close(value.detach(), expected[name], rtol=1e-9, atol=1e-12)


def test_samples_that_fill_up_a_batch_count_nothing():
    outputs = torch.tensor([[[1.0, 5.0, 99.0]]])
    targets = torch.tensor([[[0.0, 2.0, 0.0], [0.5, 0.5, 0.0]]])
    assert squared_errors(outputs, targets).tolist() == [0.5 * 1 + 0.5 * 9]


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_loops_refuse_it(kind):
    assert (
        refusal(parts_of([3] * 4, kind)) == "it minimises the cross-entropy, not the squared error"
    )


def batch(seed=0, samples=20, fill=4):
    """Return inputs, activity, targets and shares, with samples that only fill up."""
    generator = torch.Generator().manual_seed(seed)
    sizes = (3, 5, 1)
    x, t, y = (
        torch.randn(2, d, samples + fill, generator=generator, dtype=torch.float64) for d in sizes
    )
    shares = torch.full((2, samples + fill), 1 / samples, dtype=torch.float64)
    shares[:, samples:] = 0
    return x, t, y, shares


def test_the_bottleneck_is_the_estimators_in_nats():
    x, t, _, shares = batch()
    one = torch.ones(2, 1, 1, dtype=torch.float64)
    kernels = [cs_ib.kernel(h, h, one) for h in (cs_ib.standardised(v, shares) for v in (x, t))]
    ours = cs_ib.quadratic(*kernels, shares) / np.log(2)
    for member in range(2):
        real = [v[member, :, :20].T.numpy() for v in (x, t)]
        assert ours[member].item() == pytest.approx(cs_qmi.mutual_information(*real).value)


def test_what_is_told_diverges_from_the_targets_unless_it_is_them():
    x, _, y, shares = batch()
    one = torch.ones(2, 1, 1, dtype=torch.float64)
    k = cs_ib.kernel(*[cs_ib.standardised(x, shares)] * 2, one)
    assert cs_ib.divergence(k, y, y, one, shares).abs().max() == 0
    off = cs_ib.divergence(k, y, y + 1, one, shares)
    farther = cs_ib.divergence(k, y, y + 2, one, shares)
    assert (off > 0.1).all() and (farther > off).all()


def test_the_divergence_is_the_papers_written_out():
    x, t, y, shares = batch(samples=6, fill=2)
    told = t[:, :1]
    one = torch.ones(2, 1, 1, dtype=torch.float64)
    k = cs_ib.kernel(x, x, one)
    n, near = range(6), lambda a, b: np.exp(-((a - b) ** 2) / 2)

    def mean(first, second):
        terms = []
        for j in n:
            weights = [k[0, j, i].item() for i in n]
            pairs = [near(first[0, 0, j].item(), second[0, 0, i].item()) for i in n]
            terms.append(np.dot(weights, pairs) / sum(weights) ** 2)
        return np.log(sum(terms))

    by_hand = mean(y, y) + mean(told, told) - mean(y, told) - mean(told, y)
    ours = cs_ib.divergence(k, y, told, one, shares)[0].item()
    assert ours == pytest.approx(by_hand, rel=1e-9)
