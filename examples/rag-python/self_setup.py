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

    The providers come first: OpenLIT then reuses them, and both producers share one resource and one exporter a signal.
    """
    backend = backend or os.environ.get("OBSERVABILITY_BACKEND") or "openinference"
    if backend not in BACKENDS:
        raise ValueError("OBSERVABILITY_BACKEND=%s: expected one of %s" % (backend, ", ".join(BACKENDS)))
    resource = Resource.create()
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter())]))
    if backend in ("openlit", "both"):
        import openlit

        openlit.init(disable_events=True, capture_message_content=False, pricing_json=os.environ.get("OPENLIT_PRICING_JSON"))
    if backend in ("openinference", "both"):
        from openinference.instrumentation import TraceConfig
        from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

        LlamaIndexInstrumentor().instrument(tracer_provider=tracers, config=TraceConfig(hide_inputs=True, hide_outputs=True))
    print("observability set up by the application: %s" % backend, file=sys.stderr, flush=True)


if __name__ == "__main__":
    setup_observability()
    import app

    sys.exit(app.main())
