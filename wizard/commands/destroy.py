"""``ezgitops destroy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.answers.draft import Draft
    from wizard.commands.run import Run


@click.command(cls=Command)
@click.argument("name", required=False)
@common_options
@click.option("--yes", "confirmed", metavar="NAME", help="Do not ask; the name of the instance has to be given once more.")
@click.option("--delete-repository", metavar="REPOSITORY", help="Also delete this repository although it holds commits.")
@click.option("--partial", is_flag=True, help="Remove what can be seen, even where AWS or the cluster cannot be looked at.")
@click.pass_context
def destroy(
    ctx: click.Context,
    /,
    name: str | None,
    confirmed: str | None,
    delete_repository: str | None,
    partial: bool,
    **given: object,
) -> None:
    """Remove everything that carries the marks of instance NAME. Needs no answers file.

    What was adopted or belongs to somebody else is left alone. A repository that holds commits is kept unless it is
    named with --delete-repository. What Argo CD made in the cluster from the repository stays. What was made on a private
    Git server is removed with the answers file (-f), which refers to the administrator's token; without it, what stays there
    is said, with the command that removes it.
    """
    chosen = options_of(given)
    code = run_destroy(
        ctx.ensure_object(Program), chosen, name, confirmed=confirmed, delete_repository=delete_repository, partial=partial
    )
    ctx.exit(code)


def run_destroy(
    program: Program,
    options: Options,
    name: str | None,
    *,
    confirmed: str | None,
    delete_repository: str | None,
    partial: bool,
) -> ExitCode:
    """Plan the removal, confirm it, carry it out."""
    from wizard.commands.run import Run

    def prepare(draft: Draft) -> None:
        _named(draft, name)

    with Run(program, options, prepare=prepare) as run:
        instance = run.session.draft.answers().name
        if instance is None:
            raise run.fail(ExitCode.USAGE, "Which instance? Give its name: ezgitops destroy NAME")
        if confirmed is not None and confirmed != instance:
            raise run.fail(ExitCode.USAGE, f"--yes names {confirmed}, but this would remove {instance}; nothing was touched.")
        if confirmed is None and not run.asks:
            raise run.fail(
                ExitCode.USAGE,
                "Nobody can be asked for confirmation here; nothing was touched.",
                [f"Give --yes {instance} to remove {instance}."],
            )
        run.start(need=False, bare=run.session.draft.get("strategy") is None)
        plan = run.planned(lambda: run.session.plan_destroy(delete_repository=delete_repository, partial=partial))
        _say_where(run)
        run.show(plan)
        if not plan.pending:
            run.say("info", f"There is nothing of {instance} to remove here.")
            return ExitCode.DONE
        if (
            confirmed is None
            and click.prompt(f"Type {instance} to remove it", default="", show_default=False, err=True) != instance
        ):
            run.say("info", "That is another name; nothing was touched.")
            return ExitCode.USAGE
        report = run.carry_out(plan)
        if not run.json and run.log is not None:
            run.out.line(f"Log: {run.log}")
        return run.code(report)


def _named(draft: Draft, name: str | None) -> None:
    """Put the name on the command line into the draft. Raises CommandError (2) for a wrong one."""
    from wizard.commands.options import CommandError

    if name is None:
        return
    other = draft.answers().name
    if other is not None and other != name:
        message = f"The answers are for {other}, the command line names {name}; nothing was touched."
        raise CommandError(ExitCode.USAGE, message)
    draft.set("name", name)
    faults = [str(fault) for fault in draft.faults() if fault.key == "name"]
    if faults:
        raise CommandError(ExitCode.USAGE, f"{name!r} cannot be the name of an instance; nothing was touched.", faults)


def _say_where(run: Run) -> None:
    from strategies.facts import AWS_IDENTITY

    situation = run.session.situation()
    identity, answers = situation.facts.get(AWS_IDENTITY), situation.answers
    account = identity.account if identity is not None else "unknown"
    region, context = answers.aws.region or "unknown", answers.cluster.context or "unknown"
    run.say("info", f"This is about account {account}, region {region}, kubeconfig context {context}.")
