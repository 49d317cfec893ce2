"""What the content of the source, the disk and the proxy variables are judged to mean."""

from __future__ import annotations

import shlex

import pytest

from strategies.answers import Answers
from strategies.base import Situation, Status, Verdict
from strategies.codecommit.checks import content as codecommit_content
from strategies.common import folders, offers
from strategies.common.checks import content, source, workstation
from strategies.facts import (
    MIRROR_SPACE,
    PROXIES,
    SOURCE,
    SOURCE_CONTENT,
    SOURCE_TREE,
    FactError,
    Facts,
    LargeFile,
    LfsRule,
    Link,
    LinkKind,
    MirrorSpace,
    Proxy,
    ProxySettings,
    Reading,
    SourceContent,
    SourceRepository,
    SourceTree,
    Submodule,
    Unreadable,
)
from tests.fakes import START

URL = "https://github.com/acme/cluster-config.git"
OWN = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/cluster-config"
ANSWERS = {
    "aws": {"region": "us-east-2"},
    "source": {"url": URL, "revision": "main", "path": "clusters/a"},
    "codecommit": {"repository": {"name": "cluster-config"}},
}
TREE = SourceTree("main", ("README.md", "clusters/a/kustomization.yaml", "clusters/a/app.yaml"))
REPOSITORY = SourceRepository(URL, "main", {"main": "a" * 40}, {})

FROM_OUTSIDE = content.from_outside(lambda _situation: OWN)


def situation(*, answers: dict[str, object] | None = None, **facts: object) -> Situation:
    """Facts by the name of their key in lower case; the source and its tree are there unless replaced."""
    keys = {"space": MIRROR_SPACE, "proxies": PROXIES, "source": SOURCE, "content": SOURCE_CONTENT, "tree": SOURCE_TREE}
    found = {"source": REPOSITORY, "tree": TREE, **facts}
    readings = {
        keys[name].id: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for name, value in found.items()
    }
    return Situation(Answers.model_validate(answers or ANSWERS), Facts(readings))


def seen(verdict: Verdict, status: Status, *words: str) -> Verdict:
    """The verdict, after it was looked at: what does not pass has a way out."""
    assert (verdict.status, [w for w in words if w not in verdict.evidence]) == (status, []), verdict.evidence
    assert (verdict.remedy is not None and verdict.remedy.text != "") or status in (Status.PASS, Status.SKIPPED)
    return verdict


# --- sizes ------------------------------------------------------------------------------------------------------


def test_sizes_within_the_limits_are_told() -> None:
    plain = SourceContent("main", files=3)
    seen(
        codecommit_content.sizes(situation(content=plain)),
        Status.PASS,
        "3 files at main, 0 bytes, none over 1 MiB",
        "1 branch or tag to push",
    )
    large = SourceContent("main", files=4, large=(LargeFile("a.db", 2 * 10**9), LargeFile("b", 10**7)))
    seen(codecommit_content.sizes(situation(content=large)), Status.PASS, "the largest 2.0 GB")


def test_a_file_over_the_limit_fails() -> None:
    large = SourceContent("main", large=(LargeFile("a.db", 2 * 10**9 + 1), LargeFile("b.db", 2 * 10**9 + 1), LargeFile("c", 5)))
    verdict = codecommit_content.sizes(situation(content=large))
    seen(verdict, Status.FAIL, "a.db is 2.0 GB, and 1 more", "no file over 2 GB")


def test_a_file_that_could_not_be_measured_warns() -> None:
    large = SourceContent("main", large=(LargeFile("a.db", None),))
    seen(codecommit_content.sizes(situation(content=large)), Status.WARN, "size of a.db could not be learnt")


@pytest.mark.parametrize("name", ["b" * 257, "0123456789abcdef0123456789ABCDEF01234567"])
def test_a_branch_that_codecommit_does_not_take_fails(name: str) -> None:
    branches = SourceRepository(URL, "main", {"main": "a" * 40, name: "b" * 40}, {})
    seen(
        codecommit_content.sizes(situation(content=SourceContent("main"), source=branches)),
        Status.FAIL,
        "no branch of the name",
    )


def test_more_references_than_one_push_takes_are_pushed_in_lots() -> None:
    many = SourceRepository(URL, "main", {"main": "a" * 40}, {f"v{n}": "b" * 40 for n in range(4_500)})
    seen(
        codecommit_content.sizes(situation(content=SourceContent("main"), source=many)),
        Status.PASS,
        "4501 branches and tags",
        "in lots",
    )


def test_content_that_was_not_read_is_said_once() -> None:
    unread = situation(content=FactError("the server sends more than 256 MiB", "Look by hand."))
    seen(codecommit_content.sizes(unread), Status.UNKNOWN, "more than 256 MiB")
    for judge in (content.lfs, content.submodules, FROM_OUTSIDE):
        seen(judge(unread), Status.SKIPPED, "not read")


# --- LFS, submodules --------------------------------------------------------------------------------------------


def test_lfs_files_in_the_path_are_named_first() -> None:
    rules = (LfsRule(".gitattributes", 2, "*.bin"),)
    found = SourceContent("main", lfs_files=("a.bin", "clusters/a/b.bin"), lfs_rules=rules)
    verdict = seen(content.lfs(situation(content=found)), Status.WARN, "1 file is", "clusters/a/b.bin", ".gitattributes:2")
    assert verdict.remedy is not None
    assert verdict.remedy.command == "git lfs untrack '*.bin'"
    elsewhere = SourceContent("main", lfs_files=("a.bin", "c.bin"))
    seen(content.lfs(situation(content=elsewhere)), Status.WARN, "2 files are kept by Git LFS, none of it in the path")


def test_without_lfs_files_it_passes_with_or_without_a_rule() -> None:
    seen(content.lfs(situation(content=SourceContent("main"))), Status.PASS, "no file")
    ruled = SourceContent("main", lfs_rules=(LfsRule(".gitattributes", 1, "*.bin"),))
    seen(content.lfs(situation(content=ruled)), Status.PASS, ".gitattributes:1", "no file is kept there yet")


def test_submodules_warn_with_the_place_that_names_them() -> None:
    seen(content.submodules(situation(content=SourceContent("main"))), Status.PASS, "none")
    two = (Submodule("m/a", "https://github.com/acme/a.git", 3), Submodule("m/b", None))
    seen(
        content.submodules(situation(content=SourceContent("main", submodules=two))),
        Status.WARN,
        "2 submodules: m/a from https://github.com/acme/a.git (.gitmodules:3), and 1 more",
    )
    nameless = SourceContent("main", submodules=(Submodule("m/b", None),))
    seen(content.submodules(situation(content=nameless)), Status.WARN, "which .gitmodules does not name")


# --- charts and bases from outside ------------------------------------------------------------------------------

APP, KUSTOMIZATION = "clusters/a/app.yaml", "clusters/a/kustomization.yaml"
LOCAL = Link(KUSTOMIZATION, 3, LinkKind.KUSTOMIZE, "app.yaml")


def outside(*links: Link, **more: object) -> Verdict:
    found = SourceContent("main", files=3, links=links, **more)  # type: ignore[arg-type]  # the fields are the test's
    return FROM_OUTSIDE(situation(content=found))


def test_nothing_from_outside_passes() -> None:
    seen(outside(LOCAL, Link(APP, 5, LinkKind.APPLICATION, OWN)), Status.PASS, "2 files looked into from clusters/a")


@pytest.mark.parametrize(
    ("link", "evidence", "command"),
    [
        (
            Link(KUSTOMIZATION, 4, LinkKind.KUSTOMIZE, "https://github.com/acme/bases//x?ref=v1"),
            "needs github.com: clusters/a/kustomization.yaml:4 kustomize resource https://github.com/acme/bases//x?ref=v1",
            "kustomize localize clusters/a",
        ),
        (
            Link(KUSTOMIZATION, 9, LinkKind.KUSTOMIZE_CHART, "https://charts.example.com/x", name="web"),
            "needs charts.example.com: clusters/a/kustomization.yaml:9 kustomize Helm chart web",
            "helm pull web --repo https://charts.example.com/x --untar --untardir clusters/a/charts",
        ),
        (
            Link(KUSTOMIZATION, 9, LinkKind.KUSTOMIZE_CHART, "oci://ghcr.io/acme", name="web"),
            "needs ghcr.io",
            "helm pull oci://ghcr.io/acme/web --untar --untardir clusters/a/charts",
        ),
        (
            Link(APP, 7, LinkKind.APPLICATION, "https://charts.example.com", name="web"),
            "clusters/a/app.yaml:7 Argo CD source",
            None,
        ),
    ],
)
def test_what_is_needed_from_outside_is_named_by_file_and_line(link: Link, evidence: str, command: str | None) -> None:
    verdict = seen(outside(LOCAL, link), Status.WARN, evidence)
    assert verdict.remedy is not None
    assert verdict.remedy.command == command
    if command is not None:
        assert shlex.split(command)


def test_the_source_itself_named_as_repository_is_replaced_by_the_mirror() -> None:
    verdict = seen(
        outside(LOCAL, Link(APP, 5, LinkKind.APPLICATION, URL.removesuffix(".git"))), Status.WARN, "needs github.com"
    )
    assert verdict.remedy is not None
    assert OWN in verdict.remedy.text


def test_a_few_are_shown_and_the_rest_is_counted() -> None:
    links = [Link(KUSTOMIZATION, n, LinkKind.KUSTOMIZE, f"https://h{n}.example.com/x") for n in range(1, 8)]
    verdict = seen(outside(*links), Status.WARN, "h1.example.com, h2.example.com, h3.example.com, and 4 more:")
    assert verdict.evidence.count("kustomization.yaml:") == 3
    assert verdict.evidence.endswith(", and 4 more")


def test_a_file_that_cannot_be_parsed_and_one_too_many_warn() -> None:
    broken = (Unreadable(KUSTOMIZATION, "mapping values are not allowed here, line 3"), Unreadable("other.yaml", "x"))
    seen(outside(unreadable=broken), Status.WARN, "kustomization.yaml (mapping values are not allowed here, line 3) cannot be")
    seen(outside(LOCAL, omitted="12 of 20 files were not looked into"), Status.WARN, "nothing found, but 12 of 20")


def test_hostile_names_are_made_harmless() -> None:
    verdict = outside(Link(KUSTOMIZATION, 4, LinkKind.KUSTOMIZE, "https://x.example.com/\x1b[2J\u202e" + "a" * 500))
    assert verdict.evidence.isprintable()
    assert len(verdict.evidence) < 400


# --- the revision -----------------------------------------------------------------------------------------------


def test_a_missing_revision_offers_the_default_branch() -> None:
    trunk = SourceRepository(URL, "trunk", {"trunk": "a" * 40, "mains": "b" * 40}, {})
    verdict = seen(source.source(situation(source=trunk)), Status.FAIL, "no branch or tag main")
    assert verdict.remedy is not None
    assert verdict.remedy.text.endswith("trunk, mains")
    assert verdict.remedy.mend is not None
    assert verdict.remedy.mend.edits == {"source.revision": "trunk"}


def test_names_that_do_not_show_as_they_are_are_not_offered() -> None:
    odd = SourceRepository(URL, "main", {"main": "a" * 40, "ma\u202ein": "b" * 40}, {"v\u200b1": "c" * 40, "v1": "c" * 40})
    assert [choice.value for choice in offers.revisions(situation(source=odd))] == ["main", "v1"]
    names = SourceTree("main", ("a\x1b[2J/x.yaml", "b/x.yaml"))
    assert [choice.value for choice in folders.choices(situation(tree=names))] == ["b"]


def test_a_missing_folder_offers_the_nearest_that_is_rendered() -> None:
    moved = SourceTree("main", ("clusters/a2/web.yaml",))
    verdict = seen(source.path(situation(tree=moved)), Status.FAIL, "no folder clusters/a")
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    assert verdict.remedy.mend.edits == {"source.path": "clusters/a2"}


# --- this machine -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "held", "status", "words"),
    [
        (MirrorSpace("/m", 10**12), None, Status.PASS, "1.0 TB free for /m"),
        (MirrorSpace("/m", 10**12, "/m cannot be written to"), None, Status.FAIL, "/m cannot be written to"),
        (MirrorSpace("/m", 10**8), SourceContent("main", stored=10**8 + 1), Status.FAIL, "takes 100.0 MB"),
        (MirrorSpace("/m", 10**8), SourceContent("main", stored=10**6), Status.WARN, "1.0 GB would be at ease"),
        (MirrorSpace("/m", 5 * 10**9), SourceContent("main", large=(LargeFile("x", 2 * 10**9),)), Status.WARN, "6.0 GB"),
        (MirrorSpace("/m", 10**8), None, Status.WARN, "100.0 MB free"),
    ],
)
def test_the_disk(space: MirrorSpace, held: SourceContent | None, status: Status, words: str) -> None:
    facts = {"space": space} | ({"content": held} if held is not None else {})
    seen(workstation.disk(situation(**facts)), status, words)


PROXY = Proxy("HTTPS_PROXY", "http://proxy:3128")
DEAD = Proxy("HTTPS_PROXY", "http://proxy:3128", "it does not answer: Connection refused")
BOTH = ("github.com", ".amazonaws.com")


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (ProxySettings(), Status.PASS, "no proxy variable is set"),
        (ProxySettings(PROXY), Status.PASS, "takes up connections"),
        (ProxySettings(PROXY, BOTH), Status.PASS, "NO_PROXY leaves out github.com, sts.us-east-2.amazonaws.com"),
        (ProxySettings(DEAD), Status.FAIL, "Connection refused; github.com, sts.us-east-2.amazonaws.com would be reached"),
        (ProxySettings(DEAD, ("github.com",)), Status.FAIL, "; sts.us-east-2.amazonaws.com would be reached"),
        (ProxySettings(DEAD, BOTH), Status.PASS, "is not used"),
        (ProxySettings(DEAD, ("*",)), Status.PASS, "is not used"),
        (ProxySettings(DEAD, ("127.0.0.1",), aws_host="127.0.0.1"), Status.FAIL, "refused; github.com would be reached"),
        (ProxySettings(http_only=True), Status.WARN, "HTTPS_PROXY is not"),
        (ProxySettings(PROXY, differing=("HTTPS_PROXY",)), Status.WARN, "HTTPS_PROXY and the same in lower case differ"),
    ],
)
def test_the_proxy_variables(found: ProxySettings, status: Status, words: str) -> None:
    seen(workstation.proxy(situation(proxies=found)), status, words)
