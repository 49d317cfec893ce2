"""``ezgitops renew``: the credential alone, made anew, under the rules of every command that changes something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from strategies.base import Action, Change, FieldDiff, Group, Observed, Owner, Resource
from strategies.kinds import GitCredentialResource, ReadCredentialResource, ServerAccess
from strategies.ports import Execution, Handler
from tests.fakes import FakeStrategy, FakeWorld, passing, thing
from wizard.answers.draft import Draft
from wizard.cli import cli
from wizard.commands.program import Program
from wizard.engine.lock import locked
from wizard.engine.session import Session

ANSWERS = """\
apiVersion: ezgitops.dev/v1
kind: Answers
name: prod-east
strategy: codecommit
argocd: {namespace: openshift-gitops, name: openshift-gitops}
application: {name: cluster-config}
source: {url: "https://github.com/acme/cluster-config.git", revision: main}
"""
ME = Owner("prod-east")
READ = ReadCredentialResource(
    address="cluster.read-credential.repository", title="Read credential", group=Group.CLUSTER, owner=ME,
    access=ServerAccess("gitlab", "https://git.example.com"), path="a/b", name="prod-east", expires_days=90, ssh=False,
    secret={},
)  # fmt: skip
STATIC = GitCredentialResource(
    address="cluster.git-credential.repository", title="Git credential", group=Group.CLUSTER, owner=ME, user_name="reader",
    secret={},
)  # fmt: skip


@dataclass
class Credentials(Handler[Resource]):
    """Keeps what it was asked to renew."""

    renewed: list[str] = field(default_factory=list)
    rank: int = 110
    group: Group = Group.CLUSTER
    noun: str = ""
    found_as: str | None = None

    def read(self, resource: Resource) -> Observed | None:
        """There."""
        return Observed(resource.address, {}, ME)

    def plan(self, resource: Resource, observed: Observed | None) -> Change:
        """Changed only when that is asked for."""
        asked = isinstance(resource, ReadCredentialResource | GitCredentialResource) and resource.renewed
        return Change(
            resource.address, "credential", resource.title, resource.group, Action.UPDATE if asked else Action.NONE,
            "a new one is asked for", (FieldDiff("data.password", "(hidden)", "(hidden)"),), resource=resource,
        )  # fmt: skip

    def create(self, resource: Resource, run: Execution) -> Mapping[str, str]:
        """One call."""
        with run.mutation("gitlab:create-deploy-token", {"path": "a/b"}):
            self.renewed.append(resource.address)
        return {"ends": "2027-02-22T00:00:00Z"}

    def update(self, resource: Resource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """The same."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Never."""

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Nothing."""
        return ()


class World(FakeWorld):
    """A world that knows credentials too."""

    credentials = Credentials()

    def handler(self, resource: Resource) -> Handler[Resource]:
        """That of credentials, or a fake thing's."""
        if isinstance(resource, ReadCredentialResource | GitCredentialResource):
            return self.credentials
        return super().handler(resource)


class Desk:
    """Runs the command on one world, without a terminal."""

    def __init__(self, folder: Path, *resources: Resource) -> None:
        self.folder, self.world, self.resources = folder, World(), resources
        self.world.credentials = Credentials()
        self.file = folder / "answers.yaml"
        self.file.write_text(ANSWERS)

    def session(
        self,
        draft: Draft,
        *,
        environ: Mapping[str, str],
        on_edit: Callable[[Draft], None] = lambda _draft: None,
        ask_secret: Callable[[str], str] | None = None,
    ) -> Session:
        """A session of this world."""
        return Session(
            self.world, draft,
            strategies={name: FakeStrategy(name, made=lambda _: self.resources) for name in ("codecommit", "private-server")},
            clock=self.world.clock, on_edit=on_edit, questions=(), checks=(passing("one"),),
            directory=self.directory, pause=self.world.clock.pause, debounce=0.0,
        )  # fmt: skip

    def directory(self, name: str) -> Path:
        """The instance's folder."""
        return self.folder / "state" / "ezgitops" / name

    def run(self, *more: str) -> Result:
        """``ezgitops renew -f FILE``."""
        arguments = ["renew", "-f", str(self.file), *more]
        environ = {"XDG_STATE_HOME": str(self.folder / "state"), "TERM": "xterm"}
        program = Program(environ=environ, arguments=tuple(arguments), make_session=self.session, launch=lambda *_: 4)
        return CliRunner().invoke(cli, arguments, obj=program)


@pytest.mark.parametrize("credential", [READ, STATIC], ids=["private-server", "codecommit"])
def test_only_the_credential_is_made_anew_and_argocd_is_asked(tmp_path: Path, credential: Resource) -> None:
    desk = Desk(tmp_path, thing("aws.base"), credential)
    result = desk.run("--yes")
    assert result.exit_code == 0, result.output
    assert desk.world.credentials.renewed == [credential.address]
    assert desk.world.calls == []
    assert desk.world.refreshes == 1
    journals = list(desk.directory("prod-east").rglob("*.journal.jsonl"))
    assert "gitlab:create-deploy-token" in journals[0].read_text()


def test_as_events(tmp_path: Path) -> None:
    result = Desk(tmp_path, READ).run("--yes", "--output", "json")
    assert result.exit_code == 0
    assert '"apply_complete"' in result.stdout
    assert '"verify_complete"' in result.stdout


def test_without_a_yes_or_a_credential_nothing_is_touched(tmp_path: Path) -> None:
    desk = Desk(tmp_path, READ)
    assert desk.run().exit_code == 2
    none = Desk(tmp_path, thing("aws.base"))
    result = none.run("--yes")
    assert result.exit_code == 2
    assert "nothing to renew" in result.output
    assert [*desk.world.credentials.renewed, *none.world.credentials.renewed, *none.world.calls] == []


def test_one_run_at_a_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path, READ)
    assert desk.run("--yes").exit_code == 0
    (place,) = [one for one in desk.directory("prod-east").iterdir() if one.is_dir()]
    with locked(place / "lock", "prod-east", clock=desk.world.clock):
        assert desk.run("--yes").exit_code == 5
    assert desk.world.credentials.renewed == [READ.address]


def test_only_the_secrets_that_the_credential_takes_are_looked_up(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, thing("git.mirror", value="env:SOURCE"), replace(READ, access=replace(READ.access, token="env:ADMIN"))
    )
    server = "strategy: private-server\nprivateServer: {server: {adminToken: 'env:ADMIN'}}"
    desk.file.write_text(
        ANSWERS.replace("strategy: codecommit", server).replace("revision: main", "username: casey, password: 'env:SOURCE'")
    )
    refused = desk.run("--yes")
    assert refused.exit_code == 2
    assert "env:ADMIN" in refused.stderr
    assert "env:SOURCE" not in refused.stderr
    assert desk.world.credentials.renewed == []
    desk.world.secrets["env:ADMIN"] = "a-token"
    assert desk.run("--yes").exit_code == 0
