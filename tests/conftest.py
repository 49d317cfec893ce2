"""What every test gets: a home of its own, none of the developer's settings, and the sandbox as a fixture."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from wizard.sandbox.launch import Sandbox

_PREFIXES = ("AWS_", "KUBE", "GIT_", "XDG_", "EZGITOPS_")
_NAMES = (
    "ACCESSIBLE",
    "ALL_PROXY",
    "CI",
    "COLUMNS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LINES",
    "NO_COLOR",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
_KEPT = ("KUBEBUILDER_ASSETS", "EZGITOPS_CONTRACT_SERVER")

# How long an example takes says something of the machine, and nothing of the program.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

IN_CI = os.environ.get("CI", "").lower() == "true"
"""Read before the variables are cleared: a skip for want of a program is a failure in CI."""


def _isolate(patch: pytest.MonkeyPatch, home: Path) -> None:
    """An empty home, and none of the developer's AWS, Kubernetes, Git or proxy settings."""
    for name in list(os.environ):
        if (name.startswith(_PREFIXES) or name in _NAMES) and name not in _KEPT:
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    patch.setenv("TERM", "xterm-256color")


@pytest.fixture(scope="session", autouse=True)
def _own_home_for_what_is_shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What lives longer than a test, a module's sandbox above all, is made before the test has its own home."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test has a home of its own."""
    _isolate(monkeypatch, tmp_path_factory.mktemp("home"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip for want of a program ("needs tmux") into a failure in CI, where everything has to be there."""
    report = yield
    if IN_CI and report.skipped and isinstance(report.longrepr, tuple) and "needs " in report.longrepr[2]:
        report.outcome = "failed"
        report.longrepr = f"in CI nothing may be missing: {report.longrepr[2]}"
    return report


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    """One sandbox for the tests of a module that only look, or that do not mind what the others made."""
    from wizard.sandbox.launch import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh sandbox for one test."""
    from wizard.sandbox.launch import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox_environ(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A fresh sandbox, with this process's environment pointing at it."""
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    return sandbox.environ


@pytest.fixture
def repository_root() -> Path:
    """The checkout."""
    return Path(__file__).parent.parent
