"""Python imports this at start because PYTHONPATH names our folder. Runs the sitecustomize it shadows, then ours; never raises."""

import sys


def _shadowed(here):
    """Runs the sitecustomize that would have been imported without us, under its own name."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path != here])
    if spec is None or spec.loader is None or spec.origin == __file__:
        return
    module = module_from_spec(spec)
    ours = sys.modules.get("sitecustomize")
    sys.modules["sitecustomize"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules["sitecustomize"] = ours
        raise


def _run():
    here = __file__.rpartition("/")[0]
    if here in sys.path:  # behind the app's own packages: whatever has the name of one of our files, theirs is found first
        sys.path.remove(here)
        sys.path.append(here)
    try:
        _shadowed(here)
    except Exception as error:
        _complain("the image's own sitecustomize failed", error)
    try:
        import duotel_bootstrap

        duotel_bootstrap.install()
    except Exception as error:
        _complain("not active", error)


def _complain(what, error):
    if sys.stderr is not None:
        import os

        sys.stderr.write("duotel[%d]: %s: %s: %s\n" % (os.getpid(), what, type(error).__name__, error))


_run()
