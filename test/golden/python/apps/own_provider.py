"""Sets providers of its own, with a backend of its own (OWN) and, a second time, the injected one."""

import os

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider  # before the API: the SDK must be whole when the bootstrap starts
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=os.environ["OWN"] + "/v1/traces")))
trace.set_tracer_provider(provider)
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
reader = InMemoryMetricReader()
_logs.set_logger_provider(LoggerProvider())
metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))

import chat

with trace.get_tracer("app").start_as_current_span("app-root"):
    print(chat.ask())
metrics.get_meter("app").create_counter("app.asked").add(1)
data = reader.get_metrics_data()
print(sorted(m.name for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics if m.name == "app.asked"))
