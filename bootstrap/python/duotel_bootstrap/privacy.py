"""Content that the producers' own switches let through when content is not to be captured."""

# OpenInference for LlamaIndex puts the retrieved text and the question there; no OPENINFERENCE_HIDE_* covers it
PROMPT_TEMPLATE = "llm.prompt_template."
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
    """Argument of OpenInference instrumentors: OPENINFERENCE_HIDE_* from the environment, and the prompt template dropped."""
    from openinference.instrumentation import TraceConfig

    class MaskedConfig(TraceConfig):
        def mask(self, key, value, **options):
            return None if key.startswith(PROMPT_TEMPLATE) else super().mask(key, value, **options)

    return MaskedConfig()


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
