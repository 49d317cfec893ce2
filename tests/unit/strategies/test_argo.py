"""Argo CD's own rules: URLs that are the same to it, what an AppProject permits, which version an operator brings."""

from __future__ import annotations

import pytest

from strategies.common.argo import normalised, permits_destination, source_fault, version_behind
from strategies.facts import ArgoDestination, ArgoProject

URL = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/prod-east-cluster-config"
DENIED = "!https://git-codecommit.us-east-2.amazonaws.com/**"


@pytest.mark.parametrize(
    ("operator", "argo"),
    [("1.16.0", "2.14"), ("1.17.2", "3.0"), ("1.18.0", "3.1"), ("1.19.1", "3.1"), ("1.20.0", "3.3"), ("1.21.0-123", "3.4")],
)
def test_the_version_behind_an_operator(operator: str, argo: str) -> None:
    assert version_behind(operator) == argo


@pytest.mark.parametrize("operator", [None, "", "latest", "1.99.0"])
def test_an_operator_that_is_not_known_has_no_version(operator: str | None) -> None:
    assert version_behind(operator) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (URL, URL.upper().replace("HTTPS", "https")),
        (URL, f"{URL}.git"),
        (URL, f" {URL}\n"),
        ("git@github.com:Acme/Config.git", "ssh://git@github.com/acme/config"),
    ],
)
def test_urls_that_are_the_same_to_argo_cd(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize("other", [f"{URL}/", f"{URL}-2", URL.replace("https", "http"), f"{URL}.git.git"])
def test_urls_that_are_not(other: str) -> None:
    assert normalised(URL) != normalised(other)


def project(*rules: str) -> ArgoProject:
    return ArgoProject("platform", rules, ())


@pytest.mark.parametrize(
    "rules",
    [
        ("*",),
        ("https://git-codecommit.us-east-2.amazonaws.com/v1/repos/*",),
        ("https://git-codecommit.*.amazonaws.com/**",),
        ("https://**",),
        ("https://git-codecommit.us-east-[12].amazonaws.com/v1/repos/prod-*",),
        (f"{URL.upper()}.GIT",),
        ("!https://github.com/**",),
        ("https://github.com/acme/*", URL),
    ],
)
def test_a_project_that_permits_the_repository(rules: tuple[str, ...]) -> None:
    assert source_fault(project(*rules), URL) is None


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ((), ""),
        (("https://github.com/acme/*",), ""),
        (("https://*",), ""),
        (("https://git-codecommit.us-east-2.amazonaws.com/*",), ""),
        (("*", DENIED), DENIED),
        ((f"!{URL}.git", "*"), f"!{URL}.git"),
        (("https://[",), ""),
    ],
)
def test_a_project_that_does_not(rules: tuple[str, ...], fault: str) -> None:
    assert source_fault(project(*rules), URL) == fault


def to(namespace: str, server: str = "https://kubernetes.default.svc", name: str = "") -> ArgoDestination:
    return ArgoDestination(server, name, namespace)


@pytest.mark.parametrize(
    ("rules", "namespace"),
    [
        ((to("*"),), ""),
        ((to("*", server="*"),), "demo"),
        ((to("team-*"),), "team-blue"),
        ((to("{team-*,demo}"),), "demo"),
        ((to("*", server="", name="in-cluster"),), "demo"),
        ((to("*"), to("!kube-system")), "demo"),
        ((to("te?m"),), "team"),
        ((to(r"te\*m"),), "te*m"),
    ],
)
def test_a_destination_that_is_permitted(rules: tuple[ArgoDestination, ...], namespace: str) -> None:
    assert permits_destination(ArgoProject("p", (), rules), namespace)


@pytest.mark.parametrize(
    ("rules", "namespace"),
    [
        ((), "demo"),
        ((to("team-*"),), ""),
        ((to("team-*"),), "demo"),
        ((to("*", server="https://other"),), "demo"),
        ((to("*"), to("!kube-*")), "kube-system"),
        ((to("*"), to("*", server="!https://kubernetes.default.svc")), "demo"),
        ((to("[!a-z]*"),), "demo"),
    ],
)
def test_a_destination_that_is_not(rules: tuple[ArgoDestination, ...], namespace: str) -> None:
    assert not permits_destination(ArgoProject("p", (), rules), namespace)
