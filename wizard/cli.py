"""The command line. Each command is in a module of its own and is loaded when it is asked for."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click

from wizard import __version__
from wizard.commands.options import Command, Options, answer_options, sandbox_options
from wizard.commands.program import Program
from wizard.commands.streams import abandon_output, open_closed
from wizard.exitcodes import ExitCode

_COMMANDS: Mapping[str, str] = {
    "check": "wizard.commands.check:check",
    "plan": "wizard.commands.plan:plan",
    "apply": "wizard.commands.apply:apply",
    "status": "wizard.commands.status:status",
    "mirror": "wizard.commands.mirror:mirror",
    "renew": "wizard.commands.renew:renew",
    "destroy": "wizard.commands.destroy:destroy",
    "schema": "wizard.commands.schema:schema",
    "sandbox": "wizard.commands.sandbox:sandbox",
}
"""Command -> where it is, in the order of a first use."""


class _Commands(Command, click.Group):
    """A group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a first use."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of this name."""
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="ezgitops %(version)s")
@answer_options
@click.option("--plain", is_flag=True, help="One question after the other as plain text: no screen, no colour, no spinner.")
@sandbox_options
@click.pass_context
def cli(ctx: click.Context, file: Path | None, sets: tuple[str, ...], plain: bool) -> None:
    """Give an egress-zero OpenShift cluster a Git repository that Argo CD can sync from.

    Without a command the wizard opens: it finds what can be found, asks the rest, shows the plan, applies it and watches
    Argo CD reach Synced. It leaves an answers file, with which `ezgitops apply -f FILE --yes` does all of it again without
    a question.
    """
    if ctx.invoked_subcommand is None:
        from wizard.commands.wizard import run_wizard

        ctx.exit(run_wizard(ctx.ensure_object(Program), Options(file=file, sets=sets, plain=plain)))


def main() -> None:
    """The ``ezgitops`` command. Exits with a code of ``wizard.exitcodes``."""
    open_closed()
    _collect_seldom()
    arguments = sys.argv[1:]
    program = Program(environ=os.environ, arguments=tuple(arguments))
    try:
        code = cli.main(args=arguments, prog_name="ezgitops", standalone_mode=False, obj=program)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped. Nothing more is done; run it again to go on.", err=True)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        abandon_output()
        code = ExitCode.DONE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        abandon_output()
        click.echo(f"error: The output cannot be written: {error.strerror}.", err=True)
        code = ExitCode.FAILED
    try:
        sys.stdout.flush()
    except OSError:
        # Its reader has gone, which changes nothing of how the work ended; a full disk was told of where it was met.
        abandon_output()
    sys.exit(int(code or 0))


def _collect_seldom() -> None:
    """Keep the garbage collector from going through all that the libraries define, which lives as long as the process.

    At exit that alone takes longer than most commands wait for an answer of AWS.
    """
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
