"""The records that cross modules."""

import copy
import pickle

import pytest
import torch

from ibsweep.types import Information

PLAIN = Information(1.5, 0.5)
DETAILED = Information(1.5, 0.5, {"i_xt_error": 0.1})


def test_information_shows_details_only_if_there_are_some():
    assert repr(PLAIN) == "Information(i_xt=1.5, i_ty=0.5)"
    assert repr(DETAILED) == "Information(i_xt=1.5, i_ty=0.5, details={'i_xt_error': 0.1})"


@pytest.mark.parametrize("information", [PLAIN, DETAILED])
def test_information_crosses_to_other_processes(information):
    assert pickle.loads(pickle.dumps(information)) == information == copy.deepcopy(information)


def test_nobody_writes_into_what_all_without_details_share():
    with pytest.raises(TypeError, match="does not support item assignment"):
        PLAIN.details["rank_t"] = torch.ones(1)
