"""Where the watch over a training begins."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ibsweep.information import Estimator
from ibsweep.watching import models
from ibsweep.watching.calling import undisturbed
from ibsweep.watching.estimators import chosen, fitted
from ibsweep.watching.inputs import read
from ibsweep.watching.labels import targets
from ibsweep.watching.plan import (
    Description,
    How,
    Measuring,
    Storing,
    check,
    make_plan,
    measured_epochs,
)
from ibsweep.watching.probe import Probe
from ibsweep.watching.recording import device_of
from ibsweep.watching.samples import Samples
from ibsweep.watching.surroundings import usual_settings

Values: TypeAlias = Tensor | np.ndarray | pd.DataFrame
Inputs: TypeAlias = Values | tuple[Values, ...] | Mapping[str, Values] | Dataset | DataLoader


def watch(
    model: nn.Module,
    inputs: Inputs,
    labels: Tensor | np.ndarray | None = None,
    *,
    schedule: Collection[int] | None = None,
    layers: Sequence[str] | None = None,
    estimators: Sequence[str] | Mapping[str, Estimator] = ("ebab",),
    output: str | int | None = None,
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
    stored: FINISHED with curves, scores and information planes; FAILED, or KILLED by Ctrl-C, with
    what was measured until then.

    Estimators that need the whole training (`binning_global`, `binning_layer`, `quantized`,
    `lossy_frozen`) measure when it has ended; for them the activity of all measured epochs is
    kept, 4 bytes a number.

    Args:
        model: It returns logits, shape `(samples, classes)`, or one logit; or probabilities, which
            a softmax or a sigmoid made; or what a regression gives.
        inputs: Samples to measure on, best ones that it is not trained on: first axis, any shape.
            A tuple: several arguments; a dict: arguments by name; a data set or loader of samples
            with their labels. They are copied once.
        labels: Class of each sample, shape `(samples,)`, integers 0 … classes − 1; or real numbers
            that the model should give, of its output's shape. None: those of the data set; if it
            has none, I(X;T) alone is measured.
        schedule: Epochs to measure at, e.g. `ibsweep.learning.schedule.logarithmic(20, count=10)`;
            None: all. The last is always measured.
        layers: Modules to measure, named as by `model.named_modules()`; None: its children.
        estimators: Names of options of conf/estimator; or name to function, as for
            `ibsweep.information.measure`.
        output: Which entry or attribute is the output, if the model returns several.
        measuring: How much at a time, and how often with permuted labels.
        description: Name, seed and options of the run.
        storing: Where the run goes, and what of it; None: it is not stored.

    Raises:
        ValueError: If model, samples and labels do not fit, or an option or estimator does not
            serve.
    """
    check(measuring, description, storing)
    epochs, inner = measured_epochs(schedule), models.checked(model)
    with usual_settings():
        usable = chosen(estimators)
    call, known = read(inputs, labels)
    with undisturbed(inner):
        batch = next(call.batches(measuring.batch_size, device_of(inner)))
        tried = models.try_out(inner, batch, layers, output)
    target = targets(known, samples=call.samples, ends_in_sigmoid=tried.ends_in_sigmoid)
    samples = Samples(
        call, target, layers=tried.layers, output=output, batch_size=measuring.batch_size
    )
    plan = make_plan(epochs, fitted(usable, target), measuring, storing)
    return Probe(inner, samples, plan, How(description, storing))
