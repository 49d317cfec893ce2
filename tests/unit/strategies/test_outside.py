"""Where a path of the source leads, and which hosts are within reach."""

from __future__ import annotations

import pytest

from strategies.common import outside, proxies
from strategies.common.shown import shown, size
from strategies.facts import Link, LinkKind, SourceContent, SourceTree, Unreadable

OWN = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/config"
FAR = "https://charts.example.com/stable"


def walked(path: str, files: tuple[str, ...], *links: Link, broken: tuple[Unreadable, ...] = ()) -> outside.Outside:
    return outside.look(path, SourceTree("main", files), SourceContent("main", links=links, unreadable=broken), OWN)


def lines(found: outside.Outside) -> list[str]:
    return [f"{link.file}:{link.line}" for link in found.links]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://GitHub.com/acme/x.git", "github.com"),
        ("git::https://github.com/acme/x", "github.com"),
        ("github.com/acme/bases//x?ref=v1", "github.com"),
        ("gh:acme/x", "github.com"),
        ("git@gitlab.com:acme/x.git", "gitlab.com"),
        ("ssh://git@git.example.com:7999/x", "git.example.com"),
        ("oci://ghcr.io/acme/charts", "ghcr.io"),
        ("registry-1.docker.io/bitnamicharts", "registry-1.docker.io"),
        ("../base", ""),
        ("base", ""),
        ("https://[::", ""),
    ],
)
def test_the_host_of_what_is_named(target: str, host: str) -> None:
    assert outside.host_of(target) == host


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("github.com", False),
        ("quay.io", False),
        ("8.8.8.8", False),
        ("10.0.12.7", True),
        ("gitea", True),
        ("gitea.git.svc", True),
        ("gitea.git.svc.cluster.local", True),
        ("123456789012.dkr.ecr.us-east-2.amazonaws.com", True),
        ("charts.s3.us-east-2.amazonaws.com", True),
        ("s3.us-east-2.amazonaws.com", True),
        ("sts.us-east-2.amazonaws.com", False),
        ("public.ecr.aws", False),
    ],
)
def test_which_hosts_an_egress_zero_cluster_reaches(host: str, near: bool) -> None:
    assert outside.within_reach(host) is near


def test_only_what_the_path_leads_to_is_looked_at() -> None:
    files = ("a/kustomization.yaml", "base/kustomization.yml", "base/web.yaml", "b/kustomization.yaml", "a/unused.yaml")
    found = walked(
        "a",
        files,
        Link("a/kustomization.yaml", 2, LinkKind.KUSTOMIZE, "../base/"),
        Link("base/kustomization.yml", 2, LinkKind.KUSTOMIZE, "web.yaml"),
        Link("base/kustomization.yml", 3, LinkKind.KUSTOMIZE, "github.com/acme/bases//x"),
        Link("base/web.yaml", 4, LinkKind.APPLICATION, FAR),
        Link("b/kustomization.yaml", 5, LinkKind.KUSTOMIZE, FAR),
        Link("a/unused.yaml", 6, LinkKind.APPLICATION, FAR),
        broken=(Unreadable("b/kustomization.yaml", "no YAML"), Unreadable("base/web.yaml", "line 1")),
    )
    assert lines(found) == ["base/kustomization.yml:3", "base/web.yaml:4"]
    assert found.unreadable == ("base/web.yaml (line 1)",)
    assert found.looked_into == 3


def test_a_plain_folder_is_read_without_its_sub_folders() -> None:
    links = (Link("a/x.json", 1, LinkKind.APPLICATION, FAR), Link("a/b/y.yaml", 2, LinkKind.APPLICATION, FAR))
    assert lines(walked("./a/", ("a/x.json", "a/b/y.yaml", "a/README.md"), *links)) == ["a/x.json:1"]


def test_applications_of_the_same_repository_are_followed_in_circles_too() -> None:
    found = walked(
        "root",
        ("root/app.yaml", "apps/web/app.yaml"),
        Link("root/app.yaml", 1, LinkKind.APPLICATION, OWN + ".git", path="apps/web"),
        Link("apps/web/app.yaml", 2, LinkKind.APPLICATION, OWN, path="root"),
        Link("apps/web/app.yaml", 3, LinkKind.APPLICATION, FAR, path="root"),
        Link("apps/web/app.yaml", 4, LinkKind.APPLICATION, OWN.replace("config", "other")),
    )
    assert lines(found) == ["apps/web/app.yaml:3", "apps/web/app.yaml:4"], "no login is made for another repository"


def test_a_chart_with_its_dependencies_beside_it_needs_nothing() -> None:
    files = (
        "c/Chart.yaml",
        "c/values.yaml",
        "c/templates/app.yaml",
        "c/charts/redis-1.2.3.tgz",
        "c/charts/web/Chart.yaml",
        "lib/Chart.yaml",
    )
    chart = [
        Link("c/Chart.yaml", line, LinkKind.DEPENDENCY, target, name=name)
        for line, (name, target) in enumerate(
            [("redis", FAR), ("web", FAR), ("pg", FAR), ("lib", "file://../lib"), ("aliased", "@stable")], start=1
        )
    ]
    text = Link("c/templates/app.yaml", 9, LinkKind.TEXT, "https://github.com/acme/x")
    inner = Link("lib/Chart.yaml", 4, LinkKind.DEPENDENCY, "oci://ghcr.io/acme", name="deep")
    assert lines(walked("c", files, *chart, text, inner)) == ["c/Chart.yaml:3", "c/templates/app.yaml:9", "lib/Chart.yaml:4"]


def test_a_folder_named_like_a_host_is_a_folder() -> None:
    files = ("a/kustomization.yaml", "a/example.com/x/kustomization.yaml")
    link = Link("a/kustomization.yaml", 2, LinkKind.KUSTOMIZE, "example.com/x")
    assert lines(walked("a", files, link)) == []
    assert lines(walked("a", files[:1], link)) == ["a/kustomization.yaml:2"]


def test_what_is_shown_is_plain_and_bounded() -> None:
    assert shown("a\x1b[31m\u202eb\nc") == "a?[31m?b?c"
    assert shown("x" * 200, 10) == "xxxxxxx..."
    assert [size(n) for n in (0, 999, 1_000, 2_200_000_000, 3 * 10**15)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.2 GB",
        "3000.0 TB",
    ]


@pytest.mark.parametrize(
    ("entries", "past"),
    [
        ((), False),
        (("*",), True),
        (("github.com",), True),
        ((".github.com:443",), True),
        (("com",), True),
        (("hub.com",), False),
        (("10.0.0.0/8", ""), False),
    ],
)
def test_which_hosts_go_past_the_proxy(entries: tuple[str, ...], past: bool) -> None:
    assert proxies.exempt("github.com", entries) is past
