"""The sweep machinery: composing jobs, planning ensembles, fanning them out, showing progress."""
