"""A forked child starts its own sums: the SDK hands it the parent's, and what was counted once before the fork would be sent by both."""

import os
import threading

from . import log


def install(provider):
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _forget(provider))


def _forget(provider):
    """Gives every reader an empty storage. The consumer's lock may be held by a thread that the child does not have."""
    try:
        consumer = provider._measurement_consumer
        consumer._lock = threading.Lock()
        consumer._reader_storages = {
            reader: type(storage)(consumer._sdk_config, reader._instrument_class_temporality, reader._instrument_class_aggregation)
            for reader, storage in consumer._reader_storages.items()
        }
    except Exception as error:
        log.say(log.FORK_SHARES_SUMS, error=log.describe(error))
