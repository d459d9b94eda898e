import json
import os
import random
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


CLAIMS = []  # sockets that hold ports, until this process ends


def free_port():
    """A free TCP port of the loopback interface, that no other test run is given: as tools/cluster/free-ports.ts, with the same claims."""
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            claim.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        CLAIMS.append(claim)
        return port
    raise AssertionError("no free TCP port on 127.0.0.1 between 20000 and 32000")


@pytest.fixture
def refusing():
    """URL of a port that nothing listens on, for as long as the test lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield "http://127.0.0.1:%d" % taken.getsockname()[1]


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
    argv = [sys.executable, str(ROOT / "examples/fake-openai/server.py"), "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    yield "http://" + re.search("listens on (127.0.0.1:[0-9]+)", process.stdout.readline())[1]
    process.terminate()
    assert process.wait(SECONDS) == 0


@pytest.fixture(scope="session")
def lab(mount, api):
    sink = Sink()
    yield Lab(sink, api, mount)
    sink.shutdown()


@pytest.fixture
def stats(api):
    """What the model API has served since the test began."""
    urllib.request.urlopen(urllib.request.Request(api + "/stats", method="DELETE"), timeout=SECONDS).read()
    return lambda: json.load(urllib.request.urlopen(api + "/stats", timeout=SECONDS))


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
