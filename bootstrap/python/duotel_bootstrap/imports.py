"""Callbacks after the import of a module, from the standard library alone: a process that imports none of them pays for none of this.

A callback waits until no `opentelemetry.*` module is half imported in its thread, because it needs those modules whole.
"""

import os
import sys
import threading

from . import log

OTEL = "opentelemetry."


class ImportWatcher:
    """A finder, first in sys.meta_path, that lets the others find the module and runs the callbacks once it has been executed.

    Callbacks run one after another in whichever thread came first; no thread ever waits for another here, because each may hold
    the import lock of a module that the other's callback needs.
    """

    def __init__(self, on_otel):
        self._on_otel = on_otel  # after the outermost import of a module of OpenTelemetry
        self._callbacks = {}
        self._done = set()
        self._local = threading.local()
        self._reset()

    def _reset(self):
        self._lock, self._queue, self._running = threading.Lock(), [], False

    def install(self):
        sys.meta_path.insert(0, self)
        if hasattr(os, "register_at_fork"):  # the thread that ran the queue does not exist in the child
            os.register_at_fork(after_in_child=self._reset)

    def forget_otel(self):
        self._on_otel = None

    def after(self, name, callback):
        """Calls once `name` is imported; now, when it is already."""
        self._callbacks.setdefault(name, []).append(callback)
        if name in self._done or _imported(name):
            self.when_whole([callback])

    def find_spec(self, name, path=None, target=None):
        watched = name in self._callbacks
        otel = self._on_otel is not None and name.startswith(OTEL)
        looking = self._local.__dict__.setdefault("looking", set())
        if not (watched or otel) or name in looking:  # another finder may ask sys.meta_path itself, and meet us again
            return None
        looking.add(name)
        try:
            spec = self._ask_others(name, path, target)
        finally:
            looking.discard(name)
        loader = getattr(spec, "loader", None)
        if hasattr(loader, "exec_module") and hasattr(loader, "create_module"):
            spec.loader = _Loader(loader, self, otel)
        return spec

    def _ask_others(self, name, path, target):
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec = find(name, path, target)
                if spec is not None:
                    return spec
        return None

    def entered(self, otel):
        if otel:
            self._local.depth = getattr(self._local, "depth", 0) + 1

    def left(self, name, otel, executed):
        if otel:
            self._local.depth -= 1
        callbacks = []
        if executed:
            self._done.add(name)
            callbacks = list(self._callbacks.get(name, ()))
            if otel and self._on_otel is not None:
                callbacks.insert(0, self._on_otel)
        self.when_whole(callbacks)

    def when_whole(self, callbacks):
        """Runs callbacks as soon as this thread has no module of OpenTelemetry half imported."""
        waiting = self._local.__dict__.setdefault("waiting", [])
        waiting.extend(callbacks)
        if getattr(self._local, "depth", 0) == 0 and waiting:
            with self._lock:
                self._queue.extend(waiting)
                del waiting[:]
                if self._running:
                    return
                self._running = True
            self._drain()

    def _drain(self):
        while True:
            with self._lock:
                if not self._queue:
                    self._running = False
                    return
                callback = self._queue.pop(0)
            try:
                callback()
            except Exception as error:
                log.say(log.START_FAILED, error=log.describe(error))


class _Loader:
    """Stands in for a loader until the module's own code runs: the module itself never sees it."""

    def __init__(self, loader, watcher, otel):
        self._loader, self._watcher, self._otel = loader, watcher, otel

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._watcher.entered(self._otel)
        executed = False
        try:
            self._loader.exec_module(module)
            executed = True
        finally:
            self._watcher.left(module.__name__, self._otel, executed)

    def __getattr__(self, name):
        return getattr(self._loader, name)


def _imported(name):
    module = sys.modules.get(name)
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)


def once(function):
    """A callback that runs one time in a process, however many modules call for it."""
    ran = []

    def run():
        if not ran:
            ran.append(True)
            function()

    return run


def installed(module):
    """Whether a module could be imported, without importing more than its parent packages."""
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False
