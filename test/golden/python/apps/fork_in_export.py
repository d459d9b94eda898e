"""Forks in the middle of a metrics export, and says whether the child's reader can export."""

import os

from opentelemetry import metrics

reader = next(iter(metrics.get_meter_provider()._measurement_consumer._reader_storages))
with reader._export_lock:  # as the reader's own thread holds it for the length of an export
    child = os.fork()
    if child == 0:
        os._exit(0 if reader._export_lock.acquire(timeout=5) else 1)
print(os.waitpid(child, 0)[1])
