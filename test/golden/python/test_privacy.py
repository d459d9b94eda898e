"""Prompts, completions and documents stay in the application unless they are asked for."""

import pytest

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
