"""Retrieval-augmented generation with LlamaIndex and Chroma, and one direct chat call; no telemetry set-up.

The only OpenTelemetry code is API calls for the application's own metrics: without an SDK they do nothing.
"""

import json
import threading
import time
from itertools import count

import chromadb
import httpx
from chromadb.config import Settings as ChromaSettings
from llama_index.core import Document, StorageContext, VectorStoreIndex, set_global_tokenizer
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.retrieval import RetrievalEndEvent, RetrievalStartEvent
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI as LlamaOpenAI
from llama_index.vector_stores.chroma import ChromaVectorStore
from openai import OpenAI
from opentelemetry.metrics import get_meter

CHAT_MODEL = "gpt-4o-mini"
EMBEDDING_MODEL = "text-embedding-3-small"
DOCUMENTS = (
    "OpenTelemetry collects traces, metrics and logs.",
    "Jaeger stores and shows traces.",
    "Prometheus stores metrics and evaluates rules.",
    "Grafana draws dashboards.",
    "A graph RAG extracts entities and relations.",
)

meter = get_meter("rag.app")
entities_extracted = meter.create_counter("rag.graph.entities_extracted")
relations_extracted = meter.create_counter("rag.graph.relations_extracted")
retrieval_latency = meter.create_histogram("rag.retrieval.latency_ms")
retrieved_documents = meter.create_histogram("rag.retrieval.num_documents")
generation_latency = meter.create_histogram("llm.generation.latency_ms")
llm_requests = meter.create_counter("llm.requests.total")

set_global_tokenizer(str.split)  # LlamaIndex would download tiktoken's table: this works without network
_collections = count(1)


class StepMetrics(BaseEventHandler):
    """Durations of LlamaIndex's own steps. One query runs in one thread from start to end, so a start waits in that thread for its end."""

    @classmethod
    def class_name(cls):
        return "StepMetrics"

    def handle(self, event, **kwargs):
        if isinstance(event, RetrievalStartEvent):
            _started.retrieval = time.perf_counter()
        elif isinstance(event, RetrievalEndEvent):
            retrieval_latency.record(_milliseconds_since(_started.retrieval))
            retrieved_documents.record(len(event.nodes))
        elif isinstance(event, SynthesizeStartEvent):
            _started.synthesis = time.perf_counter()
        elif isinstance(event, SynthesizeEndEvent):
            generation_latency.record(_milliseconds_since(_started.synthesis))
            llm_requests.add(1)


_started = threading.local()


def _milliseconds_since(start):
    return (time.perf_counter() - start) * 1000


get_dispatcher().add_event_handler(StepMetrics())


class Usage:
    """Tokens by model as the API returned them, read from the answers themselves."""

    def __init__(self):
        self._lock = threading.Lock()
        self.by_model = {}

    def add(self, model, usage):
        with self._lock:
            row = self.by_model.setdefault(model, {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0})
            row["requests"] += 1
            row["prompt_tokens"] += usage.get("prompt_tokens", 0)
            row["completion_tokens"] += usage.get("completion_tokens", 0)

    def on_response(self, response):
        """httpx hook. A stream is left alone: its reader reports the usage of the last chunk."""
        if response.is_success and response.headers.get("content-type", "").startswith("application/json"):
            answer = json.loads(response.read())
            if "usage" in answer:
                self.add(answer["model"], answer["usage"])

    def totals(self):
        rows = self.by_model.values()
        return {key: sum(row[key] for row in rows) for key in ("requests", "prompt_tokens", "completion_tokens")}


class Rag:
    """One index and the clients that fill and ask it. The base URL and key come from OPENAI_BASE_URL and OPENAI_API_KEY."""

    def __init__(self):
        self.usage = Usage()
        http = httpx.Client(event_hooks={"response": [self.usage.on_response]}, timeout=60)
        self.client = OpenAI(http_client=http)
        base_url = str(self.client.base_url)  # LlamaIndex reads another variable, OPENAI_API_BASE
        self._llm = LlamaOpenAI(model=CHAT_MODEL, temperature=0, api_base=base_url, http_client=http)
        self._embedding = OpenAIEmbedding(model=EMBEDDING_MODEL, api_base=base_url, http_client=http)
        self._engine = None

    def build(self):
        """Embeds the documents into a collection of its own, in this process's memory."""
        database = chromadb.EphemeralClient(settings=ChromaSettings(anonymized_telemetry=False))
        store = ChromaVectorStore(chroma_collection=database.create_collection("docs-%d" % next(_collections)))
        index = VectorStoreIndex.from_documents(
            [Document(text=text) for text in DOCUMENTS],
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=self._embedding,
        )
        # a graph RAG would report what it found: two entities and one relation a document stand for it
        entities_extracted.add(2 * len(DOCUMENTS))
        relations_extracted.add(len(DOCUMENTS))
        self._engine = index.as_query_engine(llm=self._llm, similarity_top_k=2)
        return self

    def query(self, question):
        """{"answer", "sources": [{"text", "score"}]} of a question to the index."""
        response = self._engine.query(question)
        sources = [{"text": node.node.text, "score": node.score} for node in response.source_nodes]
        return {"answer": str(response), "sources": sources}

    def chat(self, question):
        """The answer of the model alone, without retrieval."""
        start = time.perf_counter()
        completion = self.client.chat.completions.create(model=CHAT_MODEL, messages=[{"role": "user", "content": question}])
        generation_latency.record(_milliseconds_since(start))
        llm_requests.add(1)
        return completion.choices[0].message.content
