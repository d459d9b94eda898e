"""OTLP/HTTP receiver that keeps what it got, by run: /<run>/v1/{traces,metrics,logs}."""

import gzip
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {"traces": ExportTraceServiceRequest, "metrics": ExportMetricsServiceRequest, "logs": ExportLogsServiceRequest}
NONE = {}


class Span:
    def __init__(self, resource, scope, span):
        self.resource, self.scope, self.name = resource, scope, span.name
        self.trace, self.id, self.parent = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        self.attributes = _attributes(span.attributes)


class Point:
    """One data point; `value` of a counter, `sum` and `count` of a histogram."""

    def __init__(self, resource, scope, metric, point):
        self.resource, self.scope, self.metric = resource, scope, metric
        self.attributes = _attributes(point.attributes)
        histogram = hasattr(point, "bucket_counts")
        self.sum = point.sum if histogram else None
        self.count = point.count if histogram else None
        self.value = None if histogram else (point.as_int or point.as_double)

    @property
    def key(self):
        return (self.metric, str(sorted(self.attributes.items())), str(sorted(self.resource.items())))


class Capture:
    """Everything that one run sent."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bodies, self.spans, self.logs, self._points = [], [], [], {}
        self.clients = []  # (signal, address and port of the sender) of each request

    def add(self, signal, body, client=None):
        message = REQUESTS[signal]()
        message.ParseFromString(body)
        with self.lock:
            self.bodies.append(body)
            self.clients.append((signal, client))
            if signal == "traces":
                self.spans.extend(_spans(message))
            elif signal == "metrics":
                for point in _points(message):
                    self._points[point.key] = point  # cumulative: the last one holds
            else:
                self.logs.extend(record for r in message.resource_logs for s in r.scope_logs for record in s.log_records)

    @property
    def points(self):
        return list(self._points.values())

    def metric(self, name, attributes=NONE):
        """Points of a metric that have these attributes."""
        return [p for p in self.points if p.metric == name and attributes.items() <= p.attributes.items()]

    def sum(self, name, attributes=NONE):
        return sum(p.sum if p.sum is not None else p.value for p in self.metric(name, attributes))

    def count(self, name, attributes=NONE):
        return sum(p.count for p in self.metric(name, attributes))

    @property
    def traces(self):
        return {span.trace for span in self.spans}

    @property
    def scopes(self):
        return {span.scope for span in self.spans}

    @property
    def orphans(self):
        ids = {span.id for span in self.spans}
        return [span.name for span in self.spans if span.parent and span.parent not in ids]

    @property
    def resources(self):
        return {str(sorted(thing.resource.items())) for thing in self.spans + self.points}


def _spans(message):
    for r in message.resource_spans:
        resource = _attributes(r.resource.attributes)
        for s in r.scope_spans:
            for span in s.spans:
                yield Span(resource, s.scope.name, span)


def _points(message):
    for r in message.resource_metrics:
        resource = _attributes(r.resource.attributes)
        for s in r.scope_metrics:
            for metric in s.metrics:
                for point in getattr(metric, metric.WhichOneof("data")).data_points:
                    yield Point(resource, s.scope.name, metric.name, point)


def _attributes(pairs):
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_value(one) for one in value.array_value.values)
    if kind == "kvlist_value":
        return str(value.kvlist_value)
    return getattr(value, kind) if kind else None


class Sink(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.captures = defaultdict(Capture)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def endpoint(self, run):
        return "http://127.0.0.1:%d/%s" % (self.server_address[1], run)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        run, _, signal = self.path.strip("/").partition("/v1/")
        known = signal in REQUESTS
        if known:
            self.server.captures[run].add(signal, body, self.client_address)
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()
