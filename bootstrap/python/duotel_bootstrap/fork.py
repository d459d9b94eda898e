"""A forked child starts its own sums and connections: the SDK hands it the parent's, and both would send the same sums on one socket."""

import os
import threading

from . import log


def install(provider):
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _forget(provider))


def fresh_connections(exporter):
    """Has every forked child open connections of its own: two processes that write to one socket garble each other's requests."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _reconnect(exporter))


def _reconnect(exporter):
    """Forgets the pool of the HTTP session. Closing it would take locks that a thread the child does not have may hold."""
    try:
        transport = getattr(getattr(exporter, "_client", None), "_transport", None)
        session = getattr(exporter, "_session", None) or getattr(transport, "_session", None)
        for prefix, adapter in list(getattr(session, "adapters", {}).items()):
            session.mount(prefix, type(adapter)())
    except Exception as error:
        log.say(log.FORK_SHARES_CONNECTION, error=log.describe(error))


def _forget(provider):
    """Gives every reader an empty storage. The locks renewed here may be held by a thread that the child does not have."""
    try:
        consumer = provider._measurement_consumer
        consumer._lock = threading.Lock()
        for reader in consumer._reader_storages:
            if hasattr(reader, "_export_lock"):  # held for as long as an export takes: the child's last one would wait for it
                reader._export_lock = threading.Lock()
        consumer._reader_storages = {
            reader: type(storage)(consumer._sdk_config, reader._instrument_class_temporality, reader._instrument_class_aggregation)
            for reader, storage in consumer._reader_storages.items()
        }
    except Exception as error:
        log.say(log.FORK_SHARES_SUMS, error=log.describe(error))
