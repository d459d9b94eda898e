"""Which spans of the two producers are recorded, so that one call to a model is counted once."""

import re

UNDER = "_duotel_under"
KIND = "openinference.span.kind"
MODEL_KINDS = ("LLM", "EMBEDDING")
# LlamaIndex sets a span's kind when it ends: until then the method's name says that it calls a model. A step of a workflow may be
# named generate or invoke and calls none itself.
MODEL_METHOD = re.compile(r"\.(_?a?(stream_)?(chat|complete)|.*embedding.*)$|(?-i:^Chat[A-Z])", re.I)


def current_span(context=None):
    """The span that a new one would stand under, seen through OpenLIT's spans."""
    from opentelemetry import trace

    span = trace.get_current_span(context)
    while getattr(span, UNDER, None) is not None:
        span = getattr(span, UNDER)
    return span


def route_openlit(provider, mute):
    """Gives the scopes `openlit.*` of a provider tracers whose spans know the span under them; muted ones record nothing.

    A muted span carries the context of the span under it, so what starts below it keeps its real parent.
    """
    from opentelemetry import trace

    class MutedSpan(trace.NonRecordingSpan):
        pass

    class MutedTracer(trace.NoOpTracer):
        def start_span(self, name, context=None, *args, **kwargs):
            under = current_span(context)
            span = MutedSpan(under.get_span_context())
            setattr(span, UNDER, under)
            return span

    muted, get_tracer = MutedTracer(), provider.get_tracer

    def routed(instrumenting_module_name, *args, **kwargs):
        if not str(instrumenting_module_name).startswith("openlit."):
            return get_tracer(instrumenting_module_name, *args, **kwargs)
        return muted if mute else _remembering(get_tracer(instrumenting_module_name, *args, **kwargs))

    provider.get_tracer = routed


def _remembering(tracer):
    base = type(tracer)

    def start_span(self, name, context=None, *args, **kwargs):
        under = current_span(context)
        span = base.start_span(self, name, context, *args, **kwargs)
        if span.is_recording():  # the API's one invalid span is shared by all
            setattr(span, UNDER, under)
        return span

    tracer.__class__ = type(base.__name__, (base,), {"start_span": start_span})
    return tracer


class OncePerCall:
    """Provider for OpenInference's instrumentors of model APIs: no span directly under a framework's span of the same call."""

    def __init__(self, provider):
        self._provider = provider

    def get_tracer(self, *args, **kwargs):
        from opentelemetry import trace

        tracer = self._provider.get_tracer(*args, **kwargs)
        scope, base = args[0], type(tracer)

        # OpenInference's tracer calls tracer.__class__.start_span: an attribute of the instance would not be met
        def start_span(self, name, context=None, *more, **options):
            span = current_span(context)
            if _is_model_call_of_other(span, scope):
                return trace.NonRecordingSpan(span.get_span_context())
            return base.start_span(self, name, context, *more, **options)

        tracer.__class__ = type(base.__name__, (base,), {"start_span": start_span})
        return tracer

    def __getattr__(self, name):
        return getattr(self._provider, name)


def _is_model_call_of_other(span, scope):
    owner = getattr(getattr(span, "instrumentation_scope", None), "name", "")
    if not owner.startswith("openinference.") or owner == scope:
        return False
    kind = (getattr(span, "attributes", None) or {}).get(KIND)
    if kind is not None:
        return kind in MODEL_KINDS
    return bool(MODEL_METHOD.search(getattr(span, "name", "")))
