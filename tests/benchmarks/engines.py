"""Compiled loops against torch, training alone: `python -m tests.benchmarks.engines [checkout]`.

Milliseconds of one core for a network and epoch of 12–10–7–5–4–3–2, in ensembles of 50, and the
rate of a matrix product of numpy as a measure of the core, each the least, the median and the most
of repeats that take turns. A checkout of another version, in its own environment (`.venv`), takes
part if one is given. Then wider networks: from which size on batched products are as fast.
"""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from ibsweep.learning.trainer import train
from ibsweep.networks.activations import Activation
from ibsweep.networks.mlp import MLP
from ibsweep.types import Dataset, Split
from tests.learning.test_trainer import OPTIONS, TASK, ensemble

MEMBERS, REPEATS, PRODUCT = 50, 5, 1500
SAMPLES, SIZES = 3277, (12, 10, 7, 5, 4, 3, 2)
FUNCTIONS = {"relu": "ReLU", "tanh": "Tanh", "elu": "ELU", "swish": "SiLU"}
WIDER = [(16, 16, 16, 10), (32, 32, 32, 10), (64, 64, 64, 10)]
EPOCHS = {"compiled": 100, "torch": 15}
ELSEWHERE = """
import dataclasses, sys, time
import numpy as np, torch
torch.set_num_threads(1)
try:
    from ibsweep.learning.trainer import train
    from tests.learning.test_trainer import OPTIONS, ensemble
    from ibsweep.networks.activations import Activation
except ImportError:
    from ibsweep.learning import train
    from tests.test_learning import OPTIONS, ensemble
    from ibsweep.activations import Activation
options = dataclasses.replace(OPTIONS, epochs=15)
parts = ensemble(range(50), options=options, snapshots=np.array([15]))
function = Activation(getattr(torch.nn, sys.argv[1])(), 1.0, {})
parts = dataclasses.replace(parts, network=dataclasses.replace(parts.network, activation=function))
begin = time.process_time()
train(parts)
print(1000 * (time.process_time() - begin) / 50 / 15)
"""


def training_ms(engine: str, activation: str, sizes: tuple[int, ...] = SIZES) -> float:
    """Return milliseconds of the core for a network and epoch."""
    epochs = EPOCHS[engine] if sizes == SIZES else 3
    options = dataclasses.replace(OPTIONS, epochs=epochs, engine=engine)
    parts = ensemble(range(MEMBERS), options=options, snapshots=np.array([epochs]))
    function = Activation(getattr(torch.nn, FUNCTIONS[activation])(), 1.0, {})
    network = MLP([*sizes[1:-1]], function, "glorot", sizes[0], sizes[-1])
    parts = dataclasses.replace(parts, network=network)
    if sizes != SIZES:
        parts = dataclasses.replace(parts, **_random_data(parts, sizes))
    begin = time.process_time()
    train(parts)
    return 1000 * (time.process_time() - begin) / MEMBERS / epochs


def _random_data(parts, sizes):
    random = np.random.default_rng(0)
    inputs = random.integers(0, 2, (len(TASK.labels), sizes[0])).astype(float)
    dataset = Dataset(inputs, random.integers(0, sizes[-1], len(inputs)), sizes[-1])
    split = Split(np.arange(SAMPLES), np.arange(SAMPLES, len(inputs)))
    return {"dataset": dataset, "members": [m._replace(split=split) for m in parts.members]}


def elsewhere_ms(checkout: Path, activation: str) -> float:
    """Return the same of another checkout, in its own environment."""
    command = [checkout / ".venv/bin/python", "-c", ELSEWHERE, FUNCTIONS[activation]]
    done = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def product_gflops() -> float:
    """Return billions of operations a second of a matrix product in float32."""
    matrix = np.random.default_rng(0).random((PRODUCT, PRODUCT), dtype=np.float32)
    begin = time.process_time()
    matrix @ matrix
    return 2e-9 * PRODUCT**3 / (time.process_time() - begin)


def operations(sizes: tuple[int, ...]) -> float:
    """Return the operations of a network and epoch, without the gradient of its inputs."""
    products = [a * b for a, b in zip(sizes, sizes[1:], strict=False)]
    return 2 * SAMPLES * (3 * sum(products) - products[0])


def _shown(values: list[float]) -> str:
    return f"{min(values):.4f} {np.median(values):.4f} {max(values):.4f}"


def main() -> None:
    """Print a table of times, and their ratios."""
    torch.set_num_threads(1)
    checkout = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    print("ms of a core for a network and epoch (least, median, most); ratio of medians")
    for activation in FUNCTIONS:
        rows: dict[str, list[float]] = {}
        for engine in EPOCHS:
            training_ms(engine, activation)  # compiles, and warms up
        for _ in range(REPEATS):
            for engine in EPOCHS:
                rows.setdefault(engine, []).append(training_ms(engine, activation))
            if checkout is not None:
                rows.setdefault(checkout.name, []).append(elsewhere_ms(checkout, activation))
            rows.setdefault("product", []).append(product_gflops())
        product = rows.pop("product")
        ours = np.median(rows["compiled"])
        for name, values in rows.items():
            ratio = f"{np.median(values) / ours:5.1f}"
            print(f"{activation:6s} {name:10s} {_shown(values)}  {ratio}", flush=True)
        rate = 1e-6 * operations(SIZES) / ours
        part = 100 * rate / np.median(product)
        print(
            f"{activation:6s} {rate:.0f} GFLOP/s, {part:.0f} % of numpy's {np.median(product):.0f}"
        )
    print("wider networks, relu: compiled, torch, ratio")
    for sizes in WIDER:
        ours, torchs = (
            np.median([training_ms(engine, "relu", sizes) for _ in range(2)]) for engine in EPOCHS
        )
        name = "-".join(map(str, sizes))
        print(f"{name:18s} {ours:.3f} {torchs:.3f}  {torchs / ours:.1f}", flush=True)


if __name__ == "__main__":
    main()
