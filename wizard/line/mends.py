"""Offers to do what mends a failing check, one after the other."""

from __future__ import annotations

from functools import partial

from strategies.base import Status
from strategies.ports import ResourceError
from wizard.engine.events import ApplyProgress, Event
from wizard.engine.lock import LockedError
from wizard.engine.session import Session
from wizard.line.asker import Asker, ask_yes_no


def offer_mends(session: Session, asker: Asker, declined: set[str]) -> bool:
    """True when something was mended, so that it is worth looking again.

    ``declined`` are the ids of the checks about which it is not asked again; what is declined, or fails, is put into it.
    """

    def told(event: Event) -> None:
        if isinstance(event, ApplyProgress):
            asker.say(f"    {event.message}")

    for result in session.results():
        remedy = result.verdict.remedy
        if remedy is None or remedy.mend is None or result.status is not Status.FAIL or result.check.id in declined:
            continue
        mend = remedy.mend
        asker.say(f"  {result.check.title}: {result.verdict.evidence}")
        asker.say(f"  {mend.says}")
        declined.add(result.check.id)
        if not ask_yes_no(asker, f"{mend.title} now?", default=False, help_text=partial(asker.say, f"  {result.check.why}")):
            continue
        try:
            session.mend(mend, sink=told)
        except ResourceError as error:
            asker.say(resource_error(error))
        except LockedError as error:
            asker.say(f"  fail: {error}.")
        else:
            declined.discard(result.check.id)
            session.wait(60.0)
            return True
    return False


def resource_error(error: ResourceError) -> str:
    """What happened, why, and what to do, in one line."""
    return f"  fail: {error.what}: {error.why}. To do: {error.remedy}"
