import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from harness import PACKAGE, ROOT, RAG, SECONDS, Lab
from otlp_sink import Sink

REPORT = os.environ.get("DUOTEL_TEST_REPORT")


def pytest_runtest_logreport(report):
    """One JSON line a test for the caller that shows them under its own names."""
    if REPORT and (report.when == "call" or report.outcome != "passed"):
        with open(REPORT, "a") as file:
            row = {"id": report.nodeid, "outcome": report.outcome, "detail": report.longreprtext, "seconds": report.duration}
            file.write(json.dumps(row) + "\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def mount(tmp_path_factory):
    """The folder as the kubelet mounts it: every top entry a link through `..data`. DUOTEL_TEST_MOUNT has one made from bootstrapFiles()."""
    if "DUOTEL_TEST_MOUNT" in os.environ:
        return os.environ["DUOTEL_TEST_MOUNT"]
    folder = tmp_path_factory.mktemp("mount")
    (folder / "..data").symlink_to(PACKAGE)
    for entry in PACKAGE.iterdir():
        (folder / entry.name).symlink_to("..data/" + entry.name)
    return folder


@pytest.fixture(scope="session")
def api():
    """URL of the example's model API, run as the example runs it."""
    port = free_port()
    argv = [sys.executable, str(ROOT / "examples/fake-openai/server.py"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert re.search("listens", process.stdout.readline())
    yield "http://127.0.0.1:%d" % port
    process.terminate()
    assert process.wait(60) == 0


@pytest.fixture(scope="session")
def lab(mount, api):
    sink = Sink()
    yield Lab(sink, api, mount)
    sink.shutdown()


@pytest.fixture
def stats(api):
    """What the model API has served since the test began."""
    urllib.request.urlopen(urllib.request.Request(api + "/stats", method="DELETE"), timeout=60).read()
    return lambda: json.load(urllib.request.urlopen(api + "/stats", timeout=60))


@pytest.fixture(scope="session")
def workload(lab):
    """The example's fixed workload in a mode, run once however many tests look at it."""
    done = {}
    code = "import json, sys, workload; print(json.dumps(workload.run(extra=%s))); sys.exit(3)"

    def run(backend, extra=False, **env):
        key = (backend, extra, tuple(sorted(env.items())))
        if key not in done:
            done[key] = lab.run(backend, "-c", code % extra, **env)
        return done[key]

    return run


@pytest.fixture
def eventually():
    """Waits until a condition holds."""

    def wait(condition, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "did not come true within %d s" % seconds
            time.sleep(0.05)

    return wait
