"""``ezgitops sandbox``: how a user, and the launcher, start a sandbox as a process of its own."""

from __future__ import annotations

import gc
import json
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wizard.commands.options import CommandError, duration, need_sandbox
from wizard.commands.streams import abandon_output
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.sandbox.scenario import Scenario
    from wizard.sandbox.world import SandboxWorld


@click.command("sandbox")
@click.option("--scenario", default="healthy", show_default=True, metavar="NAME", help="The world to start.")
@click.option("--latency", callback=duration, default="0ms", metavar="TIME", help="Added to each AWS and cluster call.")
@click.option("--list", "listing", is_flag=True, help="Name the scenarios and stop.")
@click.option("--attached", is_flag=True, hidden=True, help="Print JSON, and end when standard input does.")
def sandbox(scenario: str, latency: float, listing: bool, attached: bool) -> None:
    """Start a small world on this machine - AWS, a cluster, Git servers - and run until stopped.

    Prints the environment that points aws, kubectl and git at it, as `export NAME=value` lines.
    """
    from wizard.sandbox import scenario as scenarios

    if listing:
        known = scenarios.names()
        for name, description in known.items():
            click.echo(f"{name:<{max(map(len, known))}}  {description}")
        return
    try:
        chosen = scenarios.load(scenario)
    except scenarios.ScenarioError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error
    need_sandbox()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if attached:
        threading.Thread(target=_end_with_input, args=(stop,), name="parent", daemon=True).start()
    with _started(chosen, latency) as world:
        exports = _surroundings(os.environ) | dict(world.environ) | {"XDG_STATE_HOME": _state_home()}
        try:
            if attached:
                print(json.dumps(exports), flush=True)
            else:
                print("\n".join(f"export {name}={_quoted(value)}" for name, value in exports.items()), flush=True)
                click.echo(_HINT.format(scenario=scenario), err=True)
        except BrokenPipeError:
            # The reader of the lines has gone (`head -1`): that is no reason to stop.
            abandon_output()
        # Woken now and then: a signal's handler runs between two waits.
        while not stop.wait(1.0):
            pass


@contextmanager
def _started(chosen: Scenario, latency: float) -> Iterator[SandboxWorld]:
    """The world of a scenario.

    Nearly all that a start makes stays until the end (moto, descriptions of AWS's services): to look through it for garbage
    again and again would cost a quarter of the start.
    """
    gc.disable()
    try:
        from wizard.sandbox.world import SandboxWorld

        with SandboxWorld(chosen, latency=latency) as world:
            gc.freeze()
            gc.enable()
            yield world
    finally:
        gc.enable()


def _quoted(value: str) -> str:
    """The value for a shell, on one line: of one that has several (a key) ``printf`` makes them (POSIX, "printf", ``%b``)."""
    if "\n" not in value:
        return shlex.quote(value)
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
    return f'"$(printf %b {shlex.quote(escaped)})"'


_HINT = """Sandbox {scenario!r} is running; Ctrl-C stops it and removes everything in it.
In another terminal, with these lines in a file: `. ./sandbox.env`, then use ezgitops, aws, kubectl and git as ever."""


def _state_home() -> str:
    from wizard.sandbox.launch import state_home

    return str(state_home())


def _surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """Emptied: variables of the surroundings that would win over the exported ones."""
    winning = (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "HTTP_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    )
    return {name: "" for name in winning if environ.get(name)}


def _end_with_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()
