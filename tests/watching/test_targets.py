"""What a watched model's output says is what a sweep says of such a network."""

import numpy as np
import pandas as pd
import pytest
import torch

from ibsweep.scores import performance
from ibsweep.types import Dataset, Split
from ibsweep.watching.targets import Classes

LABELS = np.arange(64) % 3
LOGITS = torch.randn(5, 64, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_performance_and_scores_are_those_of_a_sweep():
    rows = np.arange(64)
    dataset, split = Dataset(np.zeros((64, 1)), LABELS, classes=3), Split(rows, rows)
    swept = performance.performance(LOGITS.log_softmax(dim=2), dataset, split._asdict())
    targets = Classes(LABELS, LABELS.dtype, ends_in_sigmoid=False)
    watched = pd.DataFrame(targets.read(logits).performance for logits in LOGITS)
    assert watched.to_dict("list") == {
        name: pytest.approx(swept[name]) for name in ("accuracy/test", "loss/test")
    }
    expected = performance.final_scores(swept, dataset, split)
    assert targets.scores(watched).items() == expected.items() - {("accuracy/gap", 0.0)}
