"""What the facts show of the account beside the cluster in question: other clusters. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.base import Situation
from strategies.facts import AWS_INSTANCES, AWS_SECURITY_GROUPS, AWS_VPCS


@dataclass(frozen=True, slots=True)
class FoundCluster:
    """A cluster of this account and region: infrastructure name, the name that ROSA knows it by, and where it stands."""

    infrastructure: str
    name: str | None
    vpc_ids: tuple[str, ...]

    @property
    def title(self) -> str:
        """``ROSA cluster prod-east``, or what is known of one that is not ROSA's."""
        return f"ROSA cluster {self.name}" if self.name is not None else f"cluster {self.infrastructure}"


def clusters(situation: Situation) -> tuple[FoundCluster, ...]:
    """The clusters by the tag ``kubernetes.io/cluster/NAME`` of subnets, nodes and security groups, in the order of names.

    A shared subnet may name a cluster that is gone: whoever deletes a cluster leaves as it is what was brought along.
    """
    facts = situation.facts
    marks = [(name, v.id) for v in facts.get(AWS_VPCS) or () for s in v.subnets for name in {*s.clusters, s.cluster}]
    marks += [(name, one.vpc_id) for one in facts.get(AWS_SECURITY_GROUPS) or () for name in one.clusters]
    machines = [one for one in facts.get(AWS_INSTANCES) or () if one.up]
    marks += [(name, one.vpc_id) for one in machines for name in one.clusters]
    names = {name: one.rosa_name for one in machines for name in one.clusters}
    homes: dict[str, set[str]] = {}
    for name, vpc in marks:
        if name is not None:
            homes.setdefault(name, set()).add(vpc)
    return tuple(FoundCluster(name, names.get(name), tuple(sorted(homes[name]))) for name in sorted(homes))
