"""The allow list, held against what the source repository needs."""

from __future__ import annotations

from strategies.base import Check, Json, Mend, Situation, Verdict
from strategies.bastion_proxy.answers import MOST_HOSTS
from strategies.bastion_proxy.checks.places import method
from strategies.bastion_proxy.hosts import needed_hosts
from strategies.common.verdicts import counted, more, passed, unknown, warned
from strategies.facts import SOURCE_CONTENT, SOURCE_TREE

_MOST_SHOWN = 3


def allow_list(situation: Situation) -> Verdict:
    """Every host that the source needs is on the list. Hosts that nothing needs are told, and may have their reasons."""
    asked, needed = situation.answers.bastion_proxy.allow.hosts, needed_hosts(situation)
    if asked is None:
        return unknown("the list is not answered yet")
    missing = [one for one in needed if one.host not in asked]
    if missing:
        listed = "; ".join(f"{one.host} ({one.reason})" for one in missing[:_MOST_SHOWN])
        evidence = f"not on the list: {listed}{more(len(missing) - _MOST_SHOWN)}"
        return warned(
            evidence,
            "Add them to bastionProxy.allow.hosts: Argo CD is refused there otherwise.",
            mend=_add(asked, [one.host for one in missing]),
        )
    idle = [one for one in asked if one not in {host.host for host in needed}]
    spare = f"; nothing that was read needs {', '.join(idle[:_MOST_SHOWN])}{more(len(idle) - _MOST_SHOWN)}" if idle else ""
    error = situation.facts.error(SOURCE_CONTENT) or situation.facts.error(SOURCE_TREE)
    if error is not None:
        return unknown(f"what the source names could not be read: {error.message}", error.remedy, error.command)
    after = "; whether that proxy lets them through, the cluster itself will say" if method(situation) == "existing" else ""
    return passed(f"{counted(len(asked), 'host')}, and all that the source needs are among them{spare}{after}")


def _add(asked: list[str], missing: list[str]) -> Mend | None:
    """The list with what is missing; None where it would be longer than a list may be."""
    hosts: list[Json] = [*asked, *missing]
    if len(hosts) > MOST_HOSTS:
        return None
    says = f"Adds {', '.join(missing[:_MOST_SHOWN])}{more(len(missing) - _MOST_SHOWN)} to bastionProxy.allow.hosts."
    return Mend(
        "Add them to the list",
        f"{says} The proxy lets them through from the next apply on.",
        {"bastionProxy.allow.hosts": hosts},
    )


CHECKS: tuple[Check, ...] = (
    Check(
        id="proxy.allow-list",
        title="Hosts that the source needs",
        why="The proxy refuses every host that is not on its list, and Argo CD then says only that access is forbidden.",
        judge=allow_list,
        needs=(SOURCE_CONTENT.id, SOURCE_TREE.id),
        blocking=False,
        depends_on=("git.source",),
        handles_errors=True,
    ),
)
