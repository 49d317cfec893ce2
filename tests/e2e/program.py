"""The real program as a child process, and the sandbox's own record of what reached it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "docs" / "examples" / "answers-codecommit.yaml"


@dataclass(frozen=True)
class Result:
    """How one run ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, object]]:
        """Standard output, read as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, event: str) -> list[dict[str, object]]:
        """The events of one type."""
        return [e for e in self.events if e["type"] == event]


@dataclass
class Program:
    """Runs ``ezgitops`` with the environment of a sandbox, in a folder of its own."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a run: this process's (made clean by conftest), the sandbox's, and ``more``."""
        return {**os.environ, **self.environ, **more}

    def run(self, *arguments: str, seconds: float = 240.0, environ: dict[str, str] | None = None) -> Result:
        """Run to the end without a terminal. Raises subprocess.TimeoutExpired after ``seconds``."""
        done = subprocess.run(
            [sys.executable, "-m", "wizard", *arguments],
            cwd=self.folder,
            env=self.environment(**(environ or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a run and leave it running; the caller ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "wizard", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def calls(control: str) -> list[dict[str, object]]:
    """Every AWS and cluster call that the sandbox has recorded."""
    with urllib.request.urlopen(f"{control}/calls", timeout=10) as answer:  # noqa: S310 - a loopback URL of the sandbox
        recorded: list[dict[str, object]] = json.load(answer)
    return recorded
