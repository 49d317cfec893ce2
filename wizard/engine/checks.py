"""Checks: judged as soon as their facts are there, the worst first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from strategies import facts as catalogue
from strategies.base import Check, CheckResult, Remedy, Situation, Status, Verdict
from strategies.facts import FactError, FactKey

TITLES: Mapping[str, str] = {key.id: key.title for key in vars(catalogue).values() if isinstance(key, FactKey)}
"""Fact id -> what the operator calls it."""

_SEVERITY = (Status.FAIL, Status.WARN, Status.UNKNOWN, Status.PASS, Status.SKIPPED)


WITHHELD = "not looked at here: it makes a Job in the cluster for some seconds, and is done when checks are asked for"
"""Why a check is skipped whose facts only an intrusive reader can give."""


def evaluate(
    checks: Sequence[Check], situation: Situation, reading: Collection[str], withheld: Collection[str] = ()
) -> tuple[CheckResult, ...]:
    """The result of every check, in the order given.

    ``reading`` are the ids of the facts that are being read now, ``withheld`` of those that are read only when it is asked for.
    """
    look = _Look(situation, reading, withheld)
    results: dict[str, CheckResult] = {}
    by_id = {check.id: check for check in checks}

    def result(check: Check, asking: tuple[str, ...]) -> CheckResult:
        if check.id not in results:
            before = [result(by_id[i], (*asking, check.id)) for i in check.depends_on if i in by_id and i not in asking]
            results[check.id] = _judge(check, before, look)
        return results[check.id]

    return tuple(result(check, ()) for check in checks)


def worst_first(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """Failures, warnings, then what is not known, passed, was skipped; blocking ones before others; else in their order."""
    return tuple(sorted(results, key=lambda r: (_SEVERITY.index(r.status), not r.check.blocking)))


@dataclass(frozen=True, slots=True)
class _Look:
    """What one evaluation sees."""

    situation: Situation
    reading: Collection[str]
    withheld: Collection[str]


def _judge(check: Check, before: Sequence[CheckResult], look: _Look) -> CheckResult:
    situation, reading = look.situation, look.reading
    idle = check.idle(situation)
    if idle is not None:
        return CheckResult(check, Verdict(Status.SKIPPED, idle))
    for other in before:
        if other.waiting:
            return _waiting(check, other.check.title)
        if other.status in (Status.FAIL, Status.SKIPPED):
            why = "failed" if other.status is Status.FAIL else "was skipped"
            return CheckResult(check, Verdict(Status.SKIPPED, f"not looked at: {other.check.title!r} {why}"))
    awaited = [fact for fact in check.needs if fact in reading]
    if awaited:
        return _waiting(check, ", ".join(TITLES.get(fact, fact) for fact in awaited))
    unread = [fact for fact in check.needs if not situation.facts.known(fact)]
    if any(fact in look.withheld for fact in unread):
        return CheckResult(check, Verdict(Status.SKIPPED, WITHHELD))
    if unread:
        names = ", ".join(TITLES.get(fact, fact) for fact in unread)
        if reading:  # what is being read may answer what these wait for
            return _waiting(check, names)
        return CheckResult(check, Verdict(Status.SKIPPED, f"not looked at yet: an answer is missing for {names}"))
    seconds = max((situation.facts.readings[fact].seconds for fact in check.needs), default=0.0)
    errors = [error for fact in check.needs if (error := situation.facts.readings[fact].error) is not None]
    if errors and not check.handles_errors:
        return CheckResult(check, _unknown(errors[0]), seconds)
    return CheckResult(check, _verdict(check, situation), seconds)


def _verdict(check: Check, situation: Situation) -> Verdict:
    try:
        return check.judge(situation)
    except Exception as mistake:
        # A mistake in one check must neither hide the others nor end the thread that reads for all of them.
        said = f"it could not be judged: {type(mistake).__name__}: {mistake}"
        return Verdict(Status.UNKNOWN, said, Remedy("This is a mistake of the program. Please report it with the log."))


def _waiting(check: Check, awaited: str) -> CheckResult:
    return CheckResult(check, Verdict(Status.UNKNOWN, f"waits for: {awaited}"), waiting=True)


def _unknown(error: FactError) -> Verdict:
    remedy = Remedy(error.remedy, error.command) if error.remedy or error.command else None
    return Verdict(Status.UNKNOWN, error.message, remedy)
