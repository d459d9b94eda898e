"""Prompts, completions and documents stay in the application unless they are asked for."""

import json

import pytest
from harness import HERE, PACKAGE

CANARIES = (b"secret-prompt", b"What does Jaeger do", b"Jaeger stores and shows", b"The graph links documents")
CAPTURED = {
    "openinference": CANARIES,
    "openlit": (b"secret-prompt", b"The graph links documents"),
    "both": CANARIES,
}


def found(run):
    return {canary for canary in CANARIES for body in run.capture.bodies if canary in body}


@pytest.mark.parametrize("mode", ["openinference", "openlit", "both"])
def test_no_content_leaves_the_process(workload, mode):
    run = workload(mode, extra=mode == "both")
    assert run.capture.bodies and found(run) == set()
    assert [canary for canary in CANARIES if canary.decode() in run.stderr] == []


def test_no_content_leaves_the_process_when_openlit_spans_are_shown(workload):
    assert found(workload("both", extra=True, DUOTEL_SHOW_OPENLIT_SPANS="true")) == set()


def test_no_content_leaves_a_pod_that_only_sets_the_backend(workload):
    assert found(workload("both", DUOTEL_CAPTURE_CONTENT=None)) == set()


@pytest.mark.parametrize("mode", CAPTURED)
def test_content_arrives_when_it_is_asked_for(workload, mode):
    assert found(workload(mode, DUOTEL_CAPTURE_CONTENT="true")) >= set(CAPTURED[mode])


CALL = """
import chat
chat.CLIENT.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "hello"}],
    temperature=0.5,
    prediction={"type": "content", "content": "canary-prediction"},
    metadata={"ticket": "canary-metadata"},
    stop=["canary-stop"],
    user="canary-user",
)
"""


def test_of_the_parameters_of_a_call_only_the_model_numbers_and_switches_leave_the_process(lab):
    run = lab.run("both", "-c", CALL, PYTHONPATH="%s:%s" % (lab.mount, HERE / "apps"))
    assert run.code == 0, run.stderr
    assert [body for body in run.capture.bodies if b"canary-" in body] == []
    (span,) = run.capture.spans
    assert json.loads(span.attributes["llm.invocation_parameters"]) == {"model": "gpt-4o-mini", "temperature": 0.5}


@pytest.fixture
def mask(monkeypatch):
    monkeypatch.syspath_prepend(str(PACKAGE))
    from duotel_bootstrap.privacy import mask_config

    return mask_config().mask


@pytest.mark.parametrize(
    "key",
    [
        "llm.prompt_template.variables",
        "llm.function_call",
        "input.audio.transcript",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
    ],
)
def test_attributes_that_hold_text_of_a_conversation_are_dropped(mask, key):
    assert mask(key, "secret") is None
    assert mask("llm.model_name", "gpt-4o-mini") == "gpt-4o-mini"


@pytest.mark.parametrize("key", ["llm.invocation_parameters", "embedding.invocation_parameters"])
def test_parameters_are_masked_whether_computed_now_or_later_and_dropped_when_unreadable(mask, key):
    text = json.dumps({"model": "m", "seed": 1, "stream": True, "stop": ["secret"], "user": "secret", "metadata": {"a": 1}})
    kept = {"model": "m", "seed": 1, "stream": True}
    assert json.loads(mask(key, text)) == json.loads(mask(key, lambda: text)) == kept
    assert (mask(key, "secret"), mask(key, '["secret"]')) == (None, None)
