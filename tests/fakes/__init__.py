"""A small world in memory: scripted facts, resources that stand in a dictionary, a clock that only moves when told.

It implements the protocols of ``strategies.ports`` and nothing of it touches a network, a disk or the time of day.
"""

from tests.fakes.clock import START, FakeClock
from tests.fakes.facts import (
    ANY_TRAFFIC,
    EGRESS_SUBNET,
    EGRESS_VPC,
    ISSUER,
    OPERATOR_ROLE,
    PEERING,
    PROXY_GROUP,
    PROXY_MACHINE,
    PUBLIC_SUBNET,
    SERVER_ADDRESS,
    SERVER_URL,
    SOURCE_URL,
    STS_FROM_INSIDE,
    TOOLS_IMAGE,
    ZONES,
    healthy_facts,
    healthy_routing,
)
from tests.fakes.readers import PROXIED, SERVED
from tests.fakes.strategy import FakeStrategy, passing
from tests.fakes.things import FakeResource, thing
from tests.fakes.world import SYNCED, FakeWorld

__all__ = [
    "ANY_TRAFFIC",
    "EGRESS_SUBNET",
    "EGRESS_VPC",
    "ISSUER",
    "OPERATOR_ROLE",
    "PEERING",
    "PROXIED",
    "PROXY_GROUP",
    "PROXY_MACHINE",
    "PUBLIC_SUBNET",
    "SERVED",
    "SERVER_ADDRESS",
    "SERVER_URL",
    "SOURCE_URL",
    "START",
    "STS_FROM_INSIDE",
    "SYNCED",
    "TOOLS_IMAGE",
    "ZONES",
    "FakeClock",
    "FakeResource",
    "FakeStrategy",
    "FakeWorld",
    "healthy_facts",
    "healthy_routing",
    "passing",
    "thing",
]
