"""Compressors of continuous vectors, one file each: see conf/compressor for the options.

`fit(x) -> Compressor` learns from one part of the samples, shape `(n, d)`; its `encode` and
`decode` then work on any. One that learns from pairs of vectors is `fit(x, other=y)`, and returns
two, for x and for y. Kept, it is a frozen compressor; called at every epoch, a refitted one.
"""
