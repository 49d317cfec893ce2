"""The last page as text: the proof, and the way back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strategies.base import Output
from wizard.answers.files import write_private
from wizard.engine.apply import ApplyReport
from wizard.report.printer import Printer

COMMANDS = ".commands"
"""Suffix of the file of equivalent commands, which stands beside the log."""
_TERRAFORM = "gitops_"


@dataclass(frozen=True, slots=True)
class Closing:
    """What the last page knows besides the report; ``log`` and ``answers`` as the operator would write them."""

    instance: str
    answers: str | None
    log: str | None
    commands: tuple[str, ...]


def print_final(printer: Printer, report: ApplyReport, closing: Closing) -> None:
    """What was made and how to do it again, or what failed and how to go on."""
    printer.line("")
    if not report.ok:
        _print_failure(printer, report, closing)
        return
    for output in report.outputs:
        if not output.name.startswith(_TERRAFORM):
            _row(printer, output.title, output.value)
    variables = terraform(report.outputs)
    for number, variable in enumerate(variables):
        _row(printer, "Terraform" if number == 0 else "", variable)
    if closing.answers is not None:
        _row(printer, "Replay", f"ezgitops apply -f {shlex.quote(closing.answers)} --yes")
    # What stands on a private Git server goes only with the answers, which refer to the token for it.
    answers = f" -f {shlex.quote(closing.answers)}" if closing.answers is not None else ""
    _row(printer, "Take away", f"ezgitops destroy {closing.instance}{answers}")
    _tail(printer, closing)


def terraform(outputs: Sequence[Output]) -> tuple[str, ...]:
    """The outputs that are Terraform variables, as lines of a ``.tfvars`` file."""
    return tuple(f'{o.name} = "{_escaped(o.value)}"' for o in outputs if o.name.startswith(_TERRAFORM))


def write_commands(path: Path, commands: Sequence[str]) -> None:
    """Keep the equivalent commands in a private file (0600). Raises OSError."""
    write_private(path, "\n".join(commands) + "\n")


def _print_failure(printer: Printer, report: ApplyReport, closing: Closing) -> None:
    if report.cancelled:
        printer.line(("Stopped. ", "bold yellow"), "Nothing is lost: run the same command again to go on from here.")
    elif report.failed:
        printer.line(
            (f"{len(report.failed)} failed. ", "bold red"), "Mend what is said above, then run the same command again."
        )
    else:
        printer.line(("Not there yet. ", "bold red"), report.reason or "Something was not begun.")
        printer.line("Everything was made; look at it with: ", f"ezgitops status -f {shlex.quote(closing.answers or 'FILE')}")
    _tail(printer, closing)


def _tail(printer: Printer, closing: Closing) -> None:
    if closing.commands and closing.log is not None:
        kept = closing.log.removesuffix(".log") + COMMANDS
        _row(printer, "Commands", f"{kept} (the same as {len(closing.commands)} aws and oc commands)")
    if closing.log is not None:
        _row(printer, "Log", closing.log)


def _row(printer: Printer, title: str, value: str) -> None:
    printer.line((f"{title:<18}", "bold"), " ", value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
