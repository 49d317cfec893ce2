"""``ezgitops mirror``."""

from __future__ import annotations

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode


@click.command(cls=Command)
@common_options
@click.pass_context
def mirror(ctx: click.Context, /, **given: object) -> None:
    """Bring the copy of the source repository up to date: branches and tags, nothing else.

    Needs AWS and both Git servers, but not the cluster when the answers file is complete.
    """
    ctx.exit(run_mirror(ctx.ensure_object(Program), options_of(given)))


def run_mirror(program: Program, options: Options) -> ExitCode:
    """Mirror once."""
    from strategies.kinds import MirrorResource
    from wizard.commands.run import Run

    with Run(program, options) as run:
        if run.session.missing() or run.session.complete().name is None:
            run.start()
        else:
            run.open_log()
        run.check_secrets_of(MirrorResource)
        plan = run.planned(lambda: run.session.plan(lambda resource: isinstance(resource, MirrorResource)))
        if not plan.changes:
            said = f"The strategy {plan.strategy} mirrors nothing: Argo CD reads the source itself."
            raise run.fail(ExitCode.USAGE, said)
        run.show(plan)
        report = run.carry_out(plan, verified=False)
        if not run.json and run.log is not None:
            run.out.line(f"Log: {run.log}")
        return run.code(report)
