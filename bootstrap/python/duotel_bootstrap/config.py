"""What the environment asks for."""

import os

BACKENDS = ("openinference", "openlit", "both")
TRUE = ("1", "true", "yes", "on")
# OpenInference's own switches; llm.prompt_template.* has none, see privacy.py
HIDE = (
    "INPUTS",
    "OUTPUTS",
    "PROMPTS",
    "CHOICES",
    "RETRIEVAL_DOCUMENTS",
    "EMBEDDINGS_TEXT",
    "EMBEDDINGS_VECTORS",
    "EMBEDDING_VECTORS",
)
GENAI_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Settings:
    """The variables of this process.

    backend                OBSERVABILITY_BACKEND: openinference, openlit, both; anything else starts nothing
    capture_content        DUOTEL_CAPTURE_CONTENT, else the OpenTelemetry variable GENAI_CAPTURE; default false
    show_openlit_spans     DUOTEL_SHOW_OPENLIT_SPANS: in `both`, OpenLIT's spans too; default false
    http_spans             DUOTEL_HTTP_SPANS: OpenLIT's HTTP instrumentors; default false
    lazy                   DUOTEL_LAZY: start with the first library that matters; default true
    disabled_openlit       OPENLIT_DISABLED_INSTRUMENTORS: names of OpenLIT
    disabled_openinference DUOTEL_DISABLED_INSTRUMENTORS and OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: names of OpenInference
    pricing                OPENLIT_PRICING_JSON, else the price list beside this package
    """

    def __init__(self, environ=None):
        env = os.environ if environ is None else environ
        self.given_backend = (env.get("OBSERVABILITY_BACKEND") or "none").strip()
        self.backend = self.given_backend.lower()
        self.sdk_disabled = flag(env, "OTEL_SDK_DISABLED")
        self.capture_content = flag(env, "DUOTEL_CAPTURE_CONTENT", flag(env, GENAI_CAPTURE))
        self.show_openlit_spans = flag(env, "DUOTEL_SHOW_OPENLIT_SPANS")
        self.http_spans = flag(env, "DUOTEL_HTTP_SPANS")
        self.lazy = flag(env, "DUOTEL_LAZY", True)
        self.disabled_openlit = names(env, "OPENLIT_DISABLED_INSTRUMENTORS")
        self.disabled_openinference = names(env, "DUOTEL_DISABLED_INSTRUMENTORS") | names(env, "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.pricing = env.get("OPENLIT_PRICING_JSON") or os.path.join(here, "pricing.json")
        self.endpoint = env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "the SDK's default"

    @property
    def wants_openinference(self):
        return self.backend in ("openinference", "both")

    @property
    def wants_openlit(self):
        return self.backend in ("openlit", "both")


def flag(env, name, default=False):
    value = env.get(name, "").strip().lower()
    return value in TRUE if value else default


def names(env, name):
    return {part.strip().lower() for part in env.get(name, "").split(",") if part.strip()}


def hide_content(env):
    """The producers' own switches, for instrumentors that something else starts. A variable that is set stays."""
    for part in HIDE:
        env.setdefault("OPENINFERENCE_HIDE_" + part, "true")
    env.setdefault(GENAI_CAPTURE, "false")
