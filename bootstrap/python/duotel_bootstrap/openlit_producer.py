"""OpenLIT: its core starts with the first library it measures, then one instrumentor a library.

openlit.init() by itself imports every SDK that is installed (8 s and 120 MB in the RAG example), so it is called with an empty list
of instrumentors, and each is started by the import of its library. That uses internals of OpenLIT: other versions start eagerly.
"""

import json

from . import log
from .imports import installed, once
from .openlit_libraries import FRAMEWORKS, HTTP, MODULES

# before it, OpenLIT added an exporter of its own to every provider it found (openlit#1088)
MINIMUM = (1, 40)
TESTED = (1, 45)
INTERNALS = ("get_all_instrumentors", "instrument_if_available", "OpenlitConfig")


def is_installed():
    """Whether a version that can share providers is in the image; says why not otherwise."""
    if not installed("openlit"):
        log.say(log.NOT_INSTALLED, package="openlit", producer="OpenLIT")
        return False
    if _numbers(_version()) < MINIMUM:
        log.say(log.OPENLIT_TOO_OLD, version=_version(), minimum="%d.%d" % MINIMUM)
        return False
    return True


def signals(settings, beside_openinference):
    """What OpenLIT sends, in words."""
    if not beside_openinference:
        return "traces, metrics, events"
    return "metrics and spans" if settings.show_openlit_spans else "metrics"


def library_modules(settings):
    """Instrumentor -> module of the libraries whose import can start OpenLIT."""
    off = _off(settings, beside_openinference=False)
    return {name: module for name, module in MODULES.items() if name not in off}


def arm(settings, watcher, beside_openinference):
    off = _off(settings, beside_openinference)
    core = once(lambda: _start_core(settings, beside_openinference, off))
    if not settings.lazy:
        return watcher.when_whole([core])
    watcher.after("openlit", core)  # an application that calls openlit.init() itself
    for name, module in MODULES.items():
        if name not in off:
            watcher.after(module, once(_library_starter(name, core)))


def _off(settings, beside_openinference):
    off = set(settings.disabled_openlit)
    if not settings.http_spans:
        off |= HTTP
    if beside_openinference:
        off |= FRAMEWORKS
    return off


class _State:
    """Whether each library is to be started by us: false once the application or openlit.init() has started all."""

    by_library = False


def _start_core(settings, beside_openinference, off):
    import openlit
    import openlit.otel.metrics

    version = _version()
    if openlit.otel.metrics.METER_SET:  # a second init() loses the metrics: 'NoneType' object has no attribute 'create_histogram'
        return log.say(log.OPENLIT_BY_APP)
    if _numbers(version) > TESTED:
        log.say(log.OPENLIT_UNTESTED, version=version, tested="%d.%d" % TESTED)
    lazy = settings.lazy and all(hasattr(openlit, name) for name in INTERNALS)
    if settings.lazy and not lazy:
        log.say(log.OPENLIT_EAGER, version=version)
    options = {
        "pricing_json": settings.pricing,  # never absent: without it OpenLIT asks the network, for up to 20 s
        "disable_events": beside_openinference,
        "capture_message_content": settings.capture_content,
        "disabled_instrumentors": sorted(off & set(MODULES)),
    }
    pricing = _pricing(settings.pricing)
    if lazy:
        every = openlit.get_all_instrumentors
        openlit.get_all_instrumentors = dict
        try:
            openlit.init(**options)
        finally:
            openlit.get_all_instrumentors = every
    else:
        openlit.init(**options)
    openlit.init = _init_of_application
    _State.by_library = lazy
    if not getattr(openlit.OpenlitConfig, "metrics_dict", None):
        return log.say(log.OPENLIT_NO_METRICS)
    log.say(log.OPENLIT_ACTIVE, version=version, pricing=pricing)


def _init_of_application(*args, **options):
    """openlit.init() once OpenLIT runs: the guards alone are set up, which protect the application's calls and are no telemetry."""
    log.say(log.OPENLIT_INIT_IGNORED)
    if not options.get("guards"):
        return
    try:
        from openlit.guard._integration import setup_auto_guards

        setup_auto_guards(options["guards"], fail_open=options.get("guard_fail_open", True))
        log.say(log.OPENLIT_GUARDS)
    except Exception as error:
        log.say(log.OPENLIT_NO_GUARDS, error=log.describe(error))


def _library_starter(name, core):
    def start():
        try:
            core()
            if _State.by_library:
                _instrument(name)
        except Exception as error:
            log.say(log.LIBRARY_FAILED, producer="OpenLIT", library=name, error=log.describe(error))

    return start


def _instrument(name):
    import openlit
    from openlit._instrumentors import get_instrumentor_class

    instrumentor = get_instrumentor_class(name)
    if instrumentor is None:
        return log.say(log.LIBRARY_FAILED, producer="OpenLIT", library=name, error="no such instrumentor in this version")
    started = instrumentor()
    openlit.instrument_if_available(name, started, openlit.OpenlitConfig(), [])
    if getattr(started, "is_instrumented_by_opentelemetry", True):
        log.say(log.OPENLIT_LIBRARY, library=name)


def _pricing(path):
    """What the start line says about prices. An address is fetched by OpenLIT and not tried here."""
    if "://" in path:
        return path
    try:
        with open(path, encoding="utf-8") as file:
            return "%d models of %s" % (len(json.load(file).get("chat", {})), path)
    except (OSError, ValueError, AttributeError):
        log.say(log.PRICING_MISSING, path=path)
        return "none"


def _version():
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("openlit")
    except PackageNotFoundError:
        return "0"


def _numbers(version):
    """(major, minor) of a version text."""
    parts = [part for part in version.split(".")[:2] if part.isdigit()]
    return tuple(int(part) for part in parts)
