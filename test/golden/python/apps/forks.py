"""Four forks that start together and send three batches each, after the parent has opened its connection."""

import os
import time

from opentelemetry import trace

TRACER, PROVIDER = trace.get_tracer("app"), trace.get_tracer_provider()


def send(name):
    with TRACER.start_as_current_span(name):
        pass
    PROVIDER.force_flush()


send("parent")
start = time.time() + 0.5
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        time.sleep(max(0, start - time.time()))
        for _ in range(3):
            send("child")
        os._exit(0)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
