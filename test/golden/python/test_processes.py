"""Starts and ends of processes: nothing is lost, nothing hangs, and the way a program ends stays its own."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import free_port
from harness import HERE, SECONDS, wait_for_line


def requests(capture):
    return capture.count("gen_ai.client.operation.duration")


def test_a_process_that_uses_no_library_loads_no_telemetry(lab):
    code = "import sys; print([m for m in sys.modules if m.split('.')[0] in ('opentelemetry', 'openlit', 'openinference', 'wrapt', 'requests')])"
    run = lab.run("both", "-c", code)
    assert (run.code, run.stdout, run.stderr, run.capture.bodies) == (0, "[]\n", "", [])


def test_what_is_buffered_at_sigterm_is_sent_and_the_process_still_dies_of_it(lab):
    process, capture = lab.start("both", HERE / "apps" / "wait.py")
    wait_for_line(process, "ready")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGTERM
    assert (len(capture.spans), requests(capture)) == (1, 1)


def test_a_handler_of_the_application_stays(lab):
    code = "import signal; signal.signal(signal.SIGTERM, print); import chat; print(signal.getsignal(signal.SIGTERM) is print)"
    run = lab.run("both", "-c", code, PYTHONPATH="%s:%s" % (lab.mount, HERE / "apps"))
    assert run.stdout == "True\n"


def test_a_program_sees_the_default_for_sigterm_and_drains_to_its_own_end(lab):
    run = lab.app("both", "drain.py")
    assert (run.code, run.stdout) == (0, "drained\n[True, True, True] True\n")


def test_as_process_1_what_is_buffered_at_sigterm_is_sent_and_the_process_lives_on(lab, eventually):
    if subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        pytest.skip("needs the right to make a PID namespace")
    run = lab.name()
    argv = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, str(HERE / "apps" / "wait.py")]
    process = subprocess.Popen(argv, env=lab.environment("both", run), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_line(process, "ready")
        child = int(Path("/proc/%d/task/%d/children" % (process.pid, process.pid)).read_text().split()[0])
        capture = lab.sink.captures[run]
        os.kill(child, signal.SIGTERM)
        eventually(lambda: requests(capture) == 1 and len(capture.spans) == 1)
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_call_of_children_that_leave_without_exit_handlers_arrives(lab, method):
    run = lab.app("both", "workers.py", method)
    assert (run.code, run.stdout) == (0, "[0, 0]\n")
    assert (len(run.capture.spans), requests(run.capture)) == (2, 2)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_what_the_parent_counted_before_is_not_counted_again_by_its_children(lab, method):
    run = lab.app("both", "workers.py", method, "ask-first")
    assert (run.code, len(run.capture.spans), requests(run.capture)) == (0, 3, 3)


def test_forks_send_on_connections_of_their_own(lab):
    run = lab.app("openinference", "forks.py")
    assert (run.code, run.stdout) == (0, "[0, 0, 0, 0]\n")
    assert sorted(span.name for span in run.capture.spans) == ["child"] * 12 + ["parent"], run.stderr
    connections = [client for signal, client in run.capture.clients if signal == "traces"]
    assert (len(connections), len(set(connections))) == (13, 5)


def test_a_child_forked_in_a_metrics_export_can_export(lab):
    run = lab.app("openinference", "fork_in_export.py")
    assert (run.code, run.stdout) == (0, "0\n"), run.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_every_call_of_a_web_server_that_is_stopped_arrives(lab, eventually, workers):
    port = free_port()
    server = ("-m", "uvicorn", "asgi:app", "--app-dir", HERE / "apps", "--port", port, "--workers", workers, "--lifespan", "off")
    process, capture = lab.start("both", *server)
    url = "http://127.0.0.1:%d/" % port

    def answers():
        try:
            return urllib.request.urlopen(url, timeout=SECONDS).status == 200
        except urllib.error.URLError:
            return False

    try:
        eventually(answers)
        assert [answers() for _ in range(15)] == [True] * 15
    finally:
        process.terminate()
        _, stderr = process.communicate(timeout=SECONDS)
    assert (len(capture.spans), requests(capture)) == (16, 16), stderr


def test_imports_in_four_threads_at_once_end_and_the_call_is_counted(lab):
    run = lab.app("both", "threads.py")
    assert (run.code, requests(run.capture), len([s for s in run.capture.spans if s.name == "ChatCompletion"])) == (0, 1, 1)


def test_a_collector_that_refuses_or_never_answers_does_not_keep_the_process(lab, refusing):
    plain = lab.app("none", "chat.py")
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(64)
        for endpoint in (refusing, "http://127.0.0.1:%d" % hole.getsockname()[1]):
            run = lab.app("both", "chat.py", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_EXPORTER_OTLP_TIMEOUT="2")
            assert (run.code, run.stdout) == (plain.code, plain.stdout)


def test_a_timeout_in_milliseconds_is_read_as_such(lab, refusing):
    run = lab.app("both", "chat.py", OTEL_EXPORTER_OTLP_ENDPOINT=refusing, OTEL_EXPORTER_OTLP_TIMEOUT="2000")
    assert run.code == 0 and run.said("OTEL_EXPORTER_OTLP_TIMEOUT=2000 read as milliseconds")


def test_an_exception_ends_the_program_as_ever_and_its_call_arrives(lab):
    run = lab.run("both", "-c", "import chat; chat.ask(); raise SystemError('x')", PYTHONPATH="%s:%s" % (lab.mount, HERE / "apps"))
    assert run.code == 1 and run.stderr.rstrip().endswith("SystemError: x")
    assert len(run.capture.spans) == 1


def test_closed_standard_error_keeps_nothing_from_working(lab):
    run = lab.run("both", "-c", "import sys; sys.stderr.close(); sys.stderr = None; import chat; print(chat.ask())", PYTHONPATH="%s:%s" % (lab.mount, HERE / "apps"))
    assert (run.code, len(run.capture.spans)) == (0, 1)
