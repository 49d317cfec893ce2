"""Git over HTTPS with user names and passwords, and nothing else."""

from __future__ import annotations

import pytest

from tests.contract.estate import Estate, basic

CLONE = "https://git.acme.example/platform/cluster-config.git"
READER = basic("argocd", "sandbox-plain-argocd-password")
WRITER = basic("casey", "sandbox-plain-casey-password")


@pytest.mark.parametrize("path", ["/", "/api/v4/version", "/api/v1/version", "/status", "/rest/api/1.0/application-properties"])
def test_there_is_no_api(servers: Estate, path: str) -> None:
    assert servers.call("plain", "GET", path).status == 401
    assert servers.call("plain", "GET", path, Authorization=READER).status == 404


def test_git_and_nothing_else(servers: Estate) -> None:
    reply = servers.call("plain", "GET", "/platform/cluster-config.git/info/refs?service=git-upload-pack")
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Basic realm="Git"')
    assert servers.reads(CLONE, READER) == ""
    assert servers.reads(CLONE, basic("argocd", "wrong")) == "401"
    assert "403" in servers.pushes(CLONE, READER)
    assert servers.pushes(CLONE, WRITER) == ""


@pytest.mark.parametrize("url", [CLONE.removesuffix(".git"), CLONE.replace("platform", "Platform"), f"{CLONE}x"])
def test_names_are_taken_as_they_are(servers: Estate, url: str) -> None:
    assert "not found" in servers.reads(url, READER)
