"""What is looked at from inside the cluster for the proxy: pure, for the answers and facts there are so far."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.common import effective
from strategies.common.probe_job import Order, ProxyOrder, Repository
from strategies.facts import CLUSTER_INFO

IMAGE_KEY = "bastionProxy.probeImage"
MOST_ALLOWED = 20
"""So many of the hosts are looked at side by side, the source's first: each costs one connection, and a pod has a minute."""
METADATA = "169.254.169.254"
"""EC2 user guide, "Access instance metadata for an EC2 instance"."""

_HTTPS = 443
_STRANGERS = ("example.com", "example.org", "example.net")
"""Hosts that exist, and that nobody needs (RFC 2606, section 3)."""


def order(situation: Situation) -> Order | None:
    """What to look at; None while something that it takes is not known yet."""
    answers = situation.answers
    info, asked = situation.facts.get(CLUSTER_INFO), answers.bastion_proxy
    image = asked.probe_image or (info.tools_image if info is not None else None)
    context, instance = effective.context(situation), effective.instance(situation)
    namespace, proxy = effective.argocd_namespace(situation), _proxy(situation)
    if context is None or namespace is None or instance is None or image is None or proxy is None:
        return None
    return Order(context, namespace, instance, image, IMAGE_KEY, (), _repository(situation), proxy)


def git_target(situation: Situation) -> str | None:
    """``HOST:PORT`` of the source repository, as the report names it; None while there is none."""
    parts = urlsplit(situation.answers.source.url or "")
    return f"{parts.hostname}:{parts.port or _HTTPS}" if parts.hostname else None


def forbidden(hosts: Sequence[str], git_host: str) -> tuple[str, ...]:
    """What the proxy has to refuse: another host, another port, plain HTTP, the machine's metadata, the machine itself.

    Each tries one rule that the others do not: metadata and loopback are asked for at the port that is let through, too.
    """
    return (
        f"{stranger(hosts)}:{_HTTPS}",
        f"{git_host}:22",
        f"http://{git_host}/",
        f"{METADATA}:80",
        f"{METADATA}:{_HTTPS}",
        f"http://{METADATA}/",
        f"localhost:{_HTTPS}",
        f"127.0.0.1:{_HTTPS}",
    )


def stranger(hosts: Sequence[str]) -> str:
    """A host that is not among these."""
    return next((one for one in _STRANGERS if one not in hosts), "invalid.example")


def is_its_own(target: str) -> bool:
    """True for what only the proxy's machine itself should reach."""
    return METADATA in target or target.startswith(("localhost:", "127."))


def means(target: str, git: str) -> str:
    """What it means that this forbidden target passes; ``git`` is that of the source."""
    if METADATA in target:
        return "whoever reaches the proxy reaches the metadata of its machine, and with it the credentials of its role"
    if is_its_own(target):
        return "whoever reaches the proxy reaches what listens on its machine alone"
    if target.startswith("http://"):
        return "requests in clear leave, with whatever is in them"
    if target.rpartition(":")[0] == git.rpartition(":")[0]:
        return "not HTTPS alone leaves: that port carries SSH"
    return "data can leave to hosts that are not on the list"


def _proxy(situation: Situation) -> ProxyOrder | None:
    asked, git = situation.answers.bastion_proxy, git_target(situation)
    parts = urlsplit(asked.proxy.url or "")
    if parts.hostname is None or parts.port is None or git is None:
        return None
    hosts = asked.allow.hosts or ()
    allowed = dict.fromkeys((git, *(f"{host}:{_HTTPS}" for host in hosts)))
    refused = forbidden(hosts, git.rpartition(":")[0])
    return ProxyOrder(asked.proxy.url or "", parts.hostname, parts.port, tuple(allowed)[:MOST_ALLOWED], refused)


def _repository(situation: Situation) -> Repository | None:
    """The source, with the Secret that Argo CD has for it. Without a password it is one that is open to all."""
    source, secret = situation.answers.source, situation.answers.bastion_proxy.secret_name
    parts = urlsplit(source.url or "")
    if source.url is None or parts.hostname is None or secret is None:
        return None
    return Repository(
        source.url,
        parts.hostname,
        parts.path.rstrip("/"),
        source.revision or effective.suggested_revision(situation) or "HEAD",
        secret,
        parts.port or _HTTPS,
        open_to_all=source.password is None,
    )
