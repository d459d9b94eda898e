"""Content that the producers' own switches let through when content is not to be captured."""

import json

# OpenInference for LlamaIndex puts the retrieved text and the question in the first; no OPENINFERENCE_HIDE_* covers these
PROMPTS = ("llm.prompt_template.", "llm.function_call", "input.audio.transcript")
ARGUMENTS = "tool_call.function.arguments"
# the arguments of a call: temperature and the like, but the text of a prediction, of metadata and of stops too
PARAMETERS = ("llm.invocation_parameters", "embedding.invocation_parameters")
# OpenLIT writes document text and queries of vector databases there, whatever its capture switch says
OPENLIT_CONTENT = frozenset(
    (
        "db.query.summary",
        "db.query.text",
        "db.statement",
        "db.filter",
        "db.payload",
        "db.documents",
        "db.metadatas",
        "db.vector.query.filter",
    )
)


def mask_config():
    """Argument of OpenInference instrumentors: OPENINFERENCE_HIDE_* from the environment, and what those leave open."""
    from openinference.instrumentation import TraceConfig

    class MaskedConfig(TraceConfig):
        def mask(self, key, value, **options):
            if key.startswith(PROMPTS) or ARGUMENTS in key:
                return None
            value = super().mask(key, value, **options)
            return _without_text(value) if key in PARAMETERS else value

    return MaskedConfig()


def _without_text(value):
    """The JSON of a call's parameters with the model and what is a number or a switch; None for what is not such JSON."""
    try:
        parameters = json.loads(value() if callable(value) else value)
        return json.dumps({key: one for key, one in parameters.items() if key == "model" or isinstance(one, (bool, int, float))})
    except Exception:
        return None


def drop_openlit_content(provider):
    """Puts a processor before the provider's others that takes OpenLIT's content attributes off ended spans."""
    from opentelemetry.sdk.trace import SpanProcessor

    class DropContent(SpanProcessor):
        def on_end(self, span):
            scope = getattr(span, "instrumentation_scope", None)
            if scope is not None and scope.name.startswith("openlit.") and span.attributes:
                # the one object that every later processor is given
                span._attributes = {key: value for key, value in span.attributes.items() if key not in OPENLIT_CONTENT}

    active = provider._active_span_processor
    with active._lock:
        active._span_processors = (DropContent(),) + active._span_processors
