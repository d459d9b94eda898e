"""One provider and one OTLP exporter a signal, on one resource, for both producers and for the application's own signals."""

import os

from . import fork, log

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
        exporter = getattr(import_module("opentelemetry.exporter.otlp.proto.%s.%s" % (protocol, module)), name)()
    except ImportError:
        log.say(log.NO_EXPORTER, package="opentelemetry-exporter-otlp-proto-" + protocol, signal=signal)
        return None
    fork.fresh_connections(exporter)
    return exporter


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
    _adopt_later(trace, "set_tracer_provider", TracerProvider, provider, lambda theirs: _adopt_span_processors(provider, theirs))
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
    _adopt_later(metrics, "set_meter_provider", MeterProvider, provider, lambda theirs: _adopt_metric_readers(provider, theirs))
    fork.install(provider)
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
    _adopt_later(_logs, "set_logger_provider", LoggerProvider, provider, lambda theirs: _adopt_log_processors(provider, theirs))


def _endpoint(part):
    """Where a processor or a metric reader sends to; None when it says nothing of the kind (a console, a Prometheus reader)."""
    for holder in (part, getattr(part, "_batch_processor", None)):
        for name in ("span_exporter", "_exporter"):
            endpoint = getattr(getattr(holder, name, None), "_endpoint", None)
            if endpoint is not None:
                return endpoint
    return None


def _adopt_later(api, setter, sdk_class, ours, adopt):
    """Wraps a function that sets a global provider: an application that calls it later would be refused and lose its own backends.

    `adopt(provider)` moves the parts of the application's provider over to ours and returns (how many, of how many and what).
    """
    set_provider = getattr(api, setter)

    def set_later(provider):
        if provider is ours or not isinstance(provider, sdk_class):
            return set_provider(provider)
        try:
            count, parts = adopt(provider)
        except Exception as error:  # the SDK's internals differ: as refused as it would be without us
            log.say(log.ADOPTION_FAILED, kind=sdk_class.__name__, error=log.describe(error))
            return set_provider(provider)
        log.say(log.PROVIDER_KEPT, kind=sdk_class.__name__, count=count, parts=parts)

    setattr(api, setter, set_later)


def _adopt_span_processors(ours, provider):
    """Gives the provider's span processors our spans, but none that sends where ours do: no span arrives twice."""

    def is_new(processor):
        mine = {_endpoint(part) for part in ours._active_span_processor._span_processors} - {None}
        return _endpoint(processor) not in mine

    theirs = list(provider._active_span_processor._span_processors)
    new = [processor for processor in theirs if is_new(processor)]
    for processor in new:
        ours.add_span_processor(processor)
    add = provider.add_span_processor

    def add_span_processor(processor):  # those that come after set_tracer_provider()
        add(processor)
        if is_new(processor):
            ours.add_span_processor(processor)

    provider.add_span_processor = add_span_processor
    return len(new), "%d span processors" % len(theirs)


def _adopt_metric_readers(ours, provider):
    """Lets the provider's metric readers (a /metrics page, another backend) read our instruments too, where the SDK can add a reader."""
    readers = list(getattr(provider, "_metric_readers", None) or provider._sdk_config.metric_readers)
    mine = {_endpoint(reader) for reader in getattr(ours, "_metric_readers", ())} - {None}
    new = [reader for reader in readers if _endpoint(reader) not in mine] if hasattr(ours, "add_metric_reader") else []
    for reader in new:
        theirs = reader._collect
        # remove_metric_reader() would shut the reader down
        type(provider)._all_metric_readers.discard(reader)
        ours.add_metric_reader(reader)
        reader._set_collect_callback(_both(reader._collect, theirs))
    return len(new), "%d metric readers" % len(readers)


def _both(ours, theirs):
    """A reader's source that reads ours and that of the provider it came from, which has the instruments made from it."""

    def collect(reader, timeout_millis=10000):
        from opentelemetry.sdk.metrics.export import MetricsData

        found = [source(reader, timeout_millis=timeout_millis) for source in (ours, theirs) if source is not None]
        resources = [resource for data in found if data is not None for resource in data.resource_metrics]
        return MetricsData(resource_metrics=resources) if resources else None

    return collect


def _adopt_log_processors(ours, provider):
    """The same as for spans."""
    theirs = list(provider._multi_log_record_processor._log_record_processors)
    mine = {_endpoint(part) for part in ours._multi_log_record_processor._log_record_processors} - {None}
    new = [processor for processor in theirs if _endpoint(processor) not in mine]
    for processor in new:
        ours.add_log_record_processor(processor)
    return len(new), "%d log record processors" % len(theirs)
