"""Starts OpenInference and OpenLIT in a Python process that did not ask for it: sitecustomize.py calls install().

Nothing is imported or set before the process itself imports OpenTelemetry or a library that a producer knows, so a process that does
neither (a shell's `python -c`, a probe) pays only for this file and its neighbour imports.py. README.md has the rules and the lines.
"""

import os
import sys

from . import log
from .config import BACKENDS, Settings, hide_content
from .imports import ImportWatcher, installed, once

_watcher = None
_start = None


def install():
    """Arms the bootstrap by the environment; a second call changes nothing."""
    global _watcher, _start
    if _watcher is not None or _is_helper():
        return
    settings = Settings()
    if settings.backend not in BACKENDS:
        if settings.backend != "none":
            log.say(log.BAD_BACKEND, value=settings.given_backend)
        return
    if settings.sdk_disabled:
        return log.say(log.SDK_DISABLED)
    if not settings.capture_content:
        hide_content(os.environ)
    watcher = _watcher = ImportWatcher(lambda: start())
    start = _start = once(lambda: _set_up(settings, watcher))
    watcher.install()
    if not settings.lazy:
        return watcher.when_whole([start])
    for module in _triggers(settings):
        watcher.after(module, start)


def install_now():
    """Entry point of `opentelemetry-instrument`, whose own sitecustomize hides ours: its providers and instrumentors are there by now."""
    try:
        install()
        if _watcher is not None and _start is not None:
            _watcher.when_whole([_start])
    except Exception as error:
        log.say(log.START_FAILED, error=log.describe(error))


def _is_helper():
    """multiprocessing's resource tracker is a Python process that runs none of the application's code."""
    argv = getattr(sys, "orig_argv", None) or getattr(sys, "argv", None) or ()
    return any("multiprocessing.resource_tracker" in part for part in argv)


def _triggers(settings):
    """Modules whose import starts the bootstrap, besides those of OpenTelemetry."""
    modules = set()
    if settings.wants_openinference:
        from .openinference_producer import MODULES

        modules.update(MODULES.values())
    if settings.wants_openlit:
        from .openlit_producer import library_modules

        modules.update(library_modules(settings).values())
        modules.add("openlit")
    return modules


def _set_up(settings, watcher):
    from . import flush, openinference_producer, openlit_producer, privacy, providers, spans

    watcher.forget_otel()
    service = os.environ.get("OTEL_SERVICE_NAME") or "unknown_service"
    log.say(log.SETTING_UP, backend=settings.backend, service=service, endpoint=settings.endpoint)
    if not installed("opentelemetry.sdk"):
        return log.say(log.NO_SDK)
    provider = providers.set_up()
    flush.install(watcher)
    openlit = settings.wants_openlit and openlit_producer.is_installed()
    openinference = settings.wants_openinference and openinference_producer.is_installed()
    if settings.wants_openinference and not openinference:
        log.say(log.NOT_INSTALLED, package="openinference-instrumentation", producer="OpenInference")
    both = openlit and openinference
    signals = openlit_producer.signals(settings, both)
    if openlit:
        log.say(log.OPENLIT_STARTING, signals=signals)
        if not settings.capture_content:
            privacy.drop_openlit_content(provider)
        if both:
            spans.route_openlit(provider, mute=not settings.show_openlit_spans)
        openlit_producer.arm(settings, watcher, both)
    if openinference:
        log.say(log.OPENINFERENCE_ADDITIONAL if openlit else log.OPENINFERENCE_STARTING)
        replace = "opentelemetry.instrumentation.auto_instrumentation" in sys.modules
        openinference_producer.arm(settings, watcher, provider, replace)
    mode = "both" if both else "openlit" if openlit else "openinference" if openinference else "none"
    log.say(log.COMPLETE[mode])
    if openinference:
        log.say(log.PRODUCER_OPENINFERENCE)
    if openlit:
        log.say(log.PRODUCER_OPENLIT, signals=signals)
