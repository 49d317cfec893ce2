"""Which hosts the proxy has to let through for what the source repository needs, each with the reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.bastion_proxy.answers import ALLOWED_HOST, HELM_URL
from strategies.common import outside
from strategies.common.shown import shown
from strategies.facts import SOURCE_CONTENT, SOURCE_TREE, Link, LinkKind

GITHUB = "github.com"
GITHUB_API = "api.github.com"
_RELEASES = ("objects.githubusercontent.com", "release-assets.githubusercontent.com")
_COMPANIONS = {
    "ghcr.io": (("pkg-containers.githubusercontent.com", "ghcr.io sends what images and charts hold from there"),),
    "registry-1.docker.io": (
        ("auth.docker.io", "Docker Hub gives out its tokens there"),
        ("production.cloudflare.docker.com", "Docker Hub sends what images and charts hold from there"),
    ),
    "quay.io": (("cdn01.quay.io", "quay.io sends what images and charts hold from there"),),
    "gcr.io": (("storage.googleapis.com", "gcr.io sends what images and charts hold from there"),),
}
"""Hosts that do not answer alone. GitHub: REST API, "Get GitHub meta information" (``domains``); Docker: docs, "Allowlist for
Docker Hub"; Red Hat: "Configuring your firewall for OpenShift Container Platform"."""


@dataclass(frozen=True, slots=True)
class NeededHost:
    """A host and why Argo CD needs it."""

    host: str
    reason: str


def needed_hosts(situation: Situation) -> tuple[NeededHost, ...]:
    """Every host that is needed, each once, the source's first.

    Hosts that the cluster reaches by itself (ECR, S3, its own services) are not among them, nor what is no host name: what
    stands in a repository is not trusted to be one.
    """
    found: dict[str, NeededHost] = {}
    for one in _all(situation):
        if one.host not in found and ALLOWED_HOST.judge(one.host) is None:
            found[one.host] = one
    return tuple(found.values())


def helm_repositories(situation: Situation) -> tuple[str, ...]:
    """The Helm repositories (``https://``) that what is rendered names, each once."""
    found = (link.target.rstrip("/") for link in _links(situation) if link.name and link.target.startswith("https://"))
    return tuple(dict.fromkeys(url for url in found if HELM_URL.judge(url) is None))


def _all(situation: Situation) -> Iterator[NeededHost]:
    answers = situation.answers
    source = (urlsplit(answers.source.url or "").hostname or "").lower()
    if source:
        yield NeededHost(source, "the source repository")
    if source == GITHUB and answers.bastion_proxy.github_app.id is not None:
        yield NeededHost(GITHUB_API, "Argo CD gets the GitHub App's tokens there")
    for url in answers.bastion_proxy.repositories.helm or ():
        yield from _with_companions(url, f"the Helm repository {url}", chart=True)
    for link in _links(situation):
        yield from _with_companions(link.target, _reason(link), chart=bool(link.name))
    content = situation.facts.get(SOURCE_CONTENT)
    for one in content.submodules if content is not None else ():
        if one.url is not None and one.url.startswith("https://"):
            yield from _with_companions(one.url, f".gitmodules:{one.line} names {shown(one.url, 60)}", chart=False)


def _with_companions(target: str, reason: str, *, chart: bool) -> Iterator[NeededHost]:
    host = outside.host_of(target).lower()
    # A URL reader drops line breaks: what holds one names another host to every other reader.
    if outside.within_reach(host) or not target.isprintable():
        return
    yield NeededHost(host, reason)
    for companion, why in _COMPANIONS.get(host, ()):
        yield NeededHost(companion, why)
    pages = host.endswith(".github.io") and chart
    if pages or (host == GITHUB and "/releases/download/" in target):
        why = f"charts of {host} are usually assets of a GitHub release" if pages else "GitHub sends release assets from there"
        for asset in (*((GITHUB,) if pages else ()), *_RELEASES):
            yield NeededHost(asset, why)
    if host == GITHUB and any(part in target for part in ("/archive/", "/tarball/", "/zipball/")):
        yield NeededHost("codeload.github.com", "GitHub sends archives from there")


def _links(situation: Situation) -> Sequence[Link]:
    """What rendering the path names outside of the source repository itself."""
    content, tree, source = situation.facts.get(SOURCE_CONTENT), situation.facts.get(SOURCE_TREE), situation.answers.source
    if content is None or tree is None or source.url is None:
        return ()
    return outside.look(source.path, tree, content, source.url).links


def _reason(link: Link) -> str:
    what = f"{link.kind} {shown(link.name or link.target, 60)}" if link.kind is not LinkKind.TEXT else shown(link.target, 60)
    return f"{shown(link.file, 60)}:{link.line} names {what}"
