"""``ezgitops plan``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode


@click.command(cls=Command)
@common_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 4 when there are changes to make, 0 when there are none.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write the plan as JSON (docs/plan.md); `apply --plan FILE` refuses to do anything else.",
)
@click.pass_context
def plan(ctx: click.Context, /, detailed_exitcode: bool, out: Path | None, **given: object) -> None:
    """Show what an apply would do, with every difference and its reason. Changes nothing."""
    ctx.exit(run_plan(ctx.ensure_object(Program), options_of(given), detailed=detailed_exitcode, out=out))


def run_plan(program: Program, options: Options, *, detailed: bool, out: Path | None) -> ExitCode:
    """Plan and print; also to ``out``."""
    from wizard.answers.files import write_private
    from wizard.commands.run import Run

    with Run(program, options) as run:
        made = run.prepared()
        if out is not None:
            try:
                write_private(out, json.dumps(made.to_json(), indent=1, ensure_ascii=False) + "\n")
            except OSError as error:
                raise run.fail(ExitCode.USAGE, f"The plan cannot be written to {out}: {error.strerror or error}") from error
        run.show(made)
        run.stop_at_failed_checks()
        return ExitCode.PENDING if detailed and made.pending else ExitCode.DONE
