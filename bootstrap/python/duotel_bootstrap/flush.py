"""Sends what is buffered where Python's own exit handlers do not run."""

import os
import signal
import threading
import time

from . import log

SECONDS = 3
_signal, _getsignal = signal.signal, signal.getsignal


def flush_all():
    """One pass over the global providers; errors of one do not keep the others."""
    from opentelemetry import _logs, metrics, trace

    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
        try:
            provider.force_flush(SECONDS * 1000)
        except Exception:
            pass


def flush_bounded():
    """flush_all in a thread: force_flush takes no notice of its timeout, and the interrupted code may hold the SDK's locks."""
    thread = threading.Thread(target=flush_all, name="duotel-flush", daemon=True)
    thread.start()
    thread.join(SECONDS)


def install(watcher):
    watcher.after("multiprocessing.util", _multiprocessing)
    try:
        _sigterm()
    except Exception as error:
        log.say(log.FLUSH_LIMITED, where="on SIGTERM", error=log.describe(error))


def _multiprocessing():
    """Children of multiprocessing leave by os._exit, which runs no atexit handler but does run finalizers."""
    from multiprocessing import util

    util.register_after_fork(_Child, lambda _: util.Finalize(None, flush_bounded, exitpriority=0))


class _Child:
    """register_after_fork keeps only a weak reference to its object: a class stays."""


def _sigterm():
    """Takes the place of the default action, now and whenever a program restores it.

    A program with a handler of its own leaves in order, through atexit. But uvicorn and others restore the default action after
    their shutdown and raise the signal again, and a lazily imported application starts us while their handler stands. The program
    is shown the default where it has the default: one that calls the handler it replaced would end in the middle of its shutdown.
    """
    signal.signal, signal.getsignal = _set_handler, _get_handler
    if threading.current_thread() is threading.main_thread() and _getsignal(signal.SIGTERM) is signal.SIG_DFL:
        _signal(signal.SIGTERM, _on_sigterm)


def _set_handler(signalnum, handler):
    """signal.signal, with ours for SIGTERM's default."""
    default = signalnum == signal.SIGTERM and handler == signal.SIG_DFL
    return _shown(_signal(signalnum, _on_sigterm if default else handler))


def _get_handler(signalnum):
    """signal.getsignal, without ours."""
    return _shown(_getsignal(signalnum))


def _shown(handler):
    return signal.SIG_DFL if handler is _on_sigterm else handler


def _on_sigterm(signum, frame):
    if os.getpid() == 1:
        # the kernel ignores a signal without a handler for process 1, so the program would live on until SIGKILL: it still does
        threading.Thread(target=_flush_until_killed, name="duotel-flush", daemon=True).start()
        return
    flush_bounded()
    _signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)


def _flush_until_killed():
    while True:
        flush_all()
        time.sleep(1)
