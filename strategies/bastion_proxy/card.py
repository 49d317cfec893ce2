"""What the strategy page says of the bastion proxy for this environment."""

from __future__ import annotations

from strategies.base import Card, Situation, Status, Verdict
from strategies.bastion_proxy import machines
from strategies.common.verdicts import counted, passed, unknown
from strategies.facts import AWS_INSTANCES, AWS_MANAGED_INSTANCES, AWS_VPCS

_MOST_NAMED = 2


def card(situation: Situation) -> Card:
    """The card, with what the facts read so far say."""
    method = machines.suggested_method(situation)
    new = method == "new"
    return Card(
        headline="for development",
        summary="Argo CD keeps its GitHub URL and goes through Squid on a machine with a way out; an allow list decides.",
        badges=tuple(_badges(situation)),
        cost="about $4 a month for a t4g.nano with its disk" if new else "no new machine: only its traffic",
        makes=f"makes {7 if new else 4} things · one point of failure · ready in about {'3 minutes' if new else 'a minute'}",
        recommended=False,
    )


def _badges(situation: Situation) -> list[Verdict]:
    instances, vpcs = situation.facts.get(AWS_INSTANCES), situation.facts.get(AWS_VPCS)
    if instances is None or vpcs is None:
        return [unknown("machines: not read yet")]
    made = machines.ours(situation)
    if made is not None:
        return [passed(f"{made.name or made.id} was made for this instance")]
    if situation.facts.get(AWS_MANAGED_INSTANCES) is None:
        return [unknown("whether Systems Manager reaches a machine is not known")]
    found = machines.candidates(situation)
    out = [one for one in found if one.way_out is not None]
    if out:
        names = ", ".join(one.machine.name or one.machine.id for one in out[:_MOST_NAMED])
        return [passed(f"{counted(len(out), 'machine')} with a way out: {names}")]
    stuck = [Verdict(Status.WARN, f"{counted(len(found), 'machine')} that SSM reaches, none with a way out")] if found else []
    place = next(machines.places(situation), None)
    if place is not None:
        return [*stuck, passed(f"one can be made in {place[0].name or place[0].id}, which has a way out")]
    return [*stuck, Verdict(Status.WARN, "no subnet with a way out: only a proxy that is there already can be used")]
