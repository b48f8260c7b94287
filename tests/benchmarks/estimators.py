"""Time the estimators against the papers' formulas: `python -m tests.benchmarks.estimators`.

Prints medians and ratios on the first and the last hidden layer of trained networks, 4096 samples,
one thread, everything in one run.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.kde import kde_information
from ibsweep.tasks.boolean import spherical
from tests.estimators import naive

SIZES = (12, 10, 7, 5, 4, 2, 2)
STEPS = 600


def trained(kind: type[nn.Module], inputs: Tensor, labels: Tensor) -> list[Tensor]:
    """Train a network on all samples and return the activity of its hidden layers."""
    torch.manual_seed(0)
    layers = [
        nn.Sequential(nn.Linear(fan_in, fan_out), kind())
        for fan_in, fan_out in zip(SIZES[:-2], SIZES[1:-1], strict=True)
    ]
    network = nn.Sequential(*layers, nn.Linear(*SIZES[-2:]))
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), labels).backward()
        optimizer.step()
    held = [inputs]
    with torch.no_grad():
        for layer in layers:
            held.append(layer(held[-1]))
    return held[1:]


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call, after one that does not count."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def compare(name: str, ours: Callable[[], object], plain: Callable[[], object]) -> None:
    """Print both times and their ratio, having checked that the values agree."""
    difference = float(np.abs(np.subtract(ours(), plain())).max())
    fast, slow = median_seconds(ours, 15), median_seconds(plain, 3)
    ratio = f"ratio {slow / fast:6.1f}   difference {difference:.0e} bits"
    print(f"{name:36s} {1e3 * fast:7.2f} ms   naive {1e3 * slow:7.1f} ms   {ratio}")


def main() -> None:
    """Print a line for each estimator and layer."""
    torch.set_num_threads(1)
    dataset = spherical()
    inputs, labels = torch.tensor(dataset.inputs).float(), torch.tensor(dataset.labels)
    for kind, low in ((nn.Tanh, -1.000001), (nn.ReLU, 0.0)):
        held = trained(kind, inputs, labels)
        for layer in (held[0], held[-1]):
            name, rows = f"{kind.__name__}, {layer.shape[1]} units", layer.numpy()
            compare(
                f"ebab_released, {name}",
                lambda h=layer, low=low: ebab_information(
                    h, labels, bins=30, edge_rule="released", low=low
                ),
                lambda h=rows, low=low: naive.ebab_released(
                    h, dataset.labels.tolist(), bins=30, low=low
                ),
            )
            for bound, c in (("upper", 1), ("lower", 4)):
                compare(
                    f"kde {bound}, {name}",
                    lambda h=layer, b=bound: kde_information(
                        h, labels, noise_variance=1e-3, bound=b
                    ),
                    lambda h=layer, c=c: naive.kde(h, labels, noise_variance=1e-3, c=c),
                )


if __name__ == "__main__":
    main()
