"""Short ways to say how a check ended, and to write the commands of remedies."""

from __future__ import annotations

import shlex

from strategies.base import Mend, Remedy, Situation, Status, Verdict
from strategies.common import effective
from strategies.facts import FactError


def passed(evidence: str) -> Verdict:
    """It holds."""
    return Verdict(Status.PASS, evidence)


def failed(evidence: str, remedy: str, command: str | None = None, *, mend: Mend | None = None) -> Verdict:
    """It does not hold, and apply cannot work without it."""
    return Verdict(Status.FAIL, evidence, Remedy(remedy, command, mend))


def warned(evidence: str, remedy: str, command: str | None = None, *, mend: Mend | None = None) -> Verdict:
    """It does not hold, and apply can work all the same."""
    return Verdict(Status.WARN, evidence, Remedy(remedy, command, mend))


def skipped(evidence: str) -> Verdict:
    """It does not matter for these answers."""
    return Verdict(Status.SKIPPED, evidence)


def unknown(evidence: str, remedy: str = "", command: str | None = None) -> Verdict:
    """It cannot be told."""
    return Verdict(Status.UNKNOWN, evidence, Remedy(remedy, command) if remedy or command else None)


def unread(error: FactError) -> Verdict:
    """A fact could not be read, and that it can be read is the very thing asked for."""
    return Verdict(Status.FAIL, error.message, Remedy(error.remedy, error.command))


def unseen(situation: Situation, *facts: str) -> Verdict | None:
    """What a check that looks at errors itself says where one of the facts (ids) that it cannot do without is not there."""
    for fact in facts:
        reading = situation.facts.readings.get(fact)
        if reading is None:
            return unknown("not read yet")
        if reading.error is not None:
            return unknown(reading.error.message, reading.error.remedy, reading.error.command)
    return None


def aws(situation: Situation, *arguments: str) -> str:
    """An ``aws`` command for the profile and region in effect, quoted for a POSIX shell."""
    command = ["aws", *arguments]
    region, profile = effective.region(situation), effective.profile(situation)
    if region is not None and arguments[0] != "iam":
        command += ["--region", region]
    if profile is not None:
        command += ["--profile", profile]
    return shlex.join(command)


def oc(situation: Situation, *arguments: str) -> str:
    """An ``oc`` command for the context in effect, quoted for a POSIX shell."""
    context = effective.context(situation)
    return shlex.join(["oc", *(["--context", context] if context is not None else []), *arguments])


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 branch``, ``14 branches``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def more(number: int) -> str:
    """Ends a list that was cut: ``, and 3 more``; nothing where nothing was left out."""
    return f", and {number} more" if number > 0 else ""
