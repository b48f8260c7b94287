"""Settings of numpy, torch and warnings that measuring runs with, whatever the user's are."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np
import torch

from ibsweep.watching.calling import same_randomness, warnings_are_no_errors


@contextmanager
def usual_settings() -> Iterator[None]:
    """Run with the settings that numpy, torch and Python begin with, and give back the user's.

    So numbers do not depend on them, and what is an error in the user's loop is none here: numpy's
    floating-point errors, warnings (which are shown), operations that are not deterministic. New
    tensors are float32 on the CPU, with gradients. Random generators are left as they are.
    """
    with ExitStack() as stack:
        stack.enter_context(same_randomness())
        stack.enter_context(np.errstate(all="warn", under="ignore"))
        stack.enter_context(warnings_are_no_errors())
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
        if torch.are_deterministic_algorithms_enabled():
            only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
            stack.callback(partial(torch.use_deterministic_algorithms, True, warn_only=only_warn))
            torch.use_deterministic_algorithms(False)
        stack.enter_context(torch.autocast("cpu", enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        yield
