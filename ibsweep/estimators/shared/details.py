"""What is known of both estimates of a layer beside their values, under one set of names."""

import math
from collections.abc import Mapping

from ibsweep.types import Estimate, Information

OF_INPUTS = {"rank_y": "rank_t", "atom_share_y": "atom_share_t"}  # of I(X;T) the second is T
OF_LABELS = {
    "rank_x": "label_rank_t",
    "atom_share_x": "label_atom_share_t",
    "above_entropy": "above_entropy",
}


def layer_estimates(
    of_inputs: Estimate, of_labels: Estimate, further: Mapping[str, float] | None = None
) -> Information:
    """Join the estimates of I(X;T) and I(T;Y) of one layer, with what each says of itself.

    Args:
        of_inputs: I(X;T), estimated from the pair (X, T).
        of_labels: I(T;Y), estimated from the pair (T, Y).
        further: Other diagnostics; where an estimate says the same, the estimate counts.

    Returns:
        Floats. Details: `i_xt_error` and `i_ty_error` (bits), unless unknown; the diagnostics of
        I(X;T) by their own names, with `rank_t` and `atom_share_t` for those of the layer; those
        of I(T;Y) with `label_` before them, but for `above_entropy`, which can be nothing else.

    Example:
        >>> first = Estimate(2.0, 0.1, {"rank_x": 3.0, "rank_y": 1.0, "negative": 0.0})
        >>> second = Estimate(-0.5, math.nan, {"rank_x": 1.0, "negative": 1.0})
        >>> layer_estimates(first, second).details
        {'i_xt_error': 0.1, 'rank_x': 3.0, 'rank_t': 1.0, 'negative': 0.0, 'label_rank_t': 1.0, \
'label_negative': 1.0}
    """
    errors = {"i_xt_error": of_inputs.error, "i_ty_error": of_labels.error}
    details = {name: error for name, error in errors.items() if not math.isnan(error)}
    details |= further or {}
    for name, value in of_inputs.diagnostics.items():
        details[OF_INPUTS.get(name, name)] = value
    for name, value in of_labels.diagnostics.items():
        details[OF_LABELS.get(name, f"label_{name}")] = value
    return Information(of_inputs.value, of_labels.value, details)
