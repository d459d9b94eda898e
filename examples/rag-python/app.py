"""HTTP service around the RAG of rag.py. No telemetry set-up: `kubectl annotate` brings it.

GET  /healthz
POST /query {"question": "..."}   answer and sources
POST /run                         the fixed workload of workload.py; /run?stream=1 adds a streamed, a raw, an embedding and a failing call
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from openai import OpenAIError

import workload
from rag import Rag

_lock = threading.Lock()
_rag = None


def shared_rag():
    """The index that /query asks, built at the first question."""
    global _rag
    with _lock:
        if _rag is None:
            _rag = Rag().build()
        return _rag


def query(body):
    question = body.get("question")
    if not isinstance(question, str) or not question:
        raise ValueError("field question: expected a text that is not empty")
    return shared_rag().query(question)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        """Silent: probes come every few seconds."""

    def do_GET(self):
        if self.path == "/healthz":
            return self._json(200, {"ok": True})
        return self._json(404, {"error": "no such path"})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        try:
            if url.path == "/query":
                return self._json(200, query(json.loads(text)))
            if url.path == "/run":
                return self._json(200, workload.run(extra=parse_qs(url.query).get("stream") == ["1"]))
            return self._json(404, {"error": "no such path"})
        except OpenAIError as error:
            return self._json(502, {"error": "the model API failed: %s" % type(error).__name__})
        except (ValueError, AttributeError) as error:
            return self._json(400, {"error": str(error)})

    def _json(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main():
    server = Server(("0.0.0.0", int(os.environ.get("PORT", "8080"))), Handler)
    print("rag-python listens on port %d" % server.server_address[1], flush=True)

    def stop(signum, frame):
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
