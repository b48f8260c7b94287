"""Training hidden layers by their dependence on labels and inputs: the HSIC bottleneck."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.learning.schemes.base import Phase, Scheme, Step
from ibsweep.names import OUTPUT


def hsic(*, label_weight: float, sigma: float, epsilon: float, output_share: float) -> Scheme:
    r"""Train each hidden layer T by nHSIC(T, X) − w·nHSIC(T, Y), then the output by its loss.

    nHSIC is as in `ibsweep.estimators.hsic.nhsic`, of the samples of a batch. A batch of m samples
    takes time in proportion to m³.

    Args:
        label_weight: w ≥ 0.
        sigma: σ > 0: a kernel of d numbers is σ √d wide, in the units of its vectors.
        epsilon: ε > 0 of the normalisation.
        output_share: Share of the epochs in which the output layer is trained, on frozen hidden
            layers, in (0, 1).

    Raises:
        ValueError: If an option is out of its range.

    References:
        Ma, Lewis & Kleijn, The HSIC bottleneck: deep learning without back-propagation, 2020,
        eq. 8. https://arxiv.org/abs/1908.01580
    """
    checks.real("label_weight", label_weight, minimum=0)
    checks.real("sigma", sigma, above=0)
    checks.real("epsilon", epsilon, above=0)
    share = checks.real("output_share", output_share, above=0, below=1)

    def hidden_then_output(hidden: Sequence[str]) -> list[Phase]:
        return [Phase(1 - share, hidden), Phase(share, [OUTPUT])]

    local = partial(_losses, label_weight=label_weight, sigma=sigma, epsilon=epsilon)
    return Scheme(hidden_then_output, local, repeatable=False, one_thread=True)


def _losses(
    layers: Sequence[str], step: Step, *, label_weight: float, sigma: float, epsilon: float
) -> list[Tensor]:
    """Return the loss of each layer; each member's by itself, as factorisations are."""
    size = int((step.targets[0].sum(dim=0) > 0).sum())  # samples that do not only fill it up
    operator = partial(_operator, sigma=sigma, epsilon=epsilon)
    losses = []
    for member, (patterns, targets) in enumerate(zip(step.inputs, step.targets, strict=True)):
        classes = (targets[:, :size] > 0).to(patterns)
        wanted = operator(patterns[:, :size].T) - label_weight * operator(classes.T)
        activity = [step.activity[layer][member, :, :size].T for layer in layers]
        losses.append(torch.stack([(operator(t) * wanted).sum() for t in activity]))
    return list(torch.stack(losses, dim=1))


def _operator(points: Tensor, *, sigma: float, epsilon: float) -> Tensor:
    """Return S = K̃ (K̃ + ε m I)⁻¹ of points, shape `(m, d)`."""
    m, d = points.shape
    centred = points - points.mean(dim=0)
    norms = centred.square().sum(dim=1)
    squares = (norms + norms[:, None] - 2 * centred @ centred.T).clamp(min=0)
    kernel = torch.exp(-squares / (2 * sigma**2 * d))
    means = kernel.mean(dim=0)
    kernel = kernel - means - means[:, None] + means.mean()
    ridge = epsilon * m * torch.eye(m, dtype=points.dtype, device=points.device)
    return torch.cholesky_solve(kernel, torch.linalg.cholesky(kernel + ridge))
