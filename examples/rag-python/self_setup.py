"""The same service as an application that sets its own telemetry up: `python self_setup.py`.

Such an application needs only variables from the annotation (no duotel.io/bootstrap):
OBSERVABILITY_BACKEND, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, and OPENLIT_PRICING_JSON, the path of a price list.
Without that list OpenLIT asks the network for one at start, and where there is none it records every cost as 0.
"""

import os
import sys

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

BACKENDS = ("openinference", "openlit", "both")


def setup_observability(backend=None):
    """Starts the producers of a backend; the default is OBSERVABILITY_BACKEND, else "openinference".

    Both share one provider, one resource and one exporter a signal. Where OpenLIT is on, it makes them: since 1.40 it takes what exists
    too, but before it adds a second exporter to a provider that exists, and each span is sent twice.
    """
    backend = backend or os.environ.get("OBSERVABILITY_BACKEND") or "openinference"
    if backend not in BACKENDS:
        raise ValueError("OBSERVABILITY_BACKEND=%s: expected one of %s" % (backend, ", ".join(BACKENDS)))
    if backend in ("openlit", "both"):
        import openlit

        openlit.init(capture_message_content=False, pricing_json=os.environ.get("OPENLIT_PRICING_JSON"))
    else:
        set_providers()
    if backend in ("openinference", "both"):
        from openinference.instrumentation import TraceConfig
        from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

        config = TraceConfig(hide_inputs=True, hide_outputs=True)
        LlamaIndexInstrumentor().instrument(tracer_provider=trace.get_tracer_provider(), config=config)
    print("observability set up by the application: %s" % backend, file=sys.stderr, flush=True)


def set_providers():
    """What OpenLIT does in the modes that have it."""
    resource = Resource.create()
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter())]))


if __name__ == "__main__":
    setup_observability()
    import app

    sys.exit(app.main())
