"""Stores runs in MLflow and reads them back; the only part that knows MLflow.

MLflow itself takes about a second to import, so that happens when a store is opened, not here.
"""

from ibsweep.tracking.checksums import DamagedFile
from ibsweep.tracking.errors import store_errors
from ibsweep.tracking.finding import find_store, read_store, studies
from ibsweep.tracking.opening import check_store, open_store
from ibsweep.tracking.options import NotThere, StoreError, TrackingOptions
from ibsweep.tracking.store import Store
from ibsweep.tracking.tags import check_name

__all__ = [
    "DamagedFile",
    "NotThere",
    "Store",
    "StoreError",
    "TrackingOptions",
    "check_name",
    "check_store",
    "find_store",
    "open_store",
    "read_store",
    "store_errors",
    "studies",
]
