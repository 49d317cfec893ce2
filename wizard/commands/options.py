"""Options that several commands share, and the error that a command ends with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

F = TypeVar("F", bound=Callable[..., Any])  # click's decorators take any callable

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s)?")
SANDBOX = "healthy"
"""The scenario of ``--sandbox`` without a name."""


@dataclass(frozen=True)
class Options:
    """The shared options of one run. ``profile``, ``region`` and ``context`` are answers by another name."""

    file: Path | None = None
    sets: tuple[str, ...] = ()
    output: str = "text"
    plain: bool = False
    profile: str | None = None
    region: str | None = None
    context: str | None = None

    @property
    def all_sets(self) -> tuple[str, ...]:
        """``--set`` with the options that are short for one; what stands under ``--set`` itself wins."""
        short = {"aws.profile": self.profile, "aws.region": self.region, "cluster.context": self.context}
        return (*(f"{key}={value}" for key, value in short.items() if value is not None), *self.sets)


def options_of(given: Mapping[str, object]) -> Options:
    """The shared options as click gives them."""
    return Options(**given)  # type: ignore[arg-type]  # click has checked them against the options declared below


class CommandError(click.ClickException):
    """A command ends: one sentence, the details under it, and the exit code."""

    def __init__(self, code: ExitCode, message: str, details: Sequence[str] = ()) -> None:
        super().__init__("\n".join((message, *(f"  {detail}" for detail in details))))
        self.exit_code = int(code)  # type: ignore[misc]  # click reads it from the instance
        self.summary = message
        self.details = tuple(details)

    def show(self, file: object = None) -> None:
        """Write it to standard error."""
        del file
        click.echo(f"error: {self.format_message()}", err=True)


class Command(click.Command):
    """A command whose ``--sandbox`` may stand without a value and runs the same command line again inside the sandbox."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``--sandbox`` takes its value only after ``=``, so that it never swallows a command or a file."""
        end = args.index("--") if "--" in args else len(args)
        given = [f"--sandbox={SANDBOX}" if arg == "--sandbox" else arg for arg in args[:end]] + args[end:]
        return super().parse_args(ctx, given)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, or hand over to the sandbox."""
        scenario, latency = ctx.params.pop("sandbox", None), ctx.params.pop("latency", None)
        if scenario is None:
            if latency is not None:
                message = "--latency slows the sandbox down; use it together with --sandbox."
                raise click.UsageError(message, ctx)
            return super().invoke(ctx)
        program = ctx.ensure_object(Program)
        return ctx.exit(launched(program, str(scenario), 0.0 if latency is None else float(latency)))


def launched(program: Program, scenario: str, latency: float, *, arguments: Sequence[str] | None = None) -> int:
    """Run the program again inside the sandbox. Raises CommandError when the sandbox is not installed."""
    need_sandbox()
    return program.launch(without_sandbox(program.arguments if arguments is None else arguments), scenario, latency)


def need_sandbox() -> None:
    """Raise CommandError (2) when the packages of the sandbox are not installed."""
    from wizard.sandbox.needs import missing

    absent = missing()
    if absent:
        summary = f"The sandbox is not installed (it needs {', '.join(absent)})."
        raise CommandError(ExitCode.USAGE, summary, ["Install it with: pip install 'ezgitops[sandbox]'"])


def without_sandbox(arguments: Sequence[str]) -> tuple[str, ...]:
    """The command line without ``--sandbox`` and ``--latency``; what stands after ``--`` is left as it is."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return (*kept, argument, *rest)
        if argument == "--latency":
            next(rest, None)
        elif argument != "--sandbox" and not argument.startswith(("--sandbox=", "--latency=")):
            kept.append(argument)
    return tuple(kept)


def duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Callback of an option: ``150ms``, ``0.2s`` or a plain number of seconds, as seconds."""
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    if found is None:
        message = f"{value!r} is no duration; write it like 150ms or 0.2s."
        raise click.BadParameter(message)
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def answer_options(command: F) -> F:
    """``-f`` and ``--set``."""
    for option in (
        click.option(
            "--set", "sets", metavar="KEY=VALUE", multiple=True,
            help="Give one answer; wins over the environment and the file. May be repeated.",
        ),
        click.option("-f", "--file", metavar="FILE", type=click.Path(path_type=Path), help="The answers file."),
    ):  # fmt: skip
        command = option(command)
    return command


def site_options(command: F) -> F:
    """``--profile``, ``--region`` and ``--context``: which account, region and cluster."""
    for option in (
        click.option("--context", metavar="NAME", help="Context of the kubeconfig (the answer cluster.context)."),
        click.option("--region", metavar="NAME", help="AWS region (the answer aws.region)."),
        click.option("--profile", metavar="NAME", help="AWS profile (the answer aws.profile)."),
    ):
        command = option(command)
    return command


def output_options(command: F) -> F:
    """``--output`` and ``--plain``."""
    for option in (
        click.option("--plain", is_flag=True, help="Plain words: no icons, no colour."),
        click.option(
            "--output", type=click.Choice(["text", "json"]), default="text", show_default=True,
            help="text for humans, or json: one event a line (docs/events.md).",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def sandbox_options(command: F) -> F:
    """``--sandbox`` and ``--latency``; ``Command`` acts on them, so they are no parameters of the function."""
    for option in (
        click.option(
            "--latency", metavar="TIME", callback=duration,
            help="Add this to each call of the sandbox's AWS and cluster, for example 150ms.",
        ),
        click.option(
            "--sandbox", metavar="[=SCENARIO]", is_flag=False, flag_value=SANDBOX, default=None,
            help=f"Do it in a sandbox on this machine: a small world of its own ({SANDBOX} when none is named).",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def common_options(command: F) -> F:
    """Everything that a command about an instance takes."""
    return answer_options(site_options(output_options(sandbox_options(command))))
