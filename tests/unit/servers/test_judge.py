"""From documented answers to the kind of server. The bodies are those of the products' own pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pytest

from strategies.base import Json
from strategies.common.servers.address import parse_address
from strategies.common.servers.judge import ADVERTISEMENT, clone_answer, judge, judge_banner
from strategies.common.servers.probes import Probe, ProbeAnswer, Sign, probes
from strategies.facts import ServerInfo, ServerKind

JSON = {"content-type": "application/json;charset=UTF-8"}
LOGIN_PAGE = ProbeAnswer(200, {"content-type": "text/html; charset=utf-8"}, "<html>Sign in</html>")


def answer(status: int, body: Mapping[str, Json], **headers: str) -> ProbeAnswer:
    """A JSON answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ProbeAnswer(status, {**JSON, **named}, json.dumps(body))


GITLAB_401 = answer(401, {"message": "401 Unauthorized"}, x_gitlab_meta='{"version":"1"}')
BITBUCKET = answer(
    200, {"version": "8.19.4", "buildNumber": "8019004", "buildDate": "1718000000000", "displayName": "Bitbucket"}
)
HEALTHY = answer(200, {"status": "pass", "description": "Acme Git", "checks": {"database:ping": [{"status": "pass"}]}})
GITEA_VERSION = answer(200, {"version": "1.24.6"})
FORGEJO_VERSION = answer(200, {"version": "11.0.6+gitea-1.22.0"})
STRANGER = answer(403, {"message": "Only signed in user is allowed to call APIs."})
"""Gitea 1.15 with REQUIRE_SIGNIN_VIEW, which has no /api/healthz yet."""
REFUSED = answer(401, {"message": "Must authenticate to access this API."}, x_github_enterprise_version="3.20.1")
META = answer(200, {"verifiable_password_authentication": True, "installed_version": "3.19.2"})


def look(typed: str, given: Mapping[Sign, ProbeAnswer], context: str = "", rest: ProbeAnswer = LOGIN_PAGE) -> ServerInfo | None:
    """The judgement where ``given`` comes from one context path, and ``rest`` from everything else."""
    address = parse_address(typed)
    return judge(
        address, [(probe, given.get(probe.sign, rest) if probe.context == context else rest) for probe in probes(address)]
    )


@pytest.mark.parametrize(
    ("given", "kind", "version", "sure"),
    [
        ({Sign.GITLAB_VERSION: GITLAB_401}, ServerKind.GITLAB, None, True),
        ({Sign.GITLAB_VERSION: answer(401, {"message": "401 Unauthorized"})}, ServerKind.GITLAB, None, True),
        ({Sign.GITLAB_VERSION: answer(200, {"version": "18.4.1-ee", "revision": "abc"})}, ServerKind.GITLAB, "18.4.1-ee", True),
        ({Sign.BITBUCKET_PROPERTIES: BITBUCKET}, ServerKind.BITBUCKET, "8.19.4", True),
        ({Sign.BITBUCKET_STATUS: answer(503, {"state": "STARTING"})}, ServerKind.BITBUCKET, None, False),
        ({Sign.GITEA_VERSION: GITEA_VERSION, Sign.GITEA_HEALTH: HEALTHY}, ServerKind.GITEA, "1.24.6", True),
        ({Sign.GITEA_VERSION: FORGEJO_VERSION}, ServerKind.FORGEJO, "11.0.6+gitea-1.22.0", True),
        ({Sign.GITEA_HEALTH: HEALTHY, Sign.GITEA_VERSION: answer(403, {"message": "sign in"})}, ServerKind.GITEA, None, True),
        ({Sign.GITEA_VERSION: STRANGER}, ServerKind.GITEA, None, True),
        ({Sign.GHES_META: META}, ServerKind.GHES, "3.19.2", True),
        ({Sign.GHES_META: REFUSED}, ServerKind.GHES, "3.20.1", True),
        ({Sign.BITBUCKET_STATUS: ProbeAnswer(200, {}, "GitHub lives! (2026-11-24)")}, ServerKind.GHES, None, True),
        ({}, ServerKind.PLAIN, None, False),
    ],
)  # fmt: skip
def test_each_product_is_told(given: Mapping[Sign, ProbeAnswer], kind: ServerKind, version: str | None, sure: bool) -> None:
    found = look("https://git.example.com", given)
    assert found is not None
    assert (found.kind, found.version, found.sure) == (kind, version, sure)
    assert bool(version) != ("version" in {one.what for one in found.unlearnt}) or kind is ServerKind.PLAIN


def test_a_context_path_is_found() -> None:
    found = look("https://git.example.com/bitbucket/scm/ACME/app.git", {Sign.BITBUCKET_PROPERTIES: BITBUCKET}, "/bitbucket")
    assert found is not None
    assert (found.kind, found.base_url, found.context_path) == (
        ServerKind.BITBUCKET, "https://git.example.com/bitbucket", "/bitbucket",
    )  # fmt: skip


@pytest.mark.parametrize(("state", "ready"), [("RUNNING", True), ("MAINTENANCE", False), ("STARTING", False), ("ERROR", False)])
def test_bitbucket_says_its_state(state: str, ready: bool) -> None:
    found = look(
        "https://git.example.com", {Sign.BITBUCKET_PROPERTIES: BITBUCKET, Sign.BITBUCKET_STATUS: answer(200, {"state": state})}
    )
    assert found is not None
    assert (found.state, found.ready) == (state, ready)


def test_a_version_at_its_end_is_told_with_the_page_that_says_so() -> None:
    old = answer(200, {"version": "7.21.23", "displayName": "Bitbucket"})
    found = look("https://git.example.com", {Sign.BITBUCKET_PROPERTIES: old})
    assert found is not None
    assert (found.support_ends, found.edition) == (date(2024, 2, 15), "Server or Data Center")
    assert "Atlassian" in found.support_source


@pytest.mark.parametrize(
    "body", ["<html></html>", "[[[[" * 40_000, '{"version": {"a": 1}}', '{"version": "\x1b[2Jowned"}', "[]", "null", ""]
)
def test_what_is_no_answer_of_the_product_proves_nothing(body: str) -> None:
    odd = ProbeAnswer(200, JSON, body)
    found = look("https://git.example.com", {}, rest=odd)
    assert found is not None
    assert (found.kind, found.sure, found.version) == (ServerKind.PLAIN, False, None)


def test_json_that_is_not_declared_is_none() -> None:
    undeclared = ProbeAnswer(200, {"content-type": "image/png"}, '{"installed_version": "3.19.2"}')
    found = look("https://git.example.com", {Sign.GHES_META: undeclared})
    assert found is not None
    assert found.kind is ServerKind.PLAIN


def test_nothing_but_errors_is_nobody() -> None:
    assert look("https://git.example.com", {}, rest=ProbeAnswer(None, error="refused")) is None


def test_plain_git_is_told_by_the_first_answer_to_a_clone() -> None:
    asked = ProbeAnswer(401, {"www-authenticate": 'Basic realm="Git, please", Bearer'}, "")
    found = look("https://git.example.com/srv/app.git", {Sign.CLONE: asked}, rest=ProbeAnswer(404))
    assert found is not None
    assert (found.kind, found.sure, found.clone and found.clone.status) == (ServerKind.PLAIN, True, 401)


@pytest.mark.parametrize(
    ("given", "git", "redirect"),
    [
        (ProbeAnswer(200, {"content-type": ADVERTISEMENT}), True, None),
        (ProbeAnswer(200, {"content-type": "text/html"}), False, None),
        (ProbeAnswer(401, {"www-authenticate": "Basic realm=x"}), True, None),
        (ProbeAnswer(401), False, None),
        (
            ProbeAnswer(301, {"location": "https://git.example.com/Team/App.git/info/refs?service=git-upload-pack"}),
            False,
            "https://git.example.com/Team/App.git",
        ),
    ],
)
def test_the_first_answer_to_a_clone(given: ProbeAnswer, git: bool, redirect: str | None) -> None:
    found = clone_answer("https://git.example.com/team/app.git", given)
    assert (found.git, found.redirect) == (git, redirect)


@pytest.mark.parametrize(
    ("banner", "kind"),
    [
        ("SSH-2.0-babeld-8f3f9c1", ServerKind.GHES),
        ("SSH-2.0-GitLab-SSHD", ServerKind.GITLAB),
        ("SSH-2.0-APACHE-SSHD-2.12.1", ServerKind.BITBUCKET),
        ("SSH-2.0-OpenSSH_9.6", ServerKind.PLAIN),
    ],
)
def test_an_ssh_server_hints_at_its_product_and_proves_nothing(banner: str, kind: ServerKind) -> None:
    found = judge_banner(parse_address("ssh://git@git.example.com:7999/a/b.git"), banner, None)
    assert (found.kind, found.sure, found.port) == (kind, False, 7999)


def test_the_web_side_tells_more_than_ssh() -> None:
    address = parse_address("git@git.example.com:group/app.git")
    web = judge(address, [(probe, META if probe.sign is Sign.GHES_META else LOGIN_PAGE) for probe in probes(address)])
    assert judge_banner(address, "SSH-2.0-OpenSSH_9.6", web) is web


def test_nobody_is_asked_with_a_login_or_outside_the_host() -> None:
    wanted = probes(parse_address("https://git.example.com/a/b/c.git"))
    assert all(probe.url.startswith("https://git.example.com/") for probe in wanted)
    assert Probe(Sign.CLONE, "", "https://git.example.com/a/b/c.git/info/refs?service=git-upload-pack") in wanted
