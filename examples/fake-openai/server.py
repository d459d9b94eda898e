"""An OpenAI-compatible API that answers the same question with the same bytes; standard library only.

    python server.py [--host 0.0.0.0] [--port 8080]

POST /v1/chat/completions  plain, or server-sent events with "stream": true (usage with "stream_options": {"include_usage": true})
POST /v1/embeddings        "encoding_format": "float" (default) or "base64"
GET  /v1/models, /healthz
GET  /stats                what was served so far, for tests that compare to the token; DELETE /stats starts from zero

A request fails on purpose with the model "boom" (400), "error-429" or "error-500", or with the header "x-fake-error: <status>".
"""

import argparse
import base64
import hashlib
import json
import signal
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIMENSIONS = 64
ANSWER = "The graph links documents and entities .".split()
MODELS = ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small")
CREATED = 1700000000
FIRST_CHUNK_SECONDS = 0.05  # a model's first word comes after the headers; clients that time it in milliseconds must see more than 0
ERROR_MODELS = {"boom": 400, "error-429": 429, "error-500": 500}
ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
ZERO = {"requests": 0, "errors": 0, "prompt_tokens": 0, "completion_tokens": 0}


class Stats:
    """What was served. Tokens are counted whether or not the client asked a stream to report them."""

    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        with self._lock:
            self._total = dict(ZERO)
            self._by_model = {}

    def add(self, model, prompt_tokens=0, completion_tokens=0, error=False):
        with self._lock:
            for row in (self._total, self._by_model.setdefault(model, dict(ZERO))):
                row["requests"] += 1
                row["errors"] += int(error)
                row["prompt_tokens"] += prompt_tokens
                row["completion_tokens"] += completion_tokens

    def snapshot(self):
        with self._lock:
            return dict(self._total, by_model={name: dict(row) for name, row in sorted(self._by_model.items())})


STATS = Stats()


def count_tokens(text):
    """The API's own rule, four characters to a token: a test needs a count that is known, not one that is right."""
    return max(1, len(text) // 4)


def embed(text, dimensions):
    """A vector in [-0.5, 0.5) that depends on the text alone."""
    digests = (hashlib.sha256(("%d:%s" % (i, text[:200])).encode()).digest() for i in range(dimensions))
    return [int.from_bytes(digest[:4], "big") / 2**32 - 0.5 for digest in digests]


def embeddings_response(request):
    """Body of an answer of /v1/embeddings, and its prompt tokens."""
    given = request["input"]
    single = isinstance(given, str) or (given and isinstance(given[0], int))
    texts = [str(text) for text in ([given] if single else given)]
    dimensions = int(request.get("dimensions") or DIMENSIONS)
    data = []
    for index, text in enumerate(texts):
        vector = embed(text, dimensions)
        if request.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack("<%df" % dimensions, *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    tokens = sum(count_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": request["model"], "usage": usage}, tokens


def chat_usage(request):
    """With the details that the real API always gives: OpenLIT 1.40 loses a call's tokens and cost without them."""
    prompt = count_tokens("".join(str(message.get("content")) for message in request["messages"]))
    counts = {"prompt_tokens": prompt, "completion_tokens": len(ANSWER), "total_tokens": prompt + len(ANSWER)}
    return dict(counts, prompt_tokens_details={"cached_tokens": 0}, completion_tokens_details={"reasoning_tokens": 0})


def chat_head(request, kind):
    return {"id": "chatcmpl-fake", "object": kind, "created": CREATED, "model": request["model"], "system_fingerprint": "fp_fake"}


def chat_response(request, usage):
    message = {"role": "assistant", "content": " ".join(ANSWER)}
    return dict(chat_head(request, "chat.completion"), usage=usage, choices=[{"index": 0, "finish_reason": "stop", "message": message}])


def chat_chunks(request, usage):
    """The chunks of a streamed answer, in order."""
    head = chat_head(request, "chat.completion.chunk")
    for i, word in enumerate(ANSWER):
        delta = {"content": word if i == 0 else " " + word}
        if i == 0:
            delta["role"] = "assistant"
        yield dict(head, choices=[{"index": 0, "delta": delta, "finish_reason": None}])
    yield dict(head, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    if (request.get("stream_options") or {}).get("include_usage"):
        yield dict(head, choices=[], usage=usage)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, format, *args):
        """Silent: an access log would carry nothing a test reads."""

    def do_GET(self):
        if self.path == "/stats":
            return self._json(200, STATS.snapshot())
        if self.path == "/healthz":
            return self._json(200, {"ok": True})
        if self.path == "/v1/models":
            models = [{"id": name, "object": "model", "created": CREATED, "owned_by": "fake-openai"} for name in MODELS]
            return self._json(200, {"object": "list", "data": models})
        return self._error(404, "no such path: " + self.path)

    def do_DELETE(self):
        if self.path != "/stats":
            return self._error(404, "no such path: " + self.path)
        STATS.reset()
        return self._json(200, STATS.snapshot())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            request = json.loads(body)
            model = str(request["model"])
            status = int(self.headers.get("x-fake-error") or ERROR_MODELS.get(model, 0))
            if status:
                STATS.add(model, error=True)
                return self._error(status, "asked to fail with %d" % status)
            if self.path == "/v1/chat/completions":
                return self._chat(request, model)
            if self.path == "/v1/embeddings":
                answer, tokens = embeddings_response(request)
                STATS.add(model, prompt_tokens=tokens)
                return self._json(200, answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return self._error(400, "malformed request: %s: %s" % (type(error).__name__, error))
        return self._error(404, "no such path: " + self.path)

    def _chat(self, request, model):
        usage = chat_usage(request)
        STATS.add(model, usage["prompt_tokens"], usage["completion_tokens"])
        if not request.get("stream"):
            return self._json(200, chat_response(request, usage))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        time.sleep(FIRST_CHUNK_SECONDS)
        for chunk in chat_chunks(request, usage):
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _error(self, status, message):
        kind = ERROR_TYPES.get(status, "server_error")
        # x-should-retry: clients would repeat a 429 or 500 on their own, and one call would count as three
        self._json(status, {"error": {"message": message, "type": kind, "param": None, "code": None}}, {"x-should-retry": "false"})

    def _json(self, status, value, headers=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in dict({"Content-Type": "application/json", "Content-Length": str(len(body))}, **(headers or {})).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main(argv=None):
    options = argparse.ArgumentParser(description="OpenAI-compatible API for tests")
    options.add_argument("--host", default="0.0.0.0")
    options.add_argument("--port", type=int, default=8080)
    given = options.parse_args(argv)
    server = Server((given.host, given.port), Handler)
    print("fake-openai listens on %s:%d" % server.server_address[:2], flush=True)

    def stop(signum, frame):
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
