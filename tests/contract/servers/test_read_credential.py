"""Credentials that are made, kept, exchanged and taken back, on the sandbox's servers and its cluster, killed at every call."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from strategies.base import Action, Change, Group, Json, Owner
from strategies.common.servers.credentials import LEAST
from strategies.common.servers.marks import RepositoryMark
from strategies.facts import CredentialKind, ReadCredential
from strategies.kinds import ReadCredentialResource, ServerAccess
from strategies.ports import CancelledByOperatorError, ResourceError
from strategies.resources.cluster.apis import APPLICATION, SECRET
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.objects import ClusterObjectHandler
from strategies.resources.cluster.read_credential import ReadCredentialHandler
from strategies.resources.git.servers.desk import ServerDesk
from tests.contract.resources_cluster.conftest import Cluster, healthy
from tests.contract.servers.conftest import ADMIN, Offered
from tests.recording import RecordingRun

NAMESPACE, SECRET_NAME, PATH = "openshift-gitops", "repo-prod-east", "Platform/app"
REPOSITORIES = ({"name": "app", "owner": "Platform"}, {"name": "next", "owner": "Platform"})
OWNER = Owner("prod-east")


@pytest.fixture(scope="module")
def authority() -> tuple[trustme.CA, rsa.RSAPrivateKey]:
    """A CA and an issuer key."""
    return trustme.CA(), rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def cluster(authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path) -> Iterator[Cluster]:
    """A fresh healthy cluster, in which no Argo CD runs."""
    with healthy(authority, tmp_path, lambda: datetime.now(UTC)) as made:
        yield made


@dataclass
class Estate:
    """One server, one cluster, the handler between them, and what it reads as the time."""

    offered: Offered
    cluster: Cluster
    client: KubeClient
    secrets: dict[str, str] = field(default_factory=lambda: {"env:ADMIN": ADMIN})
    later: timedelta = timedelta()

    @property
    def access(self) -> ServerAccess:
        """How the server is reached."""
        recognised = self.offered.recognised()
        return ServerAccess(self.offered.kind, recognised.base_url, ca_file=str(self.ca_file), token="env:ADMIN")

    @property
    def ca_file(self) -> Path:
        """The server's CA as a file."""
        path = Path(self.cluster.environ["HOME"]) / "server-ca.pem"
        path.write_text(self.offered.ca or "")
        return path

    def handler(self, answered: ServerAccess | None = None, wanted: RepositoryMark | None = None) -> ReadCredentialHandler:
        """The handler under test, where ``answered`` is what the answers say of the server, ``wanted`` of the repository."""
        desk = ServerDesk(self.offered.environ, self._resolve, self.now, answered=answered, dialer=self.offered.dialer)
        return ReadCredentialHandler(self.client, ClusterObjectHandler(self.client), desk, self.now, NAMESPACE, wanted)

    def now(self) -> datetime:
        """The present time."""
        return datetime.now(UTC) + self.later

    def resource(self, **more: Any) -> ReadCredentialResource:
        """What is asked for."""
        ssh = self.offered.kind in ("gitea", "forgejo", "ghes")
        asked = ReadCredentialResource(
            address="cluster.read-credential.repository", title="Read credential", group=Group.CLUSTER, owner=OWNER,
            access=self.access, path=PATH, name="prod-east", expires_days=90, ssh=ssh, secret=manifest(self.url(ssh=ssh)),
        )  # fmt: skip
        return replace(asked, **more)

    def url(self, *, ssh: bool) -> str:
        """The clone URL, as the Secret has it."""
        return f"ssh://git@{self.offered.kind}.example.com/{PATH}.git" if ssh else f"{self.offered.url}/{PATH}.git"

    def plan(self, resource: ReadCredentialResource | None = None) -> Change:
        """The change that is planned."""
        asked = resource or self.resource()
        handler = self.handler()
        return handler.plan(asked, handler.read(asked))

    def apply(self, resource: ReadCredentialResource | None = None, run: RecordingRun | None = None) -> Mapping[str, str]:
        """Carry it out."""
        return self.handler().create(resource or self.resource(), run or RecordingRun())

    def registered(self, path: str = PATH) -> list[ReadCredential]:
        """What the server knows and lets in."""
        return [one for one in self.offered.api().credentials(path) if one.active]

    def secret(self) -> dict[str, str]:
        """The Secret's values."""
        live = cast("Any", self.client.get(SECRET, SECRET_NAME, NAMESPACE))
        return {key: base64.b64decode(value).decode() for key, value in live["data"].items()}

    def application(self, conditions: list[Json]) -> None:
        """An Application of this repository that says this, and nobody who answers a refresh."""
        status: dict[str, Json] = {"sync": {"status": "Unknown" if conditions else "Synced"}, "conditions": conditions}
        url = self.url(ssh=self.resource().ssh)
        body: dict[str, Json] = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "app", "namespace": NAMESPACE},
            "spec": {
                "project": "default", "destination": {"server": "https://kubernetes.default.svc", "namespace": "app"},
                "source": {"repoURL": url, "path": ".", "targetRevision": "main"},
            },
            "status": status,
        }  # fmt: skip
        self.client.create(APPLICATION, body, NAMESPACE)

    def _resolve(self, reference: str) -> str:
        if reference not in self.secrets:
            raise ResourceError(f"Cannot find the secret {reference}", "it is not set", "Export it.")
        return self.secrets[reference]


@dataclass
class Argo(RecordingRun):
    """A run whose waiting gives Argo CD the time to look, where it was asked to: ``says`` are its conditions then; ``seen`` how
    many credentials the server knew at each look.
    """

    estate: Estate | None = None
    says: list[Json] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Argo CD looks."""
        super().sleep(seconds)
        assert self.estate is not None
        if self.calls.count("kubernetes:patch applications.argoproj.io") == len(self.seen):
            return
        self.seen.append(len(self.estate.registered()))
        patch: dict[str, Json] = {
            "metadata": {"annotations": {"argocd.argoproj.io/refresh": None}},
            "status": {"sync": {"status": "Unknown" if self.says else "Synced"}, "conditions": self.says},
        }
        self.estate.client.merge_patch(APPLICATION, NAMESPACE, "app", patch)


def manifest(url: str) -> dict[str, Json]:
    """The Secret without what is secret."""
    values = {"type": "git", "url": url}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": SECRET_NAME,
            "namespace": NAMESPACE,
            "labels": {**OWNER.labels, "argocd.argoproj.io/secret-type": "repository"},
        },
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()},
    }


@pytest.fixture
def estates(started: Callable[..., Offered], cluster: Cluster) -> Callable[[str], Estate]:
    """Makes an estate with a server of one kind."""
    return lambda kind: Estate(started(kind, repositories=REPOSITORIES), cluster, cluster.client())


@pytest.fixture
def estate(estates: Callable[[str], Estate]) -> Estate:
    """With a GitLab."""
    return estates("gitlab")


@pytest.mark.parametrize("kind", ["gitlab", "bitbucket", "gitea", "forgejo", "ghes"])
def test_made_once_kept_exchanged_and_never_shown(estates: Callable[[str], Estate], kind: str) -> None:
    estate = estates(kind)
    keys = {"gitlab": {"username", "password"}, "bitbucket": {"bearerToken"}}.get(kind, {"sshPrivateKey"})
    change = estate.plan()
    assert (change.action, change.kind) == (Action.CREATE, "read-credential")
    assert {f"data.{key}" for key in keys} <= {one.path for one in change.diff}
    first, second = RecordingRun(), RecordingRun()
    made = estate.apply(run=first)
    assert [one.id for one in estate.registered()] == [made["credential"]]
    assert bool(made["ends"]) == (kind in ("gitlab", "bitbucket"))
    values = estate.secret()
    assert set(values) == {"type", "url", *keys}
    observed = estate.handler().read(estate.resource())
    assert observed is not None
    assert observed.outputs["ends"] == made["ends"]
    assert estate.plan().action is Action.NONE
    estate.apply()
    assert estate.secret() == values
    renewed = estate.plan(estate.resource(renewed=True))
    assert renewed.action is Action.UPDATE
    again = estate.apply(estate.resource(renewed=True), second)
    assert again["credential"] != made["credential"]
    assert [one.id for one in estate.registered()] == [again["credential"]]
    assert estate.plan().action is Action.NONE
    for secret in (ADMIN, *(each[key] for each in (values, estate.secret()) for key in keys - {"username"})):
        for trace in (change, first, second, observed, renewed, made, again):
            assert secret not in str(trace)
            assert base64.b64encode(secret.encode()).decode() not in str(trace)
        live = cast("Any", estate.client.get(SECRET, SECRET_NAME, NAMESPACE))
        assert secret not in str(live["metadata"])


CALLS = ("gitlab:create-deploy-token", "kubernetes:apply secrets", "kubernetes:patch applications.argoproj.io",
         "gitlab:remove-deploy-token")  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_killed_before_any_call_of_an_exchange_the_next_run_ends_in_the_same(estate: Estate, call: str) -> None:
    made = estate.apply()
    estate.application([])
    with pytest.raises(CancelledByOperatorError):
        estate.apply(estate.resource(renewed=True), Argo(estate=estate, stop_before=call))
    if estate.secret()["password"] and call == CALLS[1]:
        # In nobody's hands, so that nothing but its removal is left to do.
        assert estate.plan().reason.startswith("1 of ours")
    for _ in range(2):
        estate.apply(run=Argo(estate=estate))
    assert estate.plan().action is Action.NONE
    (left,) = estate.registered()
    assert (left.id != made["credential"]) == (call in CALLS[2:])


def test_the_old_one_goes_only_when_argocd_has_listed_with_the_new_one(estate: Estate) -> None:
    estate.apply()
    estate.application([])
    run = Argo(estate=estate)
    estate.apply(estate.resource(renewed=True), run)
    assert run.seen == [2]
    assert run.calls == ["gitlab:create-deploy-token", "kubernetes:apply secrets", "kubernetes:patch applications.argoproj.io",
                         "gitlab:remove-deploy-token"]  # fmt: skip
    refused: list[Json] = [{"type": "ComparisonError", "message": "authentication required", "lastTransitionTime": None}]
    run = Argo(estate=estate, says=refused)
    with pytest.raises(ResourceError, match="did not list the repository"):
        estate.apply(estate.resource(renewed=True), run)
    assert len(estate.registered()) == 2
    estate.apply(run=Argo(estate=estate))
    assert len(estate.registered()) == 1


def test_a_trouble_that_was_there_before_holds_nothing_up(estate: Estate) -> None:
    estate.apply()
    trouble: list[Json] = [{"type": "ComparisonError", "message": "app path does not exist (after 12 ms)"}]
    estate.application(trouble)
    estate.apply(estate.resource(renewed=True), Argo(estate=estate, says=trouble))
    assert len(estate.registered()) == 1


def test_what_the_server_does_not_know_ends_soon_or_was_changed_is_made_anew(estate: Estate) -> None:
    made = estate.apply()
    estate.later = timedelta(days=77)
    assert "ends" in estate.plan().reason
    estate.later = timedelta()
    for spoil in ("revoked", "edited"):
        if spoil == "revoked":
            (one,) = estate.registered()
            estate.offered.api().remove_credential(PATH, one.kind, one.id)
        else:
            patch: dict[str, Json] = {"data": {"password": base64.b64encode(b"by-hand").decode()}}
            estate.cluster.edit("kubectl-edit", "Secret", NAMESPACE, SECRET_NAME, patch)
        change = estate.plan()
        assert (change.action, change.conflict) == (Action.UPDATE, None)
        handler, asked = estate.handler(), estate.resource()
        observed = handler.read(asked)
        assert observed is not None
        handler.update(asked, observed, RecordingRun())
        assert estate.plan().action is Action.NONE
        (left,) = estate.registered()
        assert left.id != made["credential"]


def test_credentials_of_others_and_of_the_same_instance_elsewhere_stay(estate: Estate) -> None:
    from strategies.common.servers.credentials import LEAST, credential_name

    api = estate.offered.api()
    now = datetime.now(UTC)
    for name in ("ci", credential_name("prod-east", now), credential_name("prod-east-aaaaaa", now)):
        api.create_credential(PATH, LEAST[api.kind][0], name, now + timedelta(days=30))
    estate.apply()
    estate.apply(estate.resource(renewed=True))
    assert len(estate.registered()) == 4
    assert estate.plan().action is Action.NONE


def test_without_the_token_what_holds_is_left_and_what_is_missing_is_told(estate: Estate) -> None:
    estate.secrets.clear()
    with pytest.raises(ResourceError, match="env:ADMIN"):
        estate.apply()
    estate.secrets["env:ADMIN"] = ADMIN
    estate.apply()
    estate.secrets.clear()
    change = estate.plan()
    assert change.action is Action.NONE
    assert "the server was not asked" in change.reason
    with pytest.raises(ResourceError, match="env:ADMIN"):
        estate.plan(estate.resource(renewed=True))


def test_another_repository_gets_another_credential_and_the_old_one_is_revoked(estate: Estate) -> None:
    estate.apply()
    asked = estate.resource(path="Platform/next")
    assert "Platform/next" in estate.plan(asked).reason
    estate.handler(estate.access).create(asked, RecordingRun())
    assert estate.registered() == []
    assert len(estate.registered("Platform/next")) == 1


def test_with_the_other_url_the_other_kind_is_made_and_the_old_one_revoked(estate: Estate) -> None:
    estate.apply()
    over_ssh = estate.resource(ssh=True, secret=manifest(estate.url(ssh=True)))
    assert "a deploy-key is made" in estate.plan(over_ssh).reason
    estate.apply(over_ssh)
    assert [one.kind for one in estate.registered()] == [CredentialKind.DEPLOY_KEY]
    assert {"sshPrivateKey", "password"} & set(estate.secret()) == {"sshPrivateKey"}
    assert estate.plan(over_ssh).action is Action.NONE


def test_a_foreign_secret_is_a_conflict(estate: Estate) -> None:
    foreign = manifest("https://elsewhere.example.com/x.git")
    foreign["metadata"] = {"name": SECRET_NAME, "namespace": NAMESPACE}
    estate.client.apply(foreign, manager="helm")
    assert estate.plan().conflict is not None


def test_found_by_the_secret_alone_and_revoked_only_on_the_server_that_was_answered(estate: Estate) -> None:
    made = estate.apply()
    (found,) = estate.handler().owned(OWNER)
    assert "no administrator's token" in str(found.fields["stays"])
    assert ADMIN not in str(found)
    elsewhere = replace(estate.access, base_url="https://evil.example.com")
    (found,) = estate.handler(elsewhere).owned(OWNER)
    assert "stays" in found.fields
    handler = estate.handler(estate.access)
    (found,) = handler.owned(OWNER)
    assert "stays" not in found.fields
    assert found.provider_id == made["id"]
    for _ in range(2):
        handler.delete(found, RecordingRun())
    assert estate.registered() == []
    assert estate.client.get(SECRET, SECRET_NAME, NAMESPACE) is None
    assert list(handler.owned(OWNER)) == []


def test_one_that_no_secret_holds_any_more_is_found_by_its_name_and_revoked(estate: Estate) -> None:
    access = estate.access
    wanted = RepositoryMark(access.kind, access.base_url, PATH)
    handler = estate.handler(access, wanted)
    estate.apply()
    (found,) = handler.owned(OWNER)
    assert "answered" not in found.fields
    estate.client.delete(SECRET, SECRET_NAME, NAMESPACE)
    estate.offered.api().create_credential(PATH, LEAST[access.kind][0], "ci", estate.now() + timedelta(days=30))
    (found,) = handler.owned(OWNER)
    assert found.fields["answered"] is True
    handler.delete(found, RecordingRun())
    assert [one.name for one in estate.registered()] == ["ci"]
    assert list(handler.owned(OWNER)) == []
    estate.secrets.clear()
    assert list(handler.owned(OWNER)) == []


def test_without_the_token_it_is_said_how_it_is_revoked_by_hand(estate: Estate) -> None:
    made = estate.apply()
    handler = estate.handler(estate.access)
    estate.secrets.clear()
    (found,) = handler.owned(OWNER)
    assert "it is not set. Export it. Or remove it there: curl -X DELETE" in str(found.fields["stays"])
    assert str(found.fields["stays"]).endswith(f"/{made['credential']}")
    assert ADMIN not in str(found)
