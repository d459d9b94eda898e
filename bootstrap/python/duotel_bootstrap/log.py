"""Every line the bootstrap can say, one fact a line on standard error: `duotel[<pid>]: <line>`. `duotel verify` reads them."""

import os
import sys

# in the order of a start
SETTING_UP = "setting up observability with backend {backend} (service {service}, endpoint {endpoint})"
CUSTOM_METRICS = "meter provider set: the application's own metrics are exported"
OPENLIT_STARTING = "OpenLIT starting as OTLP producer ({signals}), with the libraries it measures"
OPENINFERENCE_STARTING = "OpenInference starting as OTLP producer (traces), with the libraries it traces"
OPENINFERENCE_ADDITIONAL = "OpenInference starting as additional OTLP producer (traces), with the libraries it traces"
COMPLETE = {
    "both": "setup complete, DUAL MODE",
    "openlit": "setup complete, OPENLIT MODE",
    "openinference": "setup complete, OPENINFERENCE MODE",
    "none": "setup complete, NO PRODUCER: only the application's own OpenTelemetry signals are exported",
}
PRODUCER_OPENINFERENCE = "producer OpenInference: traces"
PRODUCER_OPENLIT = "producer OpenLIT: {signals}"
# when a library is imported
OPENLIT_ACTIVE = "OpenLIT {version} active: token metrics enabled (prices: {pricing})"
OPENLIT_LIBRARY = "OpenLIT measures {library}"
OPENINFERENCE_ENABLED = "OpenInference instrumentation enabled: {library} {version}"

# what was met and what was done about it
BAD_BACKEND = "OBSERVABILITY_BACKEND={value}: expected openinference, openlit, both or none; nothing started"
SDK_DISABLED = "OTEL_SDK_DISABLED=true: nothing started"
NO_SDK = "package opentelemetry-sdk is not installed in this image: nothing started"
NOT_INSTALLED = "package {package} is not installed in this image: {producer} not started"
NO_EXPORTER = "package {package} is not installed in this image: {signal} are not exported"
OPENLIT_TOO_OLD = "OpenLIT {version} is older than {minimum}, which would send each span twice: OpenLIT not started"
OPENLIT_UNTESTED = "OpenLIT {version} is newer than the tested {tested}"
OPENLIT_EAGER = "OpenLIT {version} has other internals: all its instrumentors start at once"
OPENLIT_BY_APP = "the application starts OpenLIT itself: left as it is"
OPENLIT_INIT_IGNORED = "openlit.init() of the application ignored: OpenLIT runs already"
OPENLIT_GUARDS = "guards of the application's openlit.init() set up"
OPENLIT_NO_GUARDS = "guards of the application's openlit.init() not set up: {error}"
OPENLIT_NO_METRICS = "OpenLIT failed to start: no token metrics"
PRICING_MISSING = "prices: {path} is missing or not JSON: cost will be 0"
LIBRARY_FAILED = "{producer} {library} failed: {error}"
LIBRARY_SKIPPED = "OpenInference {library} skipped: {reason}"
LIBRARY_OFF = "OpenInference {library} off by configuration"
PROVIDER_REUSED = "the {kind} that the application set is reused"
PROVIDER_KEPT = "the application set its own {kind}: ours stays, {count} of its {parts} joined"
ADOPTION_FAILED = "the application's own {kind} stays apart: {error}"
TIMEOUT_IN_MS = "OTEL_EXPORTER_OTLP_TIMEOUT={value} read as milliseconds"
FLUSH_LIMITED = "no flush {where}: {error}"
FORK_SHARES_SUMS = "a forked process sends the sums of its parent again: {error}"
FORK_SHARES_CONNECTION = "a forked process sends on the connection of its parent: {error}"
START_FAILED = "not active: {error}"


def say(line, **values):
    """Writes one line; an application without a usable standard error goes on without it."""
    try:
        text = line.format(**values).replace("\n", " ")
        sys.stderr.write("duotel[%d]: %s\n" % (os.getpid(), text))
        sys.stderr.flush()
    except Exception:
        pass


def describe(error):
    return "%s: %s" % (type(error).__name__, error)
