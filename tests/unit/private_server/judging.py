"""A check of the private server, judged in the healthy world with some answers and facts changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from strategies.answers import Answers
from strategies.base import Situation, Verdict
from strategies.facts import CLUSTER_PROBE, FactError, FactKey, Facts, HostView, Listing, Probe, ProbeState, Reading
from strategies.private_server.checks import access, argocd, network, probe, server, trust
from tests.fakes import SERVER_ADDRESS, SERVER_URL, START, TOOLS_IMAGE, healthy_facts

T = TypeVar("T")

BY_ID = {one.id: one for part in (server, trust, network, access, argocd, probe) for one in part.CHECKS}
GONE = FactError("gitlab.acme.example: no route to host", "Look at routes.")
SSH_URL = "ssh://git@gitea.acme.example/platform/cluster-config.git"
SEEN_INSIDE = HostView("gitlab.acme.example", (SERVER_ADDRESS,), status=302)


def complete(**changes: object) -> Answers:
    """Complete answers for a GitLab; ``changes`` by dotted key with ``__`` for the dot."""
    data: dict[str, object] = {
        "name": "prod-east",
        "aws": {"account": "123456789012", "region": "us-east-2", "vpc_id": "vpc-0a1b2c3d4e5f60718"},
        "cluster": {"context": "prod-east", "infrastructure_name": "prod-east-x7k2p", "machine_cidrs": ["10.0.0.0/16"]},
        "argocd": {"namespace": "openshift-gitops", "name": "openshift-gitops"},
        "source": {"url": SERVER_URL, "revision": "main", "path": "clusters/prod-east"},
        "application": {"name": "cluster-config"},
        "strategy": "private-server",
        "private_server": {
            "server": {"kind": "gitlab", "base_url": "https://gitlab.acme.example", "admin_token": "env:GITLAB_TOKEN"},
            "repository": {"url": SERVER_URL},
            "credentials": {"method": "make"},
            "secret_name": "repo-prod-east-cluster-config",
        },
    }
    for key, value in changes.items():
        *way, last = key.split("__")
        place = data
        for part in way:
            inner = place.setdefault(part, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value
    return Answers.model_validate(data)


def over_ssh(**changes: object) -> Answers:
    """The same for a Gitea that Argo CD reaches over SSH."""
    asked: dict[str, object] = {
        "private_server__repository__url": SSH_URL,
        "private_server__server__kind": "gitea",
        "private_server__server__base_url": "https://gitea.acme.example",
    }
    return complete(**{**asked, **changes})


def situation(facts: Mapping[str, object] | None = None, answers: Answers | None = None) -> Situation:
    """The healthy world but for ``facts``; a ``FactError`` is a reading that failed."""
    found = {**healthy_facts(), **(facts or {})}
    readings = {
        name: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for name, value in found.items()
    }
    return Situation(answers or complete(), Facts(readings))


def judged(check: str, facts: Mapping[str, object] | None = None, answers: Answers | None = None) -> Verdict:
    """The verdict."""
    return BY_ID[check].judge(situation(facts, answers))


def edits(verdict: Verdict) -> Mapping[str, object]:
    """The answers that the verdict's button gives."""
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    return verdict.remedy.mend.edits


def advice(verdict: Verdict) -> str:
    """The remedy's sentence."""
    assert verdict.remedy is not None
    return verdict.remedy.text


def healthy(key: FactKey[T]) -> T:
    """The value of a fact in the healthy world."""
    return cast("T", healthy_facts()[key.id])


def changed(key: FactKey[T], **changes: object) -> dict[str, object]:
    """The fact with some of its fields changed."""
    return {key.id: replace(healthy(key), **changes)}  # type: ignore[type-var, arg-type]  # every fact here is a dataclass


def inside(view: HostView | None = None, listing: Listing | None = None) -> dict[str, object]:
    """What a pod saw of the server."""
    return {CLUSTER_PROBE.id: Probe(ProbeState.DONE, TOOLS_IMAGE, server=view or SEEN_INSIDE, listing=listing)}
