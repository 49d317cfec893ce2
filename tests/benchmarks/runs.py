"""Runs the real program in a sandbox and measures: wall time, processor time, and what was called."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.chain import Chain, Step, longest
from tests.benchmarks.observer import Observer
from tests.benchmarks.record import steps
from tests.benchmarks.rules import RULES
from wizard.sandbox.launch import Sandbox, without_aws
from wizard.sandbox.scenario import load

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "docs" / "examples" / "answers-codecommit.yaml"
PROGRAM = (sys.executable, "-m", "wizard")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Seconds: ``wall`` from exec to exit, ``start_up`` from exec to the first call, ``cpu`` of the process."""

    wall: float
    start_up: float
    cpu: float
    calls: int
    chain: Chain
    steps: tuple[Step, ...] = ()

    @property
    def inside(self) -> float:
        """Without the start-up."""
        return self.wall - self.start_up

    @property
    def ratio(self) -> float:
        """Wall time to start-up, chain and the world's own time together: 1 is as fast as the dependencies allow."""
        return self.wall / (self.start_up + self.chain.seconds)

    @property
    def strict(self) -> float:
        """The same without the world's time on either side, so that waiting for the world hides nothing."""
        return (self.wall - self.chain.world) / (self.start_up + self.chain.calls)


class RunFailedError(Exception):
    """A run that is measured must end well; the text is what it said."""


def environment(more: Mapping[str, str], folder: Path) -> dict[str, str]:
    """This environment, with bytecode (without it Python compiles every module at every start), and state in ``folder``."""
    base = {name: value for name, value in without_aws(os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    homes = {"XDG_STATE_HOME": str(folder / "state"), "XDG_DATA_HOME": str(folder / "data")}
    return {**base, "TERM": "xterm-256color", **homes, **more, "XDG_CACHE_HOME": str(folder / "cache")}


def timed(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float, float]:
    """Start (monotonic clock), wall and processor seconds of one command. Raises RunFailedError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, env=dict(environ), cwd=ROOT, capture_output=True, text=True, check=False)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RunFailedError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return start, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def help_times(environ: Mapping[str, str], *, times: int = 11) -> tuple[float, float]:
    """Median wall and processor seconds of ``--help``, after one run to warm up."""
    command = [*PROGRAM, "--help"]
    timed(command, environ)
    runs = [timed(command, environ) for _ in range(times)]
    return statistics.median(wall for _, wall, _ in runs), statistics.median(cpu for _, _, cpu in runs)


def series(latency: float, folder: Path) -> dict[str, Measured]:
    """``check``, ``plan``, a first ``apply`` and a second one, in a fresh sandbox."""
    arguments = {
        "check": ["check", "-f", str(SAMPLE)],
        "plan": ["plan", "-f", str(SAMPLE)],
        "apply": ["apply", "-f", str(SAMPLE), "--yes"],
        "replay": ["apply", "-f", str(SAMPLE), "--yes"],
    }
    with Sandbox("healthy", latency) as sandbox, Observer(Path(sandbox.environ["KUBECONFIG"])) as observer:
        environ = environment(sandbox.environ, folder)
        return {name: _measure([*PROGRAM, *given], environ, sandbox.control, observer) for name, given in arguments.items()}


def _measure(command: Sequence[str], environ: Mapping[str, str], control: str, observer: Observer) -> Measured:
    start, wall, cpu = timed(command, environ)
    with urllib.request.urlopen(f"{control}/calls", timeout=10) as answer:  # noqa: S310 - the sandbox's own URL
        calls = [call for call in json.load(answer) if start <= call["start"] <= start + wall]
    # The refresher goes on by itself; what it calls for its next round is no part of a run that does not touch it.
    found = tuple(steps(calls, observer.became_good, _pending_seconds()))
    began = min(step.start for step in found) - start
    return Measured(wall, began, cpu, sum(1 for step in found if not step.world), longest(found, RULES), found)


def _pending_seconds() -> float:
    services = load("healthy").aws["endpoint_services"]
    pending = services.get("pending_seconds") if isinstance(services, dict) else None
    return float(pending) if isinstance(pending, int | float) else 2.0
