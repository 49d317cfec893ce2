"""``ezgitops check``."""

from __future__ import annotations

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode


@click.command(cls=Command)
@common_options
@click.pass_context
def check(ctx: click.Context, /, **given: object) -> None:
    """Check every prerequisite, the worst first. Changes nothing.

    Works without an answers file: what can be found is checked. Exit code 3 when a blocking check failed.
    """
    ctx.exit(run_check(ctx.ensure_object(Program), options_of(given)))


def run_check(program: Program, options: Options) -> ExitCode:
    """Check, and print the results."""
    from wizard.commands.run import Run
    from wizard.report.text import print_checks

    with Run(program, options) as run:
        run.session.probe()
        run.start(need=False)
        results = run.session.results()
        if not run.json:
            print_checks(run.out, results, accepted=run.session.complete().accept_warnings)
        missing = run.session.missing()
        if missing:
            run.say("info", "Not answered yet, so not checked: " + ", ".join(q.key for q in missing))
        return ExitCode.CHECKS if any(r.blocks for r in results) else ExitCode.DONE
