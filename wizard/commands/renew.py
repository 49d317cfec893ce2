"""``ezgitops renew``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from strategies.base import Resource


@click.command(cls=Command)
@common_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_context
def renew(ctx: click.Context, /, yes: bool, **given: object) -> None:
    """Make a new read credential for Argo CD, see that it works, and remove the old one.

    Argo CD lists the repository with the new one before the old one goes: no sync fails in between. Takes the administrator's
    token that the answers refer to. May be run again after it was stopped or killed.
    """
    ctx.exit(run_renew(ctx.ensure_object(Program), options_of(given), yes=yes))


def run_renew(program: Program, options: Options, *, yes: bool) -> ExitCode:
    """Plan with the credential alone, confirm, carry out."""
    from strategies.kinds import GitCredentialResource, ReadCredentialResource
    from wizard.commands.run import Run

    with Run(program, options) as run:
        if not yes and not run.asks:
            raise run.fail(
                ExitCode.USAGE,
                "Nobody can be asked for confirmation here; nothing was touched.",
                ["Give --yes to exchange the credential."],
            )
        if run.session.missing() or run.session.complete().name is None:
            run.start()
        else:
            run.open_log()
        kinds = (ReadCredentialResource, GitCredentialResource)
        run.check_secrets_of(*kinds)
        plan = run.planned(lambda: run.session.plan(lambda one: isinstance(one, kinds), _renewed))
        if not plan.changes:
            said = (
                f"There is nothing to renew: the strategy {plan.strategy} makes no credential of that kind with these answers."
            )
            raise run.fail(ExitCode.USAGE, said)
        run.show(plan)
        if not yes and not click.confirm("Renew this?", err=True):
            run.say("info", "Nothing was touched.")
            return ExitCode.DONE
        report = run.carry_out(plan)
        if not run.json and run.log is not None:
            run.out.line(f"Log: {run.log}")
        return run.code(report)


def _renewed(resource: Resource) -> Resource:
    """The same credential, made anew."""
    from dataclasses import replace

    from strategies.kinds import GitCredentialResource, ReadCredentialResource

    return replace(resource, renewed=True) if isinstance(resource, ReadCredentialResource | GitCredentialResource) else resource
