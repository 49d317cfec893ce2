"""What the rest of the sandbox sees of the AWS account: credentials, endpoints and the calls that were made."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key that AWS would accept; ``expires_at`` (with time zone) is None for a long-lived one.

    ``principal_arn`` is the ARN that GetCallerIdentity shows: a user, or the session of an assumed role.
    """

    access_key_id: str
    principal_arn: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """True when the credential is no longer accepted at ``now``."""
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class IngressRule:
    """One way in: ``protocol`` ``-1`` means all of them, and then the ports (inclusive) say nothing."""

    cidr: str
    protocol: str
    from_port: int | None
    to_port: int | None

    def admits(self, address: str, port: int) -> bool:
        """True when TCP from ``address`` to ``port`` passes."""
        if ipaddress.ip_address(address) not in ipaddress.ip_network(self.cidr):
            return False
        if self.protocol == "-1":
            return True
        return self.protocol == "tcp" and (self.from_port or 0) <= port <= (self.to_port or 65535)


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An interface endpoint that is ``available`` and owns the private DNS names of its service.

    ``ingress`` is the sum of its security groups; ``permits`` evaluates its endpoint policy for a principal, an action
    (``codecommit:GitPull``) and a resource ARN; an empty principal is that of a call that nobody signed. ``addresses`` are
    those of its network interfaces.
    """

    endpoint_id: str
    vpc_id: str
    service: str
    dns_names: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    ingress: tuple[IngressRule, ...]
    policy: Mapping[str, object]
    permits: Callable[[str, str, str], bool] = field(repr=False)
    addresses: tuple[str, ...] = ()

    def admits(self, address: str, port: int = 443) -> bool:
        """True when a security group of the endpoint lets TCP from ``address`` to ``port`` in."""
        return any(rule.admits(address, port) for rule in self.ingress)


@dataclass(frozen=True, slots=True)
class Call:
    """One API call. ``started`` and ``ended`` are seconds of the monotonic clock; ``error`` is the AWS error code, if any.

    ``actions`` are the IAM actions that it has to be allowed; empty where none is needed. ``principal`` is the ARN of whose
    access key it was signed with; empty where it was not signed, or with one that is not known.
    """

    service: str
    operation: str
    started: float
    ended: float
    mutating: bool
    status: int
    error: str | None = None
    actions: tuple[str, ...] = ()
    principal: str = ""
