"""Runs a sandbox as a process of its own, and the real program inside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from wizard import paths


class SandboxError(Exception):
    """The sandbox did not start; the text says why."""


class Sandbox:
    """A running sandbox: ``with Sandbox() as sandbox: ... sandbox.environ``.

    ``environ`` holds what its ``export`` lines say, ``control`` the URL of its control API. Its process ends with the block,
    and also when this process dies: it watches a pipe that only this process holds open.
    """

    def __init__(self, scenario: str = "healthy", latency: float = 0.0) -> None:
        self._scenario = scenario
        self._latency = latency
        self._process: subprocess.Popen[str] | None = None
        self.environ: dict[str, str] = {}

    @property
    def control(self) -> str:
        """The URL of the control API."""
        return self.environ["EZGITOPS_SANDBOX_CONTROL"]

    @property
    def pid(self) -> int:
        """The sandbox's process id."""
        if self._process is None:
            raise SandboxError("the sandbox is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it and read what it exports. Raises SandboxError."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "wizard",
                "sandbox",
                "--scenario",
                self._scenario,
                "--latency",
                f"{self._latency}s",
                "--attached",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A terminal's Ctrl-C is meant for the program in the sandbox, not for the sandbox.
            start_new_session=True,
            env=without_aws(os.environ),
        )
        assert self._process.stdout is not None  # noqa: S101 - PIPE was asked for
        line = self._process.stdout.readline()
        try:
            self.environ = json.loads(line)
        except ValueError:
            code = self._process.wait()
            raise SandboxError(f"the sandbox did not start (exit code {code}); its message stands above") from None

    def stop(self) -> None:
        """Ask it to end and wait until it has: processes and files are gone then. Stopped already is no error."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            _close(stream)
        process.wait()

    def __enter__(self) -> Sandbox:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.stop()


def run(argv: Sequence[str], scenario: str = "healthy", latency: float = 0.0) -> int:
    """Run ``ezgitops`` with these arguments in a fresh sandbox, in the foreground, and return its exit code.

    Raises SandboxError.
    """
    with Sandbox(scenario, latency) as sandbox:
        child = subprocess.Popen([sys.executable, "-m", "wizard", *argv], env=without_aws(os.environ) | sandbox.environ)
        # The terminal sends Ctrl-C to the child as well: here it must not end the wait. Other signals are passed on.
        previous = {signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN)}
        previous |= {number: signal.signal(number, _pass_to(child)) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            code = child.wait()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would lead the AWS SDKs somewhere else: keys, regions, endpoints, proxies for plain HTTP."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("AWS_")
        and name not in {"HTTP_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY", "all_proxy"}
    }


def state_home() -> Path:
    """XDG_STATE_HOME in the sandbox: drafts and journals made there are kept, but never mix with real ones.

    No instance can have this name: a dot is not allowed in one.
    """
    return paths.state_directory(os.environ) / "sandbox.d"


def _pass_to(child: subprocess.Popen[bytes]) -> signal._HANDLER:
    def handler(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    return handler


def _close(stream: IO[str] | None) -> None:
    if stream is not None:
        stream.close()
