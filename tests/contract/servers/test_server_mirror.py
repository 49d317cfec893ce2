"""A mirror to each of the sandbox's servers: real pushes over TLS with the administrator's token, and when it was done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import MirrorResource, ServerAccess
from strategies.ports import ResourceError
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.program import GitProgram
from strategies.resources.git.server_host import ServerHost
from strategies.resources.git.servers.desk import ServerDesk
from strategies.resources.git.servers.dial import Dialer
from strategies.resources.git.servers.tls import read_chain
from tests.contract.servers.conftest import ADMIN, Offered
from tests.recording import RecordingRun

PATH = "Platform/fresh"
Altered: TypeAlias = Callable[[ServerAccess, Offered], ServerAccess]


@dataclass
class Mirror:
    """A source on this machine, a server, the handler between them."""

    offered: Offered
    source: Path
    handler: MirrorHandler
    resource: MirrorResource
    secrets: dict[str, str]

    kept: bool = False
    """Whether the cluster knows the target from an apply that got past the mirror."""

    def action(self) -> Action:
        """What is planned."""
        return self.handler.plan(self.resource, self.handler.read(self.resource)).action


def git(*arguments: str, folder: Path) -> None:
    """Run git in a folder."""
    who = {f"GIT_{role}_{part}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | who, check=True, capture_output=True)


@pytest.fixture
def mirrors(started: Callable[..., Offered], tmp_path: Path) -> Callable[..., Mirror]:
    """Makes a mirror to a server of one kind."""

    def make(kind: str, ca: Altered | None = None, **more: object) -> Mirror:
        offered = started(kind, **more)
        source = tmp_path / "source"
        source.mkdir()
        git("init", "-q", "-b", "trunk", folder=source)
        git("commit", "-q", "--allow-empty", "-m", "one", folder=source)
        git("branch", "staging", folder=source)
        git("tag", "v1", folder=source)
        file = tmp_path / "server-ca.pem"
        file.write_text(offered.ca or "")
        found = offered.recognised()
        access = ServerAccess(kind, found.base_url, ca_file=str(file), token="env:ADMIN")
        environ: Mapping[str, str] = dict(offered.environ) | {"HTTPS_PROXY": offered.proxy}
        secrets = {"env:ADMIN": ADMIN}
        program = GitProgram(environ)

        def resolve(reference: str) -> str:
            if reference not in secrets:
                raise ResourceError(f"Cannot find the secret {reference}", "it is not set", "Export it.")
            return secrets[reference]

        desk = ServerDesk(environ, resolve, lambda: datetime.now(UTC), dialer=Dialer(environ))

        def host(resource: MirrorResource) -> ServerHost:
            assert resource.target is not None
            return ServerHost(desk, program, resource.target, resource.repository_name, resource.target_url)

        unused = ServerHost(desk, program, replace(access, kind="plain"), "none", "https://none.example.com/x.git")
        handler = MirrorHandler(
            program, unused, lambda _resource: None, tmp_path / "cache", server=host, kept=lambda _resource: made.kept
        )
        resource = MirrorResource(
            address="git.mirror.main", title="Mirror", group=Group.GIT, owner=Owner("prod-east"), source_url=str(source),
            source_username=None, source_password=None, target_url=f"ssh://git@{kind}.example.com/{PATH}.git",
            repository_name=PATH, default_branch="trunk", revision="trunk",
            target=access if ca is None else ca(access, offered),
        )  # fmt: skip
        made = Mirror(offered, source, handler, resource, secrets)
        return made

    return make


@pytest.mark.parametrize("kind", ["gitlab", "bitbucket", "gitea", "forgejo", "ghes"])
def test_mirrored_once_renewed_and_nothing_of_the_token_left(mirrors: Callable[..., Mirror], kind: str, tmp_path: Path) -> None:
    mirror = mirrors(kind)
    with pytest.raises(ResourceError, match="no repository"):
        mirror.handler.create(mirror.resource, RecordingRun())
    api = mirror.offered.api()
    api.create_repository(PATH, "", "main")
    assert mirror.action() is Action.CREATE
    run = RecordingRun()
    made = mirror.handler.create(mirror.resource, run)
    assert made["mirrored-at"] == "2026-11-23T14:02:11Z"
    assert (made["branches"], made["tags"]) == ("2", "1")
    assert api.repository(PATH).default_branch == "trunk"
    assert mirror.action() is Action.NONE
    assert mirror.handler.read(mirror.resource).outputs["mirrored-at"] == made["mirrored-at"]
    git("commit", "-q", "--allow-empty", "-m", "two", folder=mirror.source)
    git("branch", "-D", "staging", folder=mirror.source)
    assert mirror.action() is Action.UPDATE
    later = RecordingRun(at=datetime(2026, 11, 24, tzinfo=UTC))
    again = mirror.handler.create(mirror.resource, later)
    assert again["mirrored-at"] == "2026-11-24T00:00:00Z"
    assert mirror.action() is Action.NONE
    assert ADMIN not in f"{run} {later} {made} {again} {mirror.handler.read(mirror.resource)}"
    left = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(ADMIN.encode() in content for content in left)


def test_the_ca_by_its_fingerprint_is_believed_by_git_too(mirrors: Callable[..., Mirror]) -> None:
    def by_fingerprint(access: ServerAccess, offered: Offered) -> ServerAccess:
        # What the server shows beside its own certificate: here an intermediate CA.
        shown = read_chain(offered.dialer, offered.environ, "gitlab.example.com", 443).certificates
        return replace(access, ca_file=None, ca_fingerprint=shown[-1].sha256)

    mirror = mirrors("gitlab", by_fingerprint)
    mirror.offered.api().create_repository(PATH, "", "main")
    mirror.handler.create(mirror.resource, RecordingRun())
    assert mirror.action() is Action.NONE


def test_an_unknown_ca_is_refused_by_git_too(mirrors: Callable[..., Mirror]) -> None:
    mirror = mirrors("gitlab", lambda access, _offered: replace(access, ca_file=None))
    with pytest.raises(ResourceError, match="certificate is not believed"):
        mirror.handler.read(mirror.resource)


def test_a_server_that_the_plan_makes_first_need_not_answer_yet(mirrors: Callable[..., Mirror]) -> None:
    mirror = mirrors("gitea")
    mirror.secrets.clear()
    observed = mirror.handler.read(mirror.resource)
    assert "not asked" in mirror.handler.plan(mirror.resource, observed).reason
    assert mirror.resource.target is not None
    target = replace(mirror.resource.target, ours=True)
    mirror.resource = replace(mirror.resource, depends_on=("aws.gitlab.server",), target=target)
    change = mirror.handler.plan(mirror.resource, mirror.handler.read(mirror.resource))
    assert change.action is Action.CREATE
    assert "not asked" not in change.reason


def test_one_that_is_ours_and_silent_is_taken_as_it_was_left(mirrors: Callable[..., Mirror]) -> None:
    mirror = mirrors("gitea")
    assert mirror.resource.target is not None
    target = replace(mirror.resource.target, ours=True, base_url="https://silent.example.com")
    mirror.resource = replace(mirror.resource, depends_on=("aws.gitlab.server",), target=target)
    assert mirror.action() is Action.CREATE
    mirror.kept = True
    change = mirror.handler.plan(mirror.resource, mirror.handler.read(mirror.resource))
    assert (change.action, "silent.example.com" in change.reason) == (Action.NONE, True)
    mirror.resource = replace(mirror.resource, depends_on=())
    with pytest.raises(ResourceError, match=r"silent\.example\.com"):
        mirror.handler.read(mirror.resource)


def test_plain_git_takes_a_login_and_keeps_its_default_branch(mirrors: Callable[..., Mirror]) -> None:
    def as_root(access: ServerAccess, _offered: Offered) -> ServerAccess:
        return replace(access, username="root")

    mirror = mirrors("plain", as_root, repositories=({"name": "app", "owner": "Platform"},))
    git("branch", "main", folder=mirror.source)
    mirror.resource = replace(mirror.resource, target_url=f"{mirror.offered.url}/Platform/app.git")
    with pytest.raises(ResourceError, match="administrator's login"):
        mirror.handler.read(mirror.resource)
    mirror.secrets["env:ADMIN"] = "secret-of-root"
    observed = mirror.handler.read(mirror.resource)
    assert (observed.fields["exists"], observed.fields["defaultBranch"]) == (True, ["trunk", "trunk"])
    made = mirror.handler.create(mirror.resource, RecordingRun())
    assert made["mirrored-at"]
    assert mirror.action() is Action.NONE
