"""``ezgitops check``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from wizard.commands.options import Command, CommandError, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from strategies.base import Check


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks are wanted: those that ``only`` names (all, when it names none) without those that ``skip`` names."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def __call__(self, check: Check) -> bool:
        """True for a check that is wanted."""
        return (not self.only or _named(check.id, self.only)) and not _named(check.id, self.skip)

    def judge(self, known: Collection[str]) -> None:
        """Raise CommandError (2) for what names no check at all."""
        lost = [one for one in (*self.only, *self.skip) if not any(fnmatchcase(check, one) for check in known)]
        if lost:
            raise CommandError(ExitCode.USAGE, f"There is no check {', '.join(lost)}.", [_meant(one, known) for one in lost])


def _named(check: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(check, pattern) for pattern in patterns)


def _meant(given: str, known: Collection[str]) -> str:
    near = get_close_matches(given, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"{given}: `ezgitops check` shows every check; docs/checks.md explains them."


@click.command(cls=Command)
@click.option("--only", metavar="ID", multiple=True, help="Show these checks alone: an id, or a pattern such as 'cluster.*'.")
@click.option("--skip", metavar="ID", multiple=True, help="Leave these checks out: an id, or a pattern. May be repeated.")
@common_options
@click.pass_context
def check(ctx: click.Context, /, only: tuple[str, ...], skip: tuple[str, ...], **given: object) -> None:
    """Check every prerequisite, the worst first.

    Works without an answers file: what can be found is checked. Exit code 3 when a blocking check failed. Changes nothing; to
    look from inside the cluster it makes a Job of some seconds in Argo CD's namespace and removes it (not with
    --set clusterProbe=false). docs/checks.md has every check with its id.
    """
    ctx.exit(run_check(ctx.ensure_object(Program), options_of(given), only, skip))


def run_check(program: Program, options: Options, only: Sequence[str] = (), skip: Sequence[str] = ()) -> ExitCode:
    """Check, and print the results of the checks that are wanted."""
    from wizard.commands.run import Run
    from wizard.report.text import print_checks

    wanted = Wanted(tuple(only), tuple(skip))
    with Run(program, options) as run:
        wanted.judge([one.id for one in run.session.catalogue()])
        run.session.select(wanted)
        run.session.probe()
        run.start(need=False)
        results = run.session.results()
        if not run.json:
            print_checks(run.out, results, accepted=run.session.complete().accept_warnings)
        missing = run.session.missing()
        if missing:
            run.say("info", "Not answered yet, so not checked: " + ", ".join(q.key for q in missing))
        return ExitCode.CHECKS if any(r.blocks for r in results) else ExitCode.DONE
