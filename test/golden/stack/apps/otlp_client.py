"""Sends one span a case by the OTLP exporter that the case's variables ask for, and prints how each went as one line of JSON.

The argument is a JSON list of {"name": ..., "env": {...}}; `env` is all of the variables the exporter sees.
"""

import json
import logging
import os
import sys
from importlib import import_module

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Messages(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def span(name):
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.get_tracer("client").start_span(name).end()
    return memory.get_finished_spans()


def send(name, env):
    os.environ.clear()
    os.environ.update(env)
    module = "grpc" if env["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc" else "http"
    messages = Messages()
    logging.getLogger("opentelemetry").addHandler(messages)
    try:
        exporter = import_module(f"opentelemetry.exporter.otlp.proto.{module}.trace_exporter").OTLPSpanExporter()
        for logger in logging.root.manager.loggerDict.values():  # their filters keep what was said before from being said again
            getattr(logger, "filters", []).clear()
        accepted = exporter.export(span(name)) is SpanExportResult.SUCCESS
        exporter.shutdown()
    except Exception as error:
        accepted = False
        messages.texts.append(repr(error))
    finally:
        logging.getLogger("opentelemetry").removeHandler(messages)
    return {"name": name, "accepted": accepted, "said": " ".join(messages.texts)}


print(json.dumps([send(**case) for case in json.loads(sys.argv[1])]))
