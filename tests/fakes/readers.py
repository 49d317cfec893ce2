"""Scripted readings, and what each of them looks at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strategies.base import (
    Situation,
)
from strategies.common import effective
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    AWS_ACCOUNT_ALIAS,
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_OIDC_PROVIDERS,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_PRIVATE_ZONES,
    AWS_PROFILES,
    AWS_PROXY_AGENT,
    AWS_QUOTAS,
    AWS_REPOSITORY,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_PROBE,
    CLUSTER_RIGHTS,
    GIT_PROGRAM,
    KUBE_CONTEXTS,
    MIRROR_SPACE,
    PROXIES,
    PROXY_HOST,
    SOURCE,
    SOURCE_CONTENT,
    SOURCE_TREE,
    FactError,
)
from strategies.ports import FactFailureError, Reader
from tests.fakes.facts import healthy_server

if TYPE_CHECKING:
    from tests.fakes.world import FakeWorld


@dataclass
class FakeReader:
    """One scripted reading. While ``gate`` is set to an unset event, the reading does not end."""

    world: FakeWorld
    fact_id: str
    inputs: Callable[[Situation], Hashable | None]
    timeout: float

    def reader(self) -> Reader:
        """The reader, as the engine wants it."""
        return Reader(self.fact_id, self.inputs, self.read, self.timeout)

    def read(self, situation: Situation) -> object:
        """Count, wait at the gate, and answer what the script says."""
        with self.world.lock:
            self.world.reads.append((self.fact_id, self.inputs(situation)))
        gate = self.world.gates.get(self.fact_id)
        if gate is not None:
            gate.wait(10)
        value = self.world.facts[self.fact_id]
        if callable(value):
            value = value(situation)
        if isinstance(value, FactError):
            raise FactFailureError(value)
        return value


def _aws(situation: Situation) -> Hashable | None:
    aws = situation.answers.aws
    return None if aws.region is None else (aws.profile, aws.region)


def _cluster(situation: Situation) -> Hashable | None:
    return situation.answers.cluster.context


def _argocd(situation: Situation) -> Hashable | None:
    context, namespace = _cluster(situation), effective.argocd_namespace(situation)
    return None if context is None or namespace is None else (context, namespace)


def _repository(situation: Situation) -> Hashable | None:
    name, where = situation.answers.codecommit.repository.name, _aws(situation)
    return None if name is None or where is None else (where, name)


_WAYS = frozenset({AWS_ROUTING.id, AWS_NETWORK_ACLS.id, AWS_TAKEN_ADDRESSES.id})
PROXIED = frozenset({*_WAYS, AWS_PROXY_AGENT.id, PROXY_HOST.id})
"""Facts that the codecommit strategy does not ask for."""
SERVED = frozenset(healthy_server())
"""Facts that only the private-server strategy asks for."""


def _ways(situation: Situation) -> Hashable | None:
    """What only strategies ask for whose checks judge ways inside AWS."""
    return _aws(situation) if situation.answers.strategy in ("bastion-proxy", "private-server") else None


def _proxied(situation: Situation) -> Hashable | None:
    """What only the bastion-proxy strategy asks for."""
    return _aws(situation) if situation.answers.strategy == "bastion-proxy" else None


def _served(situation: Situation) -> Hashable | None:
    """What only the private-server strategy asks for, once the repository's URL is answered."""
    asked = situation.answers.private_server
    wanted = situation.answers.strategy == "private-server" and asked.repository.url is not None
    return (asked.repository.url, asked.server.admin_token) if wanted else None


INPUTS: Mapping[str, Callable[[Situation], Hashable | None]] = {
    GIT_PROGRAM.id: lambda _: "",
    MIRROR_SPACE.id: lambda _: "",
    PROXIES.id: lambda _: "",
    AWS_PROFILES.id: lambda _: "",
    KUBE_CONTEXTS.id: lambda _: "",
    AWS_IDENTITY.id: _aws,
    AWS_CLOCK.id: _aws,
    AWS_ACCOUNT_ALIAS.id: _aws,
    AWS_PERMISSIONS.id: _aws,
    AWS_DRY_RUNS.id: _aws,
    AWS_QUOTAS.id: _aws,
    AWS_PERMISSIONS_BOUNDARY.id: _aws,
    AWS_VPCS.id: _aws,
    AWS_ENDPOINTS.id: _aws,
    AWS_ENDPOINT_SERVICES.id: _aws,
    AWS_OIDC_PROVIDERS.id: _aws,
    AWS_SECURITY_GROUPS.id: _aws,
    AWS_INSTANCES.id: _aws,
    AWS_MANAGED_INSTANCES.id: _aws,
    AWS_PRIVATE_ZONES.id: _aws,
    AWS_REPOSITORY.id: _repository,
    **dict.fromkeys(PROXIED, _proxied),
    **dict.fromkeys(_WAYS, _ways),
    **dict.fromkeys(SERVED, _served),
    CLUSTER_INFO.id: _cluster,
    CLUSTER_GITOPS.id: _cluster,
    CLUSTER_RIGHTS.id: _cluster,
    CLUSTER_PROBE.id: _cluster,
    ARGOCD_SECRETS.id: _argocd,
    ARGOCD_APPLICATIONS.id: _argocd,
    ARGOCD_PROJECTS.id: _argocd,
    ARGOCD_CERTIFICATES.id: _argocd,
    SOURCE.id: lambda s: s.answers.source.url,
    SOURCE_TREE.id: lambda s: (s.answers.source.url, s.answers.source.revision) if s.facts.known(SOURCE.id) else None,
    SOURCE_CONTENT.id: lambda s: (s.answers.source.url, s.answers.source.revision) if s.facts.known(SOURCE.id) else None,
}
