"""One of each thing that the OpenLIT of this interpreter measures, at each line of standard input; answers with a line of JSON.

Model calls and vector-database operations are real calls of the clients. MCP, agents and guards are recorded by OpenLIT's own recorders.
"""

import importlib.metadata
import json
import os
import sys
import time
from contextlib import suppress

import chromadb
import openai
import openlit
from chromadb.config import Settings
from opentelemetry import metrics, trace

openlit.init(
    application_name=os.environ["OTEL_SERVICE_NAME"],
    environment="test",
    otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"],
    pricing_json=os.environ["OPENLIT_PRICING_JSON"],
    capture_message_content=False,
    disabled_instrumentors=["httpx", "requests", "urllib", "urllib3"],
)

import openlit.__helpers as recorders  # noqa: E402

meter = metrics.get_meter("rag.app")
entities = meter.create_counter("rag.graph.entities_extracted")
relations = meter.create_counter("rag.graph.relations_extracted")
retrieval = meter.create_histogram("rag.retrieval.latency_ms")
documents = meter.create_histogram("rag.retrieval.num_documents")
generation = meter.create_histogram("llm.generation.latency_ms")
requests = meter.create_counter("llm.requests.total")

client = openai.OpenAI()
collection = chromadb.EphemeralClient(Settings(anonymized_telemetry=False)).create_collection("documents")


def model_calls():
    """Usage of the calls to the model that is not streamed: of the other one OpenLIT guesses it."""
    message = [{"role": "user", "content": "a question about graphs"}]
    usage = client.chat.completions.create(model="gpt-4o-mini", messages=message).usage
    for _ in client.chat.completions.create(model="gpt-4o", messages=message, stream=True):
        time.sleep(0.001)
    client.embeddings.create(model="text-embedding-3-small", input="a text about graphs")
    with suppress(openai.BadRequestError):
        client.chat.completions.create(model="boom", messages=message)
    return usage


def database():
    collection.add(ids=[str(collection.count())], documents=["a text about graphs"], embeddings=[[1.0, 2.0]])
    collection.query(query_embeddings=[[1.0, 2.0]], n_results=1)


def agents_and_tools(instruments):
    """What needs a server, an agent framework or a guard model to happen by itself."""
    if "genai_reasoning_tokens" in instruments:
        # OpenLIT counts these of the responses API alone.
        attributes = recorders.create_metrics_attributes("x", "test", "chat", "openai", "o3", "api.example", 443, "o3")
        instruments["genai_reasoning_tokens"].add(1, attributes)
    common = ("tools/call", "tools/call", "sse", "search", "file:///a", "a", "greet", "test", os.environ["OTEL_SERVICE_NAME"], 1.0, 2.0)
    recorders.record_mcp_metrics(instruments, *common, request_size=10, response_size=20)
    if hasattr(recorders, "record_agent_duration"):
        recorders.record_agent_duration(instruments, "writer", 1.0, system="openai")
        recorders.record_agent_invocation(instruments, "writer", "reader", system="openai")
        recorders.record_agent_tool_error(instruments, "writer", "search", system="openai", model="gpt-4o-mini")
    if "guard_requests" in instruments:
        from openlit.guard._base import GuardResult
        from openlit.guard._pipeline import Pipeline

        Pipeline._emit_otel(GuardResult(guard_name="pii", classification="none"), "preflight")


def own_metrics():
    entities.add(3)
    relations.add(2)
    retrieval.record(12.5)
    documents.record(4)
    generation.record(250)
    requests.add(1)


def described(instruments):
    """The instruments that this OpenLIT has made: kind, name and unit."""
    kinds = {"Counter": "counter", "Histogram": "histogram"}
    found = ((kinds.get(type(one).__name__.lstrip("_"), type(one).__name__), one.name, one.unit) for one in instruments.values())
    return sorted(" ".join(row) for row in found)


for _ in sys.stdin:
    made = openlit.OpenlitConfig.metrics_dict
    used = model_calls()
    database()
    agents_and_tools(made)
    own_metrics()
    trace.get_tracer_provider().force_flush()
    metrics.get_meter_provider().force_flush()
    answer = {
        "version": importlib.metadata.version("openlit"),
        "instruments": described(made),
        "input": used.prompt_tokens,
        "output": used.completion_tokens,
    }
    print(json.dumps(answer), flush=True)
