"""Which hosts are needed, and why: from what the source repository names, and from nothing that is no host."""

from __future__ import annotations

import pytest

from strategies.base import Situation
from strategies.bastion_proxy.hosts import helm_repositories, needed_hosts
from strategies.facts import SOURCE_CONTENT, SOURCE_TREE, Facts, Link, LinkKind, Reading, SourceContent, SourceTree
from tests.fakes import START
from tests.unit.bastion_proxy.bastion_answers import complete

FILE = "clusters/prod-east/kustomization.yaml"


def situation(*links: Link, **changes: object) -> Situation:
    """The source names these, from the path that is rendered."""
    tree, content = SourceTree("main", (FILE,)), SourceContent("main", links=links)
    facts = Facts({SOURCE_TREE.id: Reading(tree, None, START, 0.1), SOURCE_CONTENT.id: Reading(content, None, START, 0.1)})
    return Situation(complete(**changes), facts)


def hosts(*links: Link, **changes: object) -> list[str]:
    return [one.host for one in needed_hosts(situation(*links, **changes))]


def test_the_source_alone_needs_its_host() -> None:
    [one] = needed_hosts(situation())
    assert (one.host, one.reason) == ("github.com", "the source repository")


def test_without_a_source_nothing_is_needed() -> None:
    assert needed_hosts(Situation(complete(source={}), Facts())) == ()


@pytest.mark.parametrize(
    ("link", "more"),
    [
        (Link(FILE, 3, LinkKind.KUSTOMIZE, "https://gitlab.com/acme/bases//x?ref=v1"), ["gitlab.com"]),
        (
            Link(FILE, 3, LinkKind.KUSTOMIZE_CHART, "https://acme.github.io/charts", name="banner"),
            ["acme.github.io", "objects.githubusercontent.com", "release-assets.githubusercontent.com"],
        ),
        (
            Link(FILE, 3, LinkKind.KUSTOMIZE_CHART, "oci://ghcr.io/acme/charts", name="banner"),
            ["ghcr.io", "pkg-containers.githubusercontent.com"],
        ),
        (
            Link(FILE, 3, LinkKind.KUSTOMIZE, "https://github.com/acme/x/releases/download/v1/install.yaml"),
            ["objects.githubusercontent.com", "release-assets.githubusercontent.com"],
        ),
        (Link(FILE, 3, LinkKind.KUSTOMIZE, "https://github.com/acme/x/archive/v1.tar.gz"), ["codeload.github.com"]),
        (Link(FILE, 3, LinkKind.KUSTOMIZE, "https://raw.githubusercontent.com/a/b/c.yaml"), ["raw.githubusercontent.com"]),
        (Link(FILE, 3, LinkKind.KUSTOMIZE_CHART, "oci://123456789012.dkr.ecr.us-east-2.amazonaws.com/x", name="x"), []),
    ],
)
def test_what_is_named_is_needed_with_its_companions(link: Link, more: list[str]) -> None:
    assert hosts(link) == ["github.com", *more]


def test_the_reason_names_file_line_and_thing() -> None:
    found = needed_hosts(situation(Link(FILE, 7, LinkKind.KUSTOMIZE_CHART, "https://charts.example.com", name="banner")))
    assert found[1].reason == f"{FILE}:7 names kustomize Helm chart banner"


@pytest.mark.parametrize(
    "target",
    [
        "https://gi thub.com/x", "https://a;b.example/x", "https://$(id).example/x", "https://ex\nample.com/x", "https://[::1]/x",
        "https://169.254.169.254/latest", "https://\u0430pple.example/x", "https://localhost/x", "https://a..b/x", "https://x_y.com/z",
    ],
)  # fmt: skip
def test_what_is_no_host_name_never_gets_on_the_list(target: str) -> None:
    assert hosts(Link(FILE, 3, LinkKind.KUSTOMIZE, target)) == ["github.com"]


def test_a_github_app_needs_the_api() -> None:
    app = {"id": "424242", "installation_id": "31337", "private_key": "env:KEY"}
    assert hosts(bastion_proxy__github_app=app) == ["github.com", "api.github.com"]


def test_answered_helm_repositories_are_needed() -> None:
    found = hosts(bastion_proxy__repositories={"helm": ["https://charts.example.com/stable"]})
    assert found == ["github.com", "charts.example.com"]


def test_helm_repositories_are_found_once_each() -> None:
    links = [Link(FILE, n, LinkKind.KUSTOMIZE_CHART, "https://charts.example.com/", name=f"c{n}") for n in (1, 2)]
    other = Link(FILE, 9, LinkKind.KUSTOMIZE_CHART, "oci://ghcr.io/acme", name="x")
    assert helm_repositories(situation(*links, other)) == ("https://charts.example.com",)
