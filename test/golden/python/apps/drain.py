"""Drains on SIGTERM, and calls the handler that it replaced when that is one, as many programs do."""

import os
import signal

import opentelemetry.trace

shown = [signal.getsignal(signal.SIGTERM)]


def drain(signum, frame):
    if callable(shown[1]):
        shown[1](signum, frame)
    print("drained")


shown.append(signal.signal(signal.SIGTERM, drain))
os.kill(os.getpid(), signal.SIGTERM)
shown.append(signal.signal(signal.SIGTERM, signal.SIG_DFL))
print([one is signal.SIG_DFL for one in (shown[0], shown[1], signal.getsignal(signal.SIGTERM))], shown[2] is drain)
