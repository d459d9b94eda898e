"""Runs a program as the annotation would have it run: the mounted folder on PYTHONPATH, the injected variables, a collector, a model API."""

import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
RAG = ROOT / "examples" / "rag-python"
PACKAGE = ROOT / "bootstrap" / "python"
SECONDS = 240  # more than anything takes beside other programs; what ends well takes none of them


class Result:
    def __init__(self, code, stdout, stderr, capture):
        self.code, self.stdout, self.stderr, self.capture = code, stdout, stderr, capture

    @property
    def lines(self):
        """What the bootstrap said, without its prefix."""
        return [line.partition("]: ")[2] for line in self.stderr.splitlines() if line.startswith("duotel[")]

    def said(self, text):
        return [line for line in self.lines if text in line]


class Lab:
    def __init__(self, sink, api, mount):
        self.sink, self.api, self.mount = sink, api, mount
        self._runs = count(1)

    def environment(self, backend, run, **more):
        """The variables of a pod with the annotation and its bootstrap; None takes one away."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_PROXY": "127.0.0.1",
            "ANONYMIZED_TELEMETRY": "False",
            "OPENAI_BASE_URL": self.api + "/v1",
            "OPENAI_API_KEY": "dummy",
            "PYTHONPATH": str(self.mount),
            "OTEL_SERVICE_NAME": "my-rag",
            "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=team-a,service.instance.id=team-a.my-rag-1.app,deployment.environment.name=test",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.sink.endpoint(run),
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "20",
            "DUOTEL_CAPTURE_CONTENT": "false",
        }
        if backend is not None:
            env["OBSERVABILITY_BACKEND"] = backend
        env.update(more)
        return {name: value for name, value in env.items() if value is not None}

    def name(self):
        return "run-%d" % next(self._runs)

    def start(self, backend, *argv, python=None, **env):
        """A running program and its capture."""
        run = self.name()
        process = subprocess.Popen(
            [str(python or sys.executable), *map(str, argv)],
            env=self.environment(backend, run, **env),
            cwd=RAG,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return process, self.sink.captures[run]

    def run(self, backend, *argv, python=None, **env):
        """The program's end. A program that does not end within SECONDS is an error."""
        process, capture = self.start(backend, *argv, python=python, **env)
        try:
            stdout, stderr = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError("did not end within %d s: %s" % (SECONDS, process.communicate()[1][-2000:]))
        return Result(process.returncode, stdout, stderr, capture)

    def app(self, backend, name, *argv, **options):
        return self.run(backend, HERE / "apps" / name, *argv, **options)


def wait_for_line(process, text, seconds=SECONDS):
    """Reads standard output until a line holds the text."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            if text in line:
                return line
    finally:
        timer.cancel()
    raise AssertionError("ended, or took %d s, without saying %r: %s" % (seconds, text, process.stderr.read()[-2000:]))


def environment_without(target, hidden):
    """A virtual environment with the packages of this one but some: `hidden` are prefixes of names below site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(target)], check=True, timeout=SECONDS)
    version = "python%d.%d" % sys.version_info[:2]
    source = Path(sys.prefix) / "lib" / version / "site-packages"
    _link(source, target / "lib" / version / "site-packages", "", tuple(hidden), {prefix.partition("/")[0] for prefix in hidden})
    return target / "bin" / "python"


def _link(source, target, below, hidden, split):
    """Links to every entry; the folders in `split` are made, so that one of their own entries can be left out."""
    target.mkdir(exist_ok=True)
    for entry in source.iterdir():
        name = below + entry.name
        if name.startswith(hidden) and any(name == h or name.startswith(h + "-") or (name.startswith(h) and h.endswith("_")) for h in hidden):
            continue
        if entry.is_dir() and name in split:
            _link(entry, target / entry.name, name + "/", hidden, split)
        elif not (target / entry.name).exists():
            (target / entry.name).symlink_to(entry)
