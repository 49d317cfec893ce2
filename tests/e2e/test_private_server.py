"""A private Git server of each kind, replayed: to `Synced`, again without a change, a credential renewed, and away again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from strategies.resources.git.servers.keys import fingerprint
from tests.e2e.program import Program, calls
from tests.e2e.servers import (
    ACCESS,
    OFFERED,
    actions,
    apply,
    bad,
    file,
    refreshed,
    secret,
    watched,
)
from wizard.sandbox.git.servers.ssh import known_host, unavailable
from wizard.sandbox.launch import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_SSH = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
BY_SSH = ("gitea", "ghes")
MAKING = [pytest.param(kind, marks=NO_SSH if kind in BY_SSH else ()) for kind in ACCESS]
KINDS = [*MAKING, "plain"]
FILLED: dict[str, Mapping[str, str]] = {
    "bitbucket": {"privateServer.repository.url": "https://bitbucket.acme.example/scm/platform/prod-east-config.git"},
    "gitea": {"privateServer.repository.url": "ssh://git@gitea.acme.example/platform/prod-east-config.git"},
    "ghes": {"privateServer.repository.url": "ssh://git@github.acme.example/platform/prod-east-config.git"},
}
"""The others with a repository that is made and filled too, as in GitLab's example."""
OVER_SSH = {
    "gitlab": "ssh://git@gitlab.acme.example/platform/prod-east-config.git",
    "bitbucket": "ssh://git@bitbucket.acme.example:7999/platform/cluster-config.git",
}
"""Those that make tokens by preference, by the URL with which they make a key."""
MIRRORED = {
    "privateServer.repository.mode": "create",
    "privateServer.repository.fill": "mirror",
    "source.url": "https://github.com/acme/cluster-config.git",
    "source.username": "null",
    "source.password": "null",
}

pytestmark = [pytest.mark.slow, OFFERED]


@pytest.mark.parametrize("kind", KINDS)
def test_to_synced_and_again_without_a_change(program: Program, sandbox: Sandbox, kind: str) -> None:
    given = file(kind)
    before = program.run("plan", *given, "--output", "json", "--detailed-exitcode")
    assert before.code == 4, before.out[-3000:] + before.err
    assert set(actions(before).values()) == {"create"}
    apply(program, given)

    after = program.run("plan", *given, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err
    recorded = len([one for one in calls(sandbox.control) if one["mutating"]])
    assert apply(program, given).of("apply_complete") == []
    mutating = [one for one in calls(sandbox.control) if one["mutating"]][recorded:]
    assert [(one["verb"], one["resource"]) for one in mutating if one["api"] == "cluster" and one["user"] == "operator"] == [
        ("patch", "applications.argoproj.io")
    ]
    assert [one["operation"] for one in mutating if one["api"] == "aws"] == []

    checked = program.run("check", *given, "--output", "json")
    assert (checked.code, bad(checked)) == (0, {}), checked.err


@pytest.mark.parametrize("kind", MAKING)
def test_a_credential_is_renewed_without_a_failed_sync(program: Program, kind: str) -> None:
    given, access = file(kind), ACCESS[kind]
    apply(program, given)
    old, held = access.credentials(program.environ), secret(program.environ)
    assert len(old) == 1
    with watched(program.environ) as seen:
        renewed = program.run("renew", *given, "--yes", "--output", "json")
        assert renewed.code == 0, renewed.out[-3000:] + renewed.err
        refreshed(program.environ)
    assert seen.looks > 0
    assert seen.complaints == []
    new = access.credentials(program.environ)
    assert len(new) == 1
    assert new != old
    assert secret(program.environ) != held
    after = program.run("plan", *given, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err


@NO_SSH
@pytest.mark.parametrize("kind", OVER_SSH)
def test_with_the_ssh_url_a_key_is_made_renewed_and_taken_back(program: Program, kind: str) -> None:
    where = urlsplit(OVER_SSH[kind])
    line = known_host(where.hostname or "", where.port or 22, "published")
    keys = json.dumps([fingerprint(line.split()[2])])
    given = file(kind, {"privateServer.repository.url": OVER_SSH[kind], "privateServer.server.hostKeys": keys})
    apply(program, given)
    held = secret(program.environ)
    assert "sshPrivateKey" in held
    assert ACCESS[kind].credentials(program.environ) == [], "no token was made"
    after = program.run("plan", *given, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err
    checked = program.run("check", *given, "--output", "json")
    assert (checked.code, bad(checked)) == (0, {}), checked.err

    with watched(program.environ) as seen:
        renewed = program.run("renew", *given, "--yes", "--output", "json")
        assert renewed.code == 0, renewed.out[-3000:] + renewed.err
        refreshed(program.environ)
    assert seen.complaints == []
    assert secret(program.environ) != held
    gone = program.run("destroy", "prod-east", *given, "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    again = program.run("destroy", "prod-east", *given, "--yes", "prod-east", "--output", "json")
    assert again.of("apply_complete") == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_made_goes_with_the_answers_at_hand(program: Program, kind: str) -> None:
    given = file(kind)
    before = actions(program.run("plan", *given, "--output", "json"))
    apply(program, given)
    gone = program.run("destroy", "prod-east", *given, "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    if kind in ACCESS:
        assert ACCESS[kind].credentials(program.environ) == []
    # A repository that holds commits stays, and so does what fills it.
    kept = {"git.server-repository.main", "git.mirror.main"}
    fresh = actions(program.run("plan", *given, "--output", "json"))
    assert {one: action for one, action in fresh.items() if one not in kept} == {
        one: action for one, action in before.items() if one not in kept
    }
    again = program.run("destroy", "prod-east", *given, "--yes", "prod-east", "--output", "json")
    assert again.code == 0, again.out[-3000:] + again.err
    assert again.of("apply_complete") == []


def test_without_the_answers_it_is_said_what_stays_on_the_server(program: Program) -> None:
    given = file("bitbucket")
    apply(program, given)
    gone = program.run("destroy", "prod-east", "--yes", "prod-east")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    assert len(ACCESS["bitbucket"].credentials(program.environ)) == 1
    assert "bitbucket.acme.example" in gone.out + gone.err


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=NO_SSH if kind in BY_SSH else ()) for kind in FILLED])
def test_a_repository_is_made_and_filled(program: Program, kind: str) -> None:
    given = file(kind, {**MIRRORED, **FILLED[kind]})
    done = apply(program, given)
    assert {"git.server-repository.main", "git.mirror.main"} <= {str(one["address"]) for one in done.of("apply_complete")}
    after = program.run("plan", *given, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err


def test_a_server_that_only_the_cluster_reaches_is_used_with_its_ca(tmp_path: Path) -> None:
    with Sandbox("server-only-from-cluster") as sandbox:
        program = Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(tmp_path)})
        ca = {
            "privateServer.server.caFingerprint": "null",
            "privateServer.server.caFile": sandbox.environ["EZGITOPS_SANDBOX_CA"],
        }
        apply(program, file("plain", ca))
        looked = program.run("check", *file("plain", ca), "--output", "json")
        ended = {one["id"]: one["status"] for event in looked.of("check_result") if isinstance(one := event["result"], dict)}
        assert {name: ended[f"probe.{name}"] for name in ("server-tcp", "server-tls", "ls-remote")} == {
            "server-tcp": "pass", "server-tls": "pass", "ls-remote": "pass",
        }  # fmt: skip
        assert ended["server.reachable"] == "unknown", "and this machine still does not see it"


def test_the_key_of_a_host_that_changed_is_never_written(tmp_path: Path) -> None:
    with Sandbox("ssh-host-key-changed") as sandbox:
        program = Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(tmp_path)})
        refused = program.run("apply", *file("gitea"), "--yes", "--output", "json")
        assert refused.code == 3, refused.out[-3000:] + refused.err
        assert "server.host-key" in bad(refused)
        assert not any(
            one["mutating"] and one["user"] == "operator" for one in calls(sandbox.control) if one["api"] == "cluster"
        )
