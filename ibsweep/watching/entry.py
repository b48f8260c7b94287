"""Where the watch over a training begins."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from torch import Tensor, nn

from ibsweep.information import Estimator
from ibsweep.recording import unwrapped
from ibsweep.watching import options
from ibsweep.watching.options import Description, How, Measuring, Storing
from ibsweep.watching.probe import Probe
from ibsweep.watching.samples import Samples


def watch(
    model: nn.Module,
    inputs: Tensor | np.ndarray,
    labels: Tensor | np.ndarray,
    *,
    schedule: Collection[int] | None = None,
    layers: Sequence[str] | None = None,
    estimators: Sequence[str] | Mapping[str, Estimator] = ("ebab",),
    measuring: Measuring = Measuring(),  # noqa: B008 - it cannot be changed
    description: Description = Description(),  # noqa: B008
    storing: Storing | None = Storing(),  # noqa: B008
) -> Probe:
    """Measure a model while it is trained, by whatever loop.

        with ibsweep.watch(model, inputs, labels) as probe:
            for epoch in range(20):
                train_one_epoch(model)
                probe.step()

    The untrained model is epoch 0; each `step` ends an epoch (or whatever the loop counts). The
    model is run in evaluation mode, and neither its weights, buffers, gradients and modes nor the
    random generators of Python, numpy and torch are other than without it. At the end the run is
    stored: FINISHED with curves, scores and information planes, or FAILED if the loop raised.

    Estimators that need the whole training (`binning_global`, `binning_layer`, `quantized`,
    `lossy_frozen`) measure when it has ended; for them the activity of all measured epochs is
    kept, 4 bytes a number.

    Args:
        model: It returns logits, shape `(samples, classes)`.
        inputs: Samples to measure on, best ones that it is not trained on: first axis, any shape.
        labels: Class of each sample, shape `(samples,)`, integers 0 … classes − 1.
        schedule: Epochs to measure at, e.g. `ibsweep.schedule.logarithmic(20, count=10)`; None:
            all. The last is always measured.
        layers: Modules to measure, named as by `model.named_modules()`; None: its children.
        estimators: Names of options of conf/estimator; or name to function, as for
            `ibsweep.information.measure`.
        measuring: How much at a time, and how often with permuted labels.
        description: Name, seed and options of the run.
        storing: Where the run goes, and what of it; None: it is not stored.

    Raises:
        ValueError: If samples and labels do not fit, or an option or estimator does not serve.
    """
    options.check(measuring, description)
    samples = Samples(inputs, labels)
    plan = options.plan(schedule, estimators, measuring, storing)
    how = How(layers, measuring.batch_size, description, storing)
    return Probe(unwrapped(model), samples, plan, how)
