"""Estimators of information, one file each: see conf/estimator for the options.

Four kinds of function, all in bits, none clipped:

- an entropy, `<name>.entropy(x) -> Estimate`, of the continuous vector whose samples are the rows
  of `x`, shape `(n, d)`;
- a pair estimator, `<name>.mutual_information(x, y) -> Estimate`, of two continuous vectors,
  shapes `(n, d_x)` and `(n, d_y)`, row i of both being one sample;
- a label estimator, `<name>.label_information(x, labels) -> Estimate`, of a continuous vector and
  a class, shape `(n,)`, integer;
- a layer estimator, `(activity (…, samples, units), labels (samples,), *, [what
  `ibsweep.information` supplies]) -> Information`, which a sweep measures networks with.

Any entropy makes a pair and a label estimator (`entropic`), any pair and label estimators make a
layer estimator (`adapters`). Options are keyword-only; all arrays are widened to float64.
"""
