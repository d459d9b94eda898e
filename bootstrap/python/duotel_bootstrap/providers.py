"""One provider and one OTLP exporter a signal, on one resource, for both producers and for the application's own signals."""

import os

from . import log

HTTP, GRPC = "http", "grpc"
TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
# an export is tried this long at exit too: the SDK's own 10 s, for three signals, would hold a pod's end up when the collector is away
TIMEOUT_SECONDS = "3"
EXPORTERS = {
    "traces": ("trace_exporter", "OTLPSpanExporter"),
    "metrics": ("metric_exporter", "OTLPMetricExporter"),
    "logs": ("_log_exporter", "OTLPLogExporter"),
}


def set_up():
    """Sets the global providers, or reuses those of the SDK that are set already. Returns the tracer provider."""
    _timeout(os.environ)
    resource = _resource(os.environ)
    # OpenLIT's metric points take the service and the environment from these two variables alone
    os.environ.setdefault("OTEL_SERVICE_NAME", str(resource.attributes.get("service.name")))
    environment = resource.attributes.get("deployment.environment.name") or resource.attributes.get("deployment.environment")
    if environment:
        os.environ.setdefault("OTEL_DEPLOYMENT_ENVIRONMENT", str(environment))
    _set_logger_provider(resource)
    _set_meter_provider(resource)
    return _set_tracer_provider(resource)


def _timeout(env):
    """Python reads seconds where the specification says milliseconds: 10000 would be three hours."""
    value = env.setdefault(TIMEOUT, TIMEOUT_SECONDS)
    try:
        milliseconds = float(value)
    except ValueError:
        return
    if milliseconds >= 500:
        log.say(log.TIMEOUT_IN_MS, value=value)
        env[TIMEOUT] = "%g" % max(1, round(milliseconds / 1000))


def _resource(env):
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create({})
    if "service.instance.id=" in env.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        # one value a pod: two workers that share it would overwrite each other's sums
        instance = "%s.%d" % (resource.attributes["service.instance.id"], os.getpid())
        resource = resource.merge(Resource({"service.instance.id": instance}))
    return resource


def _exporter(signal):
    """The OTLP exporter of a signal by the standard variables; None when it is switched off or not installed."""
    from importlib import import_module

    upper = signal.upper()
    if os.environ.get("OTEL_%s_EXPORTER" % upper, "otlp").strip().lower() == "none":
        return None
    chosen = os.environ.get("OTEL_EXPORTER_OTLP_%s_PROTOCOL" % upper) or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or ""
    protocol = GRPC if chosen.strip().lower() == GRPC else HTTP
    module, name = EXPORTERS[signal]
    try:
        return getattr(import_module("opentelemetry.exporter.otlp.proto.%s.%s" % (protocol, module)), name)()
    except ImportError:
        log.say(log.NO_EXPORTER, package="opentelemetry-exporter-otlp-proto-" + protocol, signal=signal)
        return None


def _set_tracer_provider(resource):
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        log.say(log.PROVIDER_REUSED, kind="TracerProvider")
        return present
    provider = TracerProvider(resource=resource)
    exporter = _exporter("traces")
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _adopt_tracer_providers(trace, TracerProvider, provider)
    return provider


def _set_meter_provider(resource):
    from opentelemetry import metrics
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    if isinstance(metrics.get_meter_provider(), MeterProvider):
        return log.say(log.PROVIDER_REUSED, kind="MeterProvider")
    exporter = _exporter("metrics")
    readers = [] if exporter is None else [PeriodicExportingMetricReader(exporter)]
    provider = MeterProvider(metric_readers=readers, resource=resource)
    metrics.set_meter_provider(provider)
    _adopt_meter_providers(metrics, MeterProvider, provider)
    log.say(log.CUSTOM_METRICS)


def _set_logger_provider(resource):
    from opentelemetry import _logs
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    if isinstance(_logs.get_logger_provider(), LoggerProvider):
        return log.say(log.PROVIDER_REUSED, kind="LoggerProvider")
    provider = LoggerProvider(resource=resource)
    exporter = _exporter("logs")
    if exporter is not None:
        provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    _logs.set_logger_provider(provider)


def _endpoint(part):
    """Where a span processor or a metric reader sends to; None when it says nothing of the kind (a console, a Prometheus reader)."""
    for name in ("span_exporter", "_exporter"):
        endpoint = getattr(getattr(part, name, None), "_endpoint", None)
        if endpoint is not None:
            return endpoint
    return None


def _adopt_tracer_providers(trace, sdk_class, ours):
    """An application that sets its own provider later would be refused and lose its exporters: its processors get our spans instead.

    A processor that sends where ours does is left out, so that no span arrives twice.
    """
    set_provider = trace.set_tracer_provider

    def is_new(processor):
        mine = {_endpoint(part) for part in ours._active_span_processor._span_processors} - {None}
        return _endpoint(processor) not in mine

    def set_tracer_provider(provider):
        if provider is ours or not isinstance(provider, sdk_class):
            return set_provider(provider)
        theirs = list(getattr(provider._active_span_processor, "_span_processors", ()))
        new = [processor for processor in theirs if is_new(processor)]
        for processor in new:
            ours.add_span_processor(processor)
        log.say(log.PROVIDER_KEPT, kind="TracerProvider", count=len(new), parts="%d span processors" % len(theirs))
        add = provider.add_span_processor

        def add_span_processor(processor):  # those that come after set_tracer_provider()
            add(processor)
            if is_new(processor):
                ours.add_span_processor(processor)

        provider.add_span_processor = add_span_processor

    trace.set_tracer_provider = set_tracer_provider


def _adopt_meter_providers(metrics, sdk_class, ours):
    """The same for metrics: a reader of the application (its own /metrics page, another backend) moves over to our provider."""
    set_provider = metrics.set_meter_provider

    def set_meter_provider(provider):
        if provider is ours or not isinstance(provider, sdk_class):
            return set_provider(provider)
        readers = list(provider._sdk_config.metric_readers)
        mine = {_endpoint(reader) for reader in ours._sdk_config.metric_readers} - {None}
        new = [reader for reader in readers if _endpoint(reader) not in mine]
        if not hasattr(sdk_class, "add_metric_reader"):
            new = []
        for reader in new:
            provider.remove_metric_reader(reader)
            ours.add_metric_reader(reader)
        log.say(log.PROVIDER_KEPT, kind="MeterProvider", count=len(new), parts="%d metric readers" % len(readers))

    metrics.set_meter_provider = set_meter_provider
