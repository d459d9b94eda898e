"""The example's workload in every mode: index build, three questions to the index, one to the model alone."""

import json
import os

import pytest
from harness import PACKAGE

OI = "openinference.instrumentation."
OL = "openlit.instrumentation."
MODES = {
    "none": {"spans": 0, "traces": 0, "scopes": set(), "logs": 0},
    "openinference": {"spans": 51, "traces": 6, "scopes": {OI + "llama_index", OI + "openai"}, "logs": 0},
    "openlit": {"spans": 110, "traces": 6, "scopes": {OL + "llamaindex", OL + "openai", OL + "chroma"}, "logs": 4},
    "both": {"spans": 51, "traces": 6, "scopes": {OI + "llama_index", OI + "openai"}, "logs": 0},
}
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
EMBEDDINGS = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "text-embedding-3-small"}
TOKENS = "gen_ai.client.token.usage"
COST = "gen_ai.usage.cost"
OWN = {
    "rag.graph.entities_extracted": 10,
    "rag.graph.relations_extracted": 5,
    "llm.requests.total": 4,
    "rag.retrieval.num_documents": 6,
}


def tokens(capture, attributes, kind):
    return capture.sum(TOKENS, dict(attributes, **{"gen_ai.token.type": kind}))


@pytest.mark.parametrize("mode", MODES)
def test_the_workload_sends_the_known_spans_traces_scopes_and_logs(workload, mode):
    capture = workload(mode).capture
    found = {"spans": len(capture.spans), "traces": len(capture.traces), "scopes": capture.scopes, "logs": len(capture.logs)}
    assert found == MODES[mode]
    assert capture.orphans == []


@pytest.mark.parametrize("mode", ["openinference", "openlit", "both"])
def test_standard_output_and_the_exit_code_are_those_of_an_app_without_telemetry(workload, mode):
    plain, run = workload("none"), workload(mode)
    assert (run.stdout, run.code) == (plain.stdout, plain.code)
    assert run.code == 3


def test_without_a_backend_nothing_is_said_or_sent(workload):
    run = workload("none")
    assert (run.lines, run.capture.bodies) == ([], [])


@pytest.mark.parametrize("mode", ["openinference", "both"])
def test_a_question_is_one_trace_with_one_span_that_carries_its_tokens(workload, mode):
    capture = workload(mode).capture
    roots = [span for span in capture.spans if span.name == "RetrieverQueryEngine.query" and not span.parent]
    assert len(roots) == 3
    for root in roots:
        counted = [s for s in capture.spans if s.trace == root.trace and "llm.token_count.total" in s.attributes]
        assert [span.name for span in counted] == ["OpenAI.chat"]


@pytest.mark.parametrize("mode", ["openlit", "both"])
def test_tokens_and_cost_are_exact(workload, mode):
    run = workload(mode)
    usage = json.loads(run.stdout)["usage"]["by_model"]
    chat, embedding = usage["gpt-4o-mini"], usage["text-embedding-3-small"]
    capture = run.capture
    assert (chat["prompt_tokens"], chat["completion_tokens"]) == (467, 28)
    assert tokens(capture, CHAT, "input") == chat["prompt_tokens"]
    assert tokens(capture, CHAT, "output") == chat["completion_tokens"]
    assert tokens(capture, EMBEDDINGS, "input") == embedding["prompt_tokens"]
    with open(PACKAGE / "pricing.json") as file:
        prices = json.load(file)
    price = prices["chat"]["gpt-4o-mini"]
    expected = (chat["prompt_tokens"] * price["promptPrice"] + chat["completion_tokens"] * price["completionPrice"]) / 1000
    assert capture.sum(COST, CHAT) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(8.685e-05, rel=1e-12)
    assert capture.count("gen_ai.client.operation.duration", CHAT) == chat["requests"] == 4
    assert capture.sum("db.total.requests", {"db.system.name": "chroma"}) == 4


def test_in_both_no_metric_point_has_an_unknown_model(workload):
    models = {p.attributes.get("gen_ai.request.model") for p in workload("both").capture.points if p.metric.startswith("gen_ai.")}
    assert models == {"gpt-4o-mini", "text-embedding-3-small"}


def test_openinference_alone_sends_no_metric_but_the_applications_own(workload):
    assert {point.scope for point in workload("openinference").capture.points} == {"rag.app"}


@pytest.mark.parametrize("mode", ["openinference", "openlit", "both"])
def test_the_applications_own_metrics_arrive(workload, mode):
    capture = workload(mode).capture
    assert {name: capture.sum(name) for name in OWN} == OWN
    assert (capture.count("rag.retrieval.latency_ms"), capture.count("llm.generation.latency_ms")) == (3, 4)


@pytest.mark.parametrize("mode", ["openinference", "openlit", "both"])
def test_all_signals_of_a_process_share_one_resource_that_names_it(workload, mode):
    capture = workload(mode).capture
    assert len(capture.resources) == 1
    resource = capture.spans[0].resource
    assert (resource["service.name"], resource["service.namespace"]) == ("my-rag", "team-a")
    pod, _, pid = resource["service.instance.id"].rpartition(".")
    assert pod == "team-a.my-rag-1.app" and pid.isdigit()
    assert {p.attributes.get("deployment.environment") for p in capture.points if p.scope == "openlit.otel.metrics"} <= {"test"}


def test_streamed_raw_embedding_and_failing_calls_are_counted_once(workload):
    run = workload("both", extra=True)
    usage = json.loads(run.stdout)["usage"]["by_model"]
    capture = run.capture
    assert json.loads(run.stdout)["extra"]["error"] == 400
    assert (len(capture.spans), len(capture.traces)) == (55, 10)
    for kind, field in (("input", "prompt_tokens"), ("output", "completion_tokens")):
        assert tokens(capture, CHAT, kind) == usage["gpt-4o-mini"][field]
    assert tokens(capture, EMBEDDINGS, "input") == usage["text-embedding-3-small"]["prompt_tokens"]
    failed = capture.metric("gen_ai.client.operation.duration", {"gen_ai.request.model": "boom"})
    assert [point.count for point in failed] == [1] and "error.type" in failed[0].attributes


def test_openlit_spans_can_be_shown_without_a_second_openinference_span(workload):
    plain = workload("both", extra=True).capture
    shown = workload("both", extra=True, DUOTEL_SHOW_OPENLIT_SPANS="true").capture
    assert shown.scopes == plain.scopes | {OL + "openai", OL + "chroma"}
    ours = [span.name for span in shown.spans if span.scope.startswith(OI)]
    assert sorted(ours) == sorted(span.name for span in plain.spans)
    assert (shown.orphans, tokens(shown, CHAT, "input")) == ([], tokens(plain, CHAT, "input"))


def test_starting_everything_at_once_gives_the_same_spans_and_tokens(workload):
    eager, lazy = workload("both", DUOTEL_LAZY="false").capture, workload("both").capture
    assert sorted(span.name for span in eager.spans) == sorted(span.name for span in lazy.spans)
    assert tokens(eager, CHAT, "input") == tokens(lazy, CHAT, "input")
    assert eager.sum(COST, CHAT) == lazy.sum(COST, CHAT)


def test_prices_come_from_the_file_that_the_variable_names(workload, tmp_path):
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"chat": {"gpt-4o-mini": {"promptPrice": 1000, "completionPrice": 0}}, "embeddings": {}}))
    assert workload("both", OPENLIT_PRICING_JSON=os.fspath(prices)).capture.sum(COST, CHAT) == 467


def test_a_missing_price_list_is_said_and_costs_nothing_else(workload):
    run = workload("both", OPENLIT_PRICING_JSON="/nowhere/prices.json")
    assert run.said("prices: /nowhere/prices.json is missing")
    assert (run.capture.sum(COST, CHAT), tokens(run.capture, CHAT, "input")) == (0, 467)
