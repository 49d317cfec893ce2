"""``ezgitops apply``."""

from __future__ import annotations

from pathlib import Path

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode


@click.command(cls=Command)
@common_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--plan",
    "saved",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Do exactly what this plan says (from `plan --out FILE`); refused (exit code 3) when the world has changed.",
)
@click.pass_context
def apply(ctx: click.Context, /, yes: bool, saved: Path | None, **given: object) -> None:
    """Make it so: plan, confirm, carry out, and watch Argo CD reach Synced.

    May be run again at any time, also after it was stopped or killed: it does what is still to be done. Without a terminal it
    never asks: give --yes and every required answer.
    """
    ctx.exit(run_apply(ctx.ensure_object(Program), options_of(given), yes=yes, saved=saved))


def run_apply(program: Program, options: Options, *, yes: bool, saved: Path | None) -> ExitCode:
    """Apply what the answers describe."""
    from wizard.commands.run import Run

    with Run(program, options) as run:
        if not yes and not run.asks:
            raise run.fail(
                ExitCode.USAGE,
                "Nobody can be asked for confirmation here; nothing was touched.",
                ["Give --yes, after `ezgitops plan` has shown what will be done."],
            )
        confirmed = run.saved_plan(saved) if saved is not None else None
        plan = run.prepared()
        if confirmed is not None:
            run.hold_against(confirmed, plan)
        run.stop_at_failed_checks()
        run.show(plan)
        run.check_work(plan)
        if not yes and plan.pending and not click.confirm("Apply this?", err=True):
            run.say("info", "Nothing was touched.")
            return ExitCode.DONE
        report = run.carry_out(plan, confirmed=confirmed)
        run.close_with(plan, report)
        return run.code(report)
