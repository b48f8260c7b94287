"""Stores runs in MLflow and reads them back; the only part that knows MLflow.

MLflow itself takes about a second to import, so that happens when a store is opened, not here.
"""

from ibsweep.tracking.checksums import DamagedFile
from ibsweep.tracking.errors import store_errors
from ibsweep.tracking.opening import check_store, find_store, open_store
from ibsweep.tracking.options import StoreError, TrackingOptions
from ibsweep.tracking.store import Store
from ibsweep.tracking.summary_runs import ConfigurationResult

__all__ = [
    "ConfigurationResult",
    "DamagedFile",
    "Store",
    "StoreError",
    "TrackingOptions",
    "check_store",
    "find_store",
    "open_store",
    "store_errors",
]
