"""Applications that bring telemetry, packages or a sitecustomize of their own."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from harness import HERE, RAG, SECONDS, environment_without, wait_for_line

TOKENS = "gen_ai.client.token.usage"
OPENLIT = ("openlit",)
OPENINFERENCE = ("openinference", "openinference_")
SDK = ("opentelemetry/sdk", "opentelemetry_sdk")
EXPORTER = ("opentelemetry/exporter",)
# packages missing, mode, spans of OpenInference, spans of OpenLIT, OpenLIT's token points, what is said
MISSING = [
    (OPENLIT, "both", 1, 0, 0, "package openlit is not installed in this image: OpenLIT not started"),
    (OPENLIT, "openlit", 0, 0, 0, "package openlit is not installed in this image: OpenLIT not started"),
    (OPENLIT, "openinference", 1, 0, 0, "setup complete, OPENINFERENCE MODE"),
    (OPENINFERENCE, "both", 0, 1, 2, "package openinference-instrumentation is not installed in this image: OpenInference not started"),
    (OPENINFERENCE, "openlit", 0, 1, 2, "setup complete, OPENLIT MODE"),
    (OPENINFERENCE, "openinference", 0, 0, 0, "package openinference-instrumentation is not installed in this image"),
    (OPENLIT + OPENINFERENCE, "both", 0, 0, 0, "setup complete, NO PRODUCER"),
    (SDK, "both", 0, 0, 0, "package opentelemetry-sdk is not installed in this image: nothing started"),
    (EXPORTER, "both", 0, 0, 0, "package opentelemetry-exporter-otlp-proto-http is not installed in this image: traces are not exported"),
]


@pytest.fixture(scope="session")
def python_without(tmp_path_factory):
    made = {}

    def python(hidden):
        if hidden not in made:
            made[hidden] = environment_without(tmp_path_factory.mktemp("without") / "venv", hidden)
        return made[hidden]

    return python


@pytest.mark.parametrize("hidden,mode,openinference,openlit,tokens,line", MISSING, ids=lambda value: str(value).replace("/", "."))
def test_with_packages_missing_the_app_runs_and_the_rest_reports(lab, python_without, hidden, mode, openinference, openlit, tokens, line):
    run = lab.app(mode, "chat.py", python=python_without(hidden))
    assert (run.code, run.stdout) == (0, "The graph links documents and entities .\n")
    assert run.said(line)
    spans = [span.scope.split(".")[0] for span in run.capture.spans]
    assert (spans.count("openinference"), spans.count("openlit")) == (openinference, openlit)
    assert len(run.capture.metric(TOKENS)) == tokens


def test_an_app_that_starts_both_producers_itself_is_not_started_twice(lab):
    run = lab.app("both", "own_setup.py")
    assert run.code == 0 and run.said("openlit.init() of the application ignored")
    assert [span.scope for span in run.capture.spans] == ["openinference.instrumentation.openai"]
    assert run.capture.count(TOKENS, {"gen_ai.token.type": "input"}) == 1


def test_an_app_that_sets_its_own_providers_keeps_its_backend_and_sends_nothing_twice(lab):
    own = lab.name()
    run = lab.app("both", "own_provider.py", OWN=lab.sink.endpoint(own))
    assert (run.code, run.stdout) == (0, "The graph links documents and entities .\n['app.asked']\n")
    for capture in (run.capture, lab.sink.captures[own]):
        assert sorted(span.name for span in capture.spans) == ["ChatCompletion", "app-root"]
        assert len(capture.traces) == 1
    assert run.capture.count(TOKENS, {"gen_ai.token.type": "input"}) == 1


@pytest.mark.parametrize("mode", ["both", "openlit"])
def test_the_guards_of_an_app_that_starts_openlit_itself_are_set_up(lab, mode):
    run = lab.app(mode, "guarded.py")
    assert (run.code, run.stdout) == (0, "denied\n")
    assert run.said("guards of the application's openlit.init() set up")


def test_the_reader_of_an_app_reads_the_instruments_of_its_own_provider_and_of_ours(lab):
    run = lab.app("both", "own_meter.py")
    assert (run.code, run.stdout) == (0, "['early', 'global', 'late']\n")


def test_a_call_in_a_workflow_step_named_like_a_model_method_is_one_span(lab):
    run = lab.app("both", "steps.py")
    assert run.code == 0
    assert [s.name for s in run.capture.spans if "llm.token_count.total" in s.attributes] == ["ChatCompletion"] * 2
    assert run.capture.count(TOKENS, {"gen_ai.token.type": "input"}) == 2


def test_under_opentelemetry_instrument_each_call_is_one_masked_span(lab):
    script = Path(sys.executable).parent / "opentelemetry-instrument"
    run = lab.run("both", script, sys.executable, HERE / "apps" / "chat.py")
    assert (run.code, run.stdout) == (0, "The graph links documents and entities .\n")
    assert [s.name for s in run.capture.spans if s.scope.startswith("openinference.")] == ["ChatCompletion"]
    assert run.capture.count(TOKENS, {"gen_ai.token.type": "input"}) == 1
    assert not any(b"canary-prompt" in body for body in run.capture.bodies)


def test_an_app_that_sets_itself_up_needs_variables_alone(lab, eventually, tmp_path):
    import json
    import urllib.request

    from conftest import free_port

    port = free_port()
    shutil.copy(Path(os.fspath(lab.mount)) / "pricing.json", tmp_path / "pricing.json")
    variables = {"PYTHONPATH": None, "PORT": str(port), "OPENLIT_PRICING_JSON": str(tmp_path / "pricing.json"), "DUOTEL_CAPTURE_CONTENT": None}
    process, capture = lab.start("both", RAG / "self_setup.py", **variables)
    try:
        wait_for_line(process, "listens")
        post = urllib.request.Request("http://127.0.0.1:%d/run" % port, data=b"")
        usage = json.load(urllib.request.urlopen(post, timeout=SECONDS))["usage"]["by_model"]["gpt-4o-mini"]
    finally:
        process.terminate()
        _, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == 0 and "observability set up by the application: both" in stderr and "duotel[" not in stderr
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    assert capture.sum(TOKENS, dict(chat, **{"gen_ai.token.type": "input"})) == usage["prompt_tokens"] == 467
    assert capture.sum("gen_ai.usage.cost", chat) == pytest.approx(8.685e-05, rel=1e-12)
    assert {span.trace for span in capture.spans if span.name == "RetrieverQueryEngine.query"} <= capture.traces
    assert capture.sum("rag.graph.entities_extracted") == 10


@pytest.fixture
def chained(lab, tmp_path):
    """Runs with a sitecustomize of the image behind ours on the path."""

    def run(text):
        (tmp_path / "sitecustomize.py").write_text(text)
        code = "import sys, sitecustomize; print(getattr(sitecustomize, 'MARK', None), getattr(sys, 'mark', None)); import chat; print(chat.ask())"
        return lab.run("both", "-c", code, PYTHONPATH=":".join(map(str, (lab.mount, tmp_path, HERE / "apps"))))

    return run


def test_the_sitecustomize_of_the_image_still_runs_and_keeps_its_name(chained):
    run = chained("import sys; sys.mark = 1; MARK = 2")
    assert (run.code, run.stdout.splitlines()[0], len(run.capture.spans)) == (0, "2 1", 1)


def test_a_broken_sitecustomize_of_the_image_is_said_and_both_go_on(chained):
    run = chained("raise RuntimeError('broken')")
    assert run.said("the image's own sitecustomize failed: RuntimeError: broken")
    assert (run.code, len(run.capture.spans)) == (0, 1)


def test_the_packages_of_the_app_win_over_ours(lab, tmp_path):
    run = lab.run("both", "-c", "import sys; print(sys.path.index(%r) == len(sys.path) - 1)" % str(lab.mount), PYTHONPATH="%s:%s" % (lab.mount, tmp_path))
    assert run.stdout == "True\n"


@pytest.mark.parametrize("value,line", [("Both", None), ("bth", "OBSERVABILITY_BACKEND=bth: expected openinference, openlit, both or none"), ("", None)])
def test_a_backend_that_is_not_one_is_said_and_the_app_runs(lab, value, line):
    run = lab.app(value, "chat.py")
    assert (run.code, len(run.capture.spans)) == (0, 1 if value == "Both" else 0)
    assert run.said(line) if line else value or run.lines == []


def test_otel_sdk_disabled_is_obeyed(lab):
    run = lab.app("both", "chat.py", OTEL_SDK_DISABLED="true")
    assert (run.code, run.lines, run.capture.bodies) == (0, ["OTEL_SDK_DISABLED=true: nothing started"], [])


def test_instrumentors_can_be_switched_off_one_by_one(lab):
    run = lab.app("both", "chat.py", DUOTEL_DISABLED_INSTRUMENTORS="openai")
    assert run.said("OpenInference openai off by configuration") and run.capture.spans == []
    assert run.capture.count(TOKENS) == 2
    run = lab.app("both", "chat.py", OPENLIT_DISABLED_INSTRUMENTORS="openai")
    assert len(run.capture.spans) == 1 and run.capture.metric(TOKENS) == []


def test_the_grpc_protocol_is_taken_from_the_variable(lab, refusing):
    code = "import chat; from opentelemetry import trace; print(type(trace.get_tracer_provider()._active_span_processor._span_processors[-1].span_exporter).__module__)"
    run = lab.run("both", "-c", code, PYTHONPATH="%s:%s" % (lab.mount, HERE / "apps"), OTEL_EXPORTER_OTLP_PROTOCOL="grpc", OTEL_EXPORTER_OTLP_ENDPOINT=refusing, OTEL_EXPORTER_OTLP_TIMEOUT="2")
    assert (run.code, run.stdout) == (0, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter\n")
