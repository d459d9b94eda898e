"""What the shipped files are: their syntax, their lines, their documentation."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import PACKAGE, RAG, SECONDS

SOURCES = sorted(PACKAGE.rglob("*.py"))
OLDEST = (3, 8)
VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_file_is_python_3_8(path):
    ast.parse(path.read_text(), feature_version=OLDEST)


def interpreter(version):
    """A Python of that version: on PATH, or among pyenv's. The program itself: a shim of pyenv's finds it by variables that a test takes away."""
    candidates = [shutil.which("python" + version)]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, timeout=SECONDS).stdout.strip()
        candidates.extend(sorted(Path(root).glob("versions/%s.*/bin/python" % version)))
    code = "import sys; print(sys.executable)"
    runs = [subprocess.run([c, "-c", code], capture_output=True, text=True, timeout=SECONDS) for c in candidates if c]
    return next((run.stdout.strip() for run in runs if run.returncode == 0), None)


# Those that this machine has; 3.11 is always among them on the machines of CI.
INTERPRETERS = {version: program for version in VERSIONS for program in [interpreter(version)] if program}


@pytest.mark.parametrize("version", sorted(INTERPRETERS))
def test_a_python_without_packages_starts_and_says_what_is_missing(version, mount):
    code = "import sys; print(sys.path[-1]); import duotel_bootstrap; duotel_bootstrap.install_now()"
    env = {"PYTHONPATH": str(mount), "OBSERVABILITY_BACKEND": "both", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    run = subprocess.run([INTERPRETERS[version], "-c", code], env=env, capture_output=True, text=True, timeout=SECONDS)
    assert (run.returncode, run.stdout) == (0, str(mount) + "\n")
    assert "package opentelemetry-sdk is not installed in this image: nothing started" in run.stderr


def test_the_readme_has_every_line_that_the_bootstrap_can_say():
    sys.path.insert(0, str(PACKAGE))
    try:
        from duotel_bootstrap import log
    finally:
        sys.path.remove(str(PACKAGE))
    readme = (PACKAGE / "README.md").read_text()
    lines = [value for name, value in vars(log).items() if name.isupper() and isinstance(value, str)] + list(log.COMPLETE.values())
    assert [line for line in lines if "`%s`" % line not in readme] == []


def test_the_pinned_versions_are_those_asked_for():
    asked = dict(re.findall(r"^([\w-]+)==(\S+)$", (RAG / "requirements.in").read_text(), re.M))
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (RAG / "requirements.txt").read_text(), re.M))
    assert asked and asked.items() <= pinned.items()
    assert "--index-url" not in (RAG / "requirements.txt").read_text()


def test_the_copied_table_of_openlit_is_that_of_the_installed_version():
    from openlit._instrumentors import MODULE_NAME_MAP

    sys.path.insert(0, str(PACKAGE))
    try:
        from duotel_bootstrap.openlit_libraries import FRAMEWORKS, HTTP, MODULES
    finally:
        sys.path.remove(str(PACKAGE))
    # these two start with a module that is imported only where the library is used
    different = {"llama_index": "llama_index.core", "urllib": "urllib.request"}
    assert MODULES == dict(MODULE_NAME_MAP, **different)
    assert FRAMEWORKS | HTTP <= set(MODULES)
