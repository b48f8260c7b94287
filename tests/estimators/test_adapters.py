import numpy as np
import pytest
import torch

from ibsweep.estimators import gaussian, mixed_ksg, shuffled
from ibsweep.estimators.adapters import layer_information


def test_a_noisy_copy_of_the_inputs(rng):
    inputs = rng.normal(size=(3000, 2))
    noise = rng.normal(size=(2, 3000, 2)) * np.array([1.0, 0.25])[:, None, None]
    activity = torch.from_numpy(inputs + noise)  # two snapshots, the later with less noise
    labels = (inputs[:, 0] > 0).astype(int)
    found = layer_information(
        activity,
        labels,
        inputs=inputs,
        pair=shuffled.mutual_information,
        labelled=mixed_ksg.label_information,
    )
    assert found.i_xt.numpy() == pytest.approx([1.0, np.log2(17)], abs=0.1)
    assert 0.2 < found.i_ty[0] < found.i_ty[1] < 1


def test_inputs_of_other_samples_are_an_error():
    with pytest.raises(ValueError, match="y must have 3 rows as x, got 4"):
        layer_information(
            torch.eye(4),
            torch.arange(4) % 2,
            inputs=np.eye(3),
            pair=gaussian.mutual_information,
            labelled=gaussian.label_information,
        )
