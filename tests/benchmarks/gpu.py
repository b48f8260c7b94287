"""Check and time a CUDA device against the CPU: `python -m tests.benchmarks.gpu [stage …]`.

Needs torch ≥ 2.6 and what the science imports: no Hydra, no store. Each stage prints a table; one
that fails prints why, and the others go on (the exit status is then 1).
"""

import argparse
import dataclasses
import multiprocessing
import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.estimators import (
    adapters,
    binning,
    ebab,
    gaussian,
    kde,
    ksg,
    mixed_ksg,
    posterior,
    quantized,
    sp,
)
from ibsweep.learning import epochs, schedule, trainer
from ibsweep.learning.regularizers import l1, l2, max_norm
from ibsweep.networks import activations
from ibsweep.networks.activations import Activation
from ibsweep.networks.mlp import MLP
from ibsweep.networks.replay import replay
from tests.learning.test_trainer import OPTIONS, TASK, ensemble

SIZES, FEATURES, CLASSES = [10, 7, 5, 4, 3], 12, 2
EPOCHS = 8000  # of the title command
PLAIN = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "relu6": nn.ReLU6(),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "swish": nn.SiLU(),
    "gelu": nn.GELU(),
    "mish": nn.Mish(),
    "softplus": nn.Softplus(),
    "softsign": nn.Softsign(),
    "tanh": nn.Tanh(),
    "hardtanh": nn.Hardtanh(),
    "sigmoid": nn.Sigmoid(),
    "identity": nn.Identity(),
    "abs": activations.absolute,
    "sine": activations.sine,
    "centered_softplus": activations.centered_softplus,
}
ACTIVATIONS = {
    **{name: Activation(function, 1.0, {}) for name, function in PLAIN.items()},
    "prelu": Activation(activations.prelu, 1.0, {"slope": 0.25}),
}
PENALTIES = {
    "none": lambda members: [],
    "l1": lambda members: [l1(penalty=[1e-3] * members)],
    "l2": lambda members: [l2(penalty=[0.015] * members)],
    "max_norm": lambda members: [max_norm(norm=[1.0] * members)],
}
LAYERWISE = {
    "ebab": partial(ebab.ebab_information, bins=30),
    "ebab_released": partial(ebab.ebab_information, bins=30, edge_rule="released"),
    "binning_width": partial(binning.width_bins_information, bin_width=0.07),
    "binning_network": partial(
        binning.equal_bins_information, bins=30, activity_range=(-1.0, 1.0)
    ),
    "binning_epoch": partial(binning.epoch_bins_information, bins=30),
    "kde": partial(kde.kde_information, noise_variance=1e-3),
    "kde_lower": partial(kde.kde_information, noise_variance=1e-3, bound="lower"),
    "akde": partial(kde.akde_information, reference_variance=1e-3),
    "akde_lower": partial(kde.akde_information, reference_variance=1e-3, bound="lower"),
}
MIXED = partial(mixed_ksg.label_information, neighbours=3)
PAIRS = {
    "gaussian": (gaussian.mutual_information, gaussian.label_information),
    "ksg": (partial(ksg.mutual_information, neighbours=3), MIXED),
    "posterior": (gaussian.mutual_information, posterior.label_information),
}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large the stages are."""

    members: tuple[int, ...] = (150, 550, 10_000)
    company: tuple[int, ...] = (50, 150, 550)
    epochs: int = 200
    cpu_epochs: int = 10
    snapshots: int = 120
    timed: int = 24  # of the snapshots: the others take as long
    samples: int = 4096


SMALL = Sizes((8, 12), (6, 9), 4, 2, 4, 2, 300)


def built(seeds, device, activation="relu", penalty="none", seeding="init", **options):
    """Return an ensemble of 12-10-7-5-4-3-2, with options of training changed."""
    dtype = options.pop("dtype", torch.float32)
    changed = dataclasses.replace(OPTIONS, **options)
    return ensemble(
        seeds,
        seeding=seeding,
        network=MLP(SIZES, ACTIVATIONS[activation], "glorot", features=FEATURES, classes=CLASSES),
        regularizers=PENALTIES[penalty](len(seeds)),
        device=torch.device(device),
        dtype=dtype,
        options=changed,
        snapshots=np.array([0, changed.epochs]),
    )


def kernel_by_kernel():
    """Train without CUDA graphs inside the block."""
    return mock.patch.object(epochs, "graphed", lambda step, **_: step)


def finish(device: str) -> None:
    """Wait until the device has done all that it was asked."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(call: Callable[[], object], device: str, repeats: int) -> float:
    """Return the median wall time of a call, after one that does not count."""
    times = []
    for _ in range(repeats + 1):
        finish(device)
        begin = time.perf_counter()
        call()
        finish(device)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def distance(one: Tensor, other: Tensor) -> float:
    """Return ‖one − other‖ / ‖other‖."""
    one, other = one.double().cpu(), other.double().cpu()
    return float((one - other).norm() / other.norm().clamp_min(1e-300))


def one_step(parts) -> tuple[Tensor, Tensor]:
    """Return the gradients on the first batch and the weights after one step."""
    own = trainer._Trainer(parts)
    own._epochs._gradients(*next(iter(own._epochs._batches)))
    gradient = own._weights.gradient.clone()
    own._epochs._step()
    return gradient, own._weights.flat.clone()


def step(device: str, sizes: Sizes) -> None:
    """One step on the device against one on the CPU, for every activation and penalty."""
    kinds = [(name, "none") for name in ACTIVATIONS] + [("tanh", p) for p in PENALTIES]
    greatest = {torch.float64: 0.0, torch.float32: 0.0}
    print("relative distance of gradients and of weights after one step, float64, then float32")
    for kind in kinds:
        row = []
        for dtype in greatest:
            ours, known = (
                one_step(built(range(8), place, *kind, dtype=dtype)) for place in (device, "cpu")
            )
            row += [distance(a, b) for a, b in zip(ours, known, strict=True)]
            greatest[dtype] = max(greatest[dtype], *row[-2:])
        print(f"  {kind[0]:18s} {kind[1]:9s}" + "".join(f" {value:8.1e}" for value in row))
    for dtype, most in ((torch.float64, 1e-12), (torch.float32, 1e-4)):
        passed = "passed" if greatest[dtype] < most else "FAILED"
        print(f"  {dtype}: greatest {greatest[dtype]:.1e}, asked < {most:.0e}: {passed}")


def graphs(device: str, sizes: Sizes) -> None:
    """Training with CUDA graphs against training kernel by kernel: every bit."""
    for kind in (
        *((name, "none", "init") for name in ACTIVATIONS),
        *(("tanh", name, "init") for name in PENALTIES),
        *(("relu", "none", name) for name in ("init_and_batches", "all")),
    ):
        parts = built(range(50), device, *kind, epochs=5)
        with kernel_by_kernel():
            known = trainer.train(parts).weights
        own = trainer._Trainer(parts)
        while own.epoch < parts.options.epochs:
            own.run_epoch()
        replays = getattr(own._epochs._differentiate, "replays", 0)
        equal = torch.equal(torch.stack(own.snapshots), known)
        print(f"  {' '.join(kind):38s} equal {equal}, {replays} replays")


def company(device: str, sizes: Sizes) -> None:
    """Seed 7 among others against seed 7 alone, and a repeated run: every bit."""
    for activation, seeding in (("relu", "init"), ("tanh", "init"), ("relu", "all")):
        kind = {"activation": activation, "seeding": seeding, "epochs": 5}
        alone = trainer.train(built([7] * 4, device, **kind)).weights[-1, 0]
        for count in (4, 8, 16, 32, *sizes.company):
            parts = built([*range(8, 7 + count), 7], device, **kind)
            first, again = (trainer.train(parts).weights[-1] for _ in range(2))
            far = f"{torch.equal(first[-1], alone)} ({distance(first[-1], alone):.0e})"
            repeated = torch.equal(first, again)
            print(f"  {activation} {seeding:5s} {count:4d}: as alone {far}, repeated {repeated}")


def kernels(device: str, sizes: Sizes) -> None:
    """Which operation of a step gives a member other bits in other company."""
    counts = (4, 8, 16, 32, 64, 128, 256, *sizes.company, *sizes.members[-1:])
    generator = torch.Generator().manual_seed(0)
    widths = zip([FEATURES, *SIZES], [*SIZES, CLASSES], strict=True)
    for fan_in, fan_out in widths:
        w, x, g, b = (
            torch.randn(max(counts), *shape, generator=generator).to(device)
            for shape in ((fan_out, fan_in), (fan_in, 512), (fan_out, 512), (fan_out, 1))
        )
        one = x[:1].expand_as(x)
        calls = {
            "forward": lambda n, w=w, x=x, b=b: torch.baddbmm(b[:n], w[:n], x[:n]),
            "forward, shared": lambda n, w=w, x=one, b=b: torch.baddbmm(b[:n], w[:n], x[:n]),
            "weights": lambda n, g=g, x=x: torch.bmm(g[:n], x[:n].mT),
            "weights, shared": lambda n, g=g, x=one: torch.bmm(g[:n], x[:n].mT),
            "inputs": lambda n, w=w, g=g: torch.bmm(w[:n].mT, g[:n]),
            "biases": lambda n, g=g: g[:n].sum(dim=2, keepdim=True),
            "softmax": lambda n, g=g: torch.log_softmax(g[:n], dim=1),
        }
        for name, call in calls.items():
            results = {n: call(n)[3] for n in counts}
            kinds = []
            for n, result in results.items():
                same = [kind for kind in kinds if torch.equal(results[kind[0]], result)]
                same[0].append(n) if same else kinds.append([n])
            print(f"  {fan_in:2d} → {fan_out:2d} {name:16s} equal among {kinds}")


def profile(device: str, sizes: Sizes) -> None:
    """Where the time of a step goes: batches, gradients, the optimiser."""
    for members in sizes.members:
        own = trainer._Trainer(built(range(members), device, epochs=9))
        own.run_epoch()
        own.run_epoch()
        inputs, targets = next(iter(own._epochs._batches))
        calls = {
            "batches of an epoch": lambda own=own: list(own._epochs._batches),
            "gradients": lambda own=own, x=inputs, y=targets: own._epochs._differentiate(x, y),
            "kernel by kernel": lambda own=own, x=inputs, y=targets: own._epochs._gradients(x, y),
            "optimiser": own._epochs._step,
            "diverged?": own._retire_diverged,
        }
        row = {name: round(1e6 * seconds(call, device, 20)) for name, call in calls.items()}
        print(f"  {members} members, µs: {row}", flush=True)


def timing(device: str, sizes: Sizes) -> None:
    """Training alone."""
    print(f"12-10-7-5-4-3-2, 3277 samples in batches of 512; {EPOCHS} epochs are extrapolated")
    fewest = sizes.members[0]
    kinds = [(n, a, "init") for n in sizes.members for a in ("relu", "tanh")]
    for kind in (*kinds, (fewest, "relu", "all")):
        for name, context in (("graph", nullcontext), ("kernels", kernel_by_kernel)):
            with context():
                timed(f"{device}, {name}", device, *kind, sizes.epochs)
    threads = torch.get_num_threads()
    for count in (1, threads):
        torch.set_num_threads(count)
        for activation in ("relu", "tanh"):
            timed(f"cpu, {count} threads", "cpu", fewest, activation, "init", sizes.cpu_epochs)
    torch.set_num_threads(threads)


def timed(name, device, members, activation, seeding, epochs) -> None:
    """Train and print a line of the table of times."""
    own = trainer._Trainer(built(range(members), device, activation, seeding=seeding))
    for _ in range(3):
        own.run_epoch()
    finish(device)
    begin = time.perf_counter()
    for _ in range(epochs):
        own.run_epoch()
    finish(device)
    each = 1000 * (time.perf_counter() - begin) / epochs
    print(
        f"  {name:15s} {members:6d} {activation} {seeding:4s} {epochs} epochs: {each:8.3f} ms an"
        f" epoch, {1000 * each / members:8.2f} µs a network and epoch;"
        f" {EPOCHS}: {each * EPOCHS / 1000:.1f} s",
        flush=True,
    )


def compiled(device: str, sizes: Sizes) -> None:
    """Training by compiled loops, a process on each core of the CPU."""
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        for members in sizes.members:
            share = -(-members // cores)
            for activation in ("relu", "tanh", "swish"):
                list(pool.map(by_loops, [(share, activation, 1)] * cores))  # compiles, warms up
                each = max(pool.map(by_loops, [(share, activation, sizes.epochs)] * cores))
                print(
                    f"  {cores} processes  {members:6d} {activation:5s} {sizes.epochs} epochs:"
                    f" {each:8.3f} ms an epoch; {EPOCHS}: {each * EPOCHS / 1000:.1f} s",
                    flush=True,
                )


def by_loops(task: tuple[int, str, int]) -> float:
    """Train members by an activation for some epochs; return milliseconds an epoch."""
    members, activation, epochs = task
    torch.set_num_threads(1)
    own = trainer._Trainer(built(range(members), "cpu", activation, engine="compiled"))
    own.run_epoch()
    begin = time.perf_counter()
    for _ in range(epochs):
        own.run_epoch()
    return 1000 * (time.perf_counter() - begin) / epochs


def activity(sizes: Sizes) -> tuple[dict[str, Tensor], np.ndarray]:
    """Return the activity of a trained network at its snapshots, and the samples' labels."""
    epochs = 2 * (sizes.snapshots - 1)
    parts = built(range(4), "cpu", "tanh", epochs=epochs)
    parts = dataclasses.replace(parts, snapshots=schedule.linear(epochs, every=2))
    weights = trainer.train(parts).weights[:, 0]
    layers, _ = replay(parts.network, weights, TASK.inputs, rows=np.arange(sizes.samples))
    return layers, TASK.labels[: sizes.samples]


def estimators(device: str, sizes: Sizes) -> None:
    """Every estimator on activity that lies on the device against that on the CPU."""
    layers, labels = activity(sizes)
    inputs = TASK.inputs[: sizes.samples]
    quantize = partial(quantized.quantized_information, bits=8, activity_range=(-1.0, 1.0))
    named = {
        **LAYERWISE,
        "sp": partial(sp.sp_information, noise_variance=0.1, draws=2),
        **{
            name: partial(adapters.layer_information, inputs=inputs, pair=pair, labelled=labelled)
            for name, (pair, labelled) in PAIRS.items()
        },
        "quantized": quantize,
    }
    for name, measure in named.items():
        greatest = 0.0
        try:
            for layer in (layers["layer_1"][-2:], layers["layer_5"][-2:]):
                known, ours = measure(layer, labels), measure(layer.to(device), labels)
                pairs = zip(known[:2], ours[:2], strict=True)
                greatest = max(greatest, *(float((a - b.cpu()).abs().max()) for a, b in pairs))
            print(f"  {name:16s} difference {greatest:.1e} bits", flush=True)
        except Exception as error:  # the others are checked all the same
            print(f"  {name:16s} FAILED: {type(error).__name__}: {error}", flush=True)


def measuring(device: str, sizes: Sizes) -> None:
    """Estimators alone: the six layers at all snapshots, one thread of the CPU."""
    layers, labels = activity(sizes)
    apart = max(1, sizes.snapshots // sizes.timed)
    some = {name: held[::apart].contiguous() for name, held in layers.items()}
    count = len(some["layer_1"])
    print(f"seconds for {sizes.snapshots} snapshots of {len(labels)} samples, from {count}")
    torch.set_num_threads(1)
    for name, measure in LAYERWISE.items():
        row = {}
        for place in dict.fromkeys((device, "cpu")):
            own = [held.to(place) for held in some.values()]
            measure(own[-2][:1], labels)
            finish(place)
            begin = time.perf_counter()
            for held in own:
                measure(held, labels)
            finish(place)
            row[place] = (time.perf_counter() - begin) * sizes.snapshots / count
        shown = ", ".join(f"{place} {took:7.2f} s" for place, took in row.items())
        print(f"  {name:16s} {shown}", flush=True)


STAGES = (step, graphs, company, kernels, profile, timing, compiled, estimators, measuring)


def main() -> None:
    """Run the stages asked for; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try the script")
    parser.add_argument("stages", nargs="*", help=", ".join(s.__name__ for s in STAGES))
    chosen = parser.parse_args()
    name = torch.cuda.get_device_name() if chosen.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    failed = False
    for stage in STAGES:
        if chosen.stages and stage.__name__ not in chosen.stages:
            continue
        print(f"\n{stage.__name__}: {stage.__doc__}", flush=True)
        begin = time.perf_counter()
        try:
            stage(chosen.device, SMALL if chosen.small else Sizes())
        except Exception:  # what failed is printed, and the exit status says so
            failed = True
            traceback.print_exc(file=sys.stdout)
        print(f"  ({time.perf_counter() - begin:.1f} s)", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
