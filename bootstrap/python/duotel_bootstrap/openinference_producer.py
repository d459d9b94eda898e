"""OpenInference: each installed instrumentor starts when its library is imported."""

from . import log
from .imports import installed, once

GROUP = "openinference_instrumentor"
# instrumentor -> module whose import starts it; an instrumentor that is not here watches the module of its own name
MODULES = {
    "agno": "agno",
    "anthropic": "anthropic",
    "autogen_agentchat": "autogen_agentchat",
    "bedrock": "boto3",
    "beeai": "beeai_framework",
    "crewai": "crewai",
    "dspy": "dspy",
    "google_adk": "google.adk",
    "google_genai": "google.genai",
    "groq": "groq",
    "guardrails": "guardrails",
    "haystack": "haystack",
    "instructor": "instructor",
    "langchain": "langchain_core",
    "litellm": "litellm",
    "llama_index": "llama_index.core",
    "mcp": "mcp",
    "mistralai": "mistralai",
    "ollama": "ollama",
    "openai": "openai",
    "openai_agents": "agents",
    "portkey_ai": "portkey_ai",
    "pydantic_ai": "pydantic_ai",
    "smolagents": "smolagents",
    "strands": "strands",
    "vertexai": "vertexai",
}
# these trace the call to a model's API, which a framework's span may already stand for
MODEL_APIS = frozenset(("anthropic", "bedrock", "google_genai", "groq", "litellm", "mistralai", "ollama", "openai", "vertexai"))


def is_installed():
    return installed("openinference.instrumentation")


def arm(settings, watcher, provider, replace):
    """Watches the library of every installed instrumentor; `replace` takes over instrumentors that something else has started."""
    from importlib.metadata import entry_points

    found = entry_points()
    # Python 3.8 and 3.9 give a mapping
    points = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, ())
    for point in {point.name: point for point in points}.values():
        if point.name in settings.disabled_openinference:
            log.say(log.LIBRARY_OFF, library=point.name)
            continue
        start = once(_starter(settings, point, provider, replace))
        library = MODULES.get(point.name, point.name)
        if settings.lazy:
            watcher.after(library, start)
            # an application that instruments by itself: ours is first, and its own call is refused
            watcher.after(point.value.partition(":")[0], start)
        elif installed(library):
            start()


def _starter(settings, point, provider, replace):
    def start():
        try:
            _instrument(settings, point, provider, replace)
        except Exception as error:
            log.say(log.LIBRARY_FAILED, producer="OpenInference", library=point.name, error=log.describe(error))

    return start


def _instrument(settings, point, provider, replace):
    from .privacy import mask_config
    from .spans import OncePerCall

    instrumentor = point.load()()
    check = getattr(instrumentor, "_check_dependency_conflicts", None)
    conflict = check() if check is not None else None
    if conflict:
        return log.say(log.LIBRARY_SKIPPED, library=point.name, reason=conflict)
    if replace and instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()  # was started without the mask and without the guard
    options = {} if settings.capture_content else {"config": mask_config()}
    provider = OncePerCall(provider) if point.name in MODEL_APIS else provider
    instrumentor.instrument(tracer_provider=provider, **options)
    log.say(log.OPENINFERENCE_ENABLED, library=point.name, version=_version(point))


def _version(point):
    from importlib.metadata import version

    try:
        name = point.dist.name if getattr(point, "dist", None) else "openinference-instrumentation-" + point.name.replace("_", "-")
        return version(name)
    except Exception:
        return "of unknown version"
