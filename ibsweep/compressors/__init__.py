"""Compressors of continuous vectors, one file each: see conf/compressor for the options.

`fit(x) -> Compressor` learns from one part of the samples, shape `(n, d)`; its `encode` and
`decode` then work on any. Kept, it is a frozen compressor; called at every epoch, a refitted one.
"""
