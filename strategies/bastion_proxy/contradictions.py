"""Answers of the bastion-proxy strategy that are each valid but cannot hold together. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from strategies.bastion_proxy.answers import BastionProxyAnswers

_ARM = re.compile(r"^[a-z]+[0-9]+g[a-z]*\.|^a1\.")
"""Instance types with AWS's own processors (EC2 instance types guide, "Naming conventions": ``g``)."""


def contradictions(asked: BastionProxyAnswers) -> Iterator[tuple[str, str]]:
    """Pairs of the key, below ``bastionProxy``, at which one of the answers would have to change, and why."""
    yield from _login(asked)
    yield from _address(asked)
    yield from _machine(asked)


def _login(asked: BastionProxyAnswers) -> Iterator[tuple[str, str]]:
    proxy = asked.proxy
    if proxy.username is not None and proxy.password is None:
        yield "proxy.password", "is missing: proxy.username is given, so say where its password is kept (env:NAME, file:PATH)"
    if proxy.password is not None and proxy.username is None:
        yield "proxy.username", "is missing: proxy.password is given, and a proxy asks for both"
    if proxy.method != "existing":
        for key, value in (("username", proxy.username), ("password", proxy.password), ("caFile", proxy.ca_file)):
            if value is not None:
                yield f"proxy.{key}", f"is for a proxy that is there already, and proxy.method is {proxy.method}"
    if asked.repo_server.proxy and proxy.username is not None:
        said = "would show the proxy's password to all who may read the ArgoCD resource: leave it to the repository Secrets"
        yield "repoServer.proxy", said


def _address(asked: BastionProxyAnswers) -> Iterator[tuple[str, str]]:
    if asked.proxy.method == "existing" or asked.proxy.url is None:
        return
    try:
        ipaddress.IPv4Address(urlsplit(asked.proxy.url).hostname or "")
    except ValueError:
        yield "proxy.url", "must name the machine by its private IPv4 address: rules and routes know no names"


def _machine(asked: BastionProxyAnswers) -> Iterator[tuple[str, str]]:
    machine = asked.instance
    arm_image = "arm64" in machine.image_parameter
    if asked.proxy.method == "new" and arm_image != bool(_ARM.match(machine.type)):
        needed = "arm64" if not arm_image else "x86_64"
        yield "instance.imageParameter", f"is of the wrong architecture: {machine.type} needs an image for {needed}"
    if asked.github_app.id is None:
        for key, value in (("installationId", asked.github_app.installation_id), ("privateKey", asked.github_app.private_key)):
            if value is not None:
                yield f"githubApp.{key}", "does nothing without githubApp.id"
