"""A static Git credential: both halves made together, kept while they work, mended when they do not."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from strategies.base import Action, Group, Owner
from strategies.codecommit import addresses, manifests
from strategies.kinds import GitCredentialResource
from strategies.ports import CancelledByOperatorError, Execution
from strategies.resources.cluster.apis import SECRET
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.git_credential import GitCredentialHandler
from strategies.resources.cluster.objects import ClusterObjectHandler
from tests.contract.resources_cluster.conftest import Cluster
from tests.recording import RecordingRun
from tests.unit.codecommit.answers import complete

SECRET_NAME, NAMESPACE = "repo-prod-east-cluster-config", "openshift-gitops"


@dataclass
class Iam:
    """The user's credentials: id -> (user name, active)."""

    credentials: dict[str, tuple[str, bool]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def active(self, user: str) -> list[tuple[str, str]]:
        """Those that work."""
        return [(one, name) for one, (name, works) in self.credentials.items() if works]

    def every(self, user: str) -> list[str]:
        """All."""
        return list(self.credentials)

    def create(self, user: str, run: Execution) -> tuple[str, str, str]:
        """One more; AWS allows two."""
        with run.mutation("iam:CreateServiceSpecificCredential", {"UserName": user}):
            assert len(self.credentials) < 2
            number = next(self.numbers)
            self.credentials[f"ACCA{number}"] = (f"{user}-at-{number}", True)
            return f"ACCA{number}", f"{user}-at-{number}", f"marker-password-{number}"

    def delete(self, user: str, credential_id: str, run: Execution) -> None:
        """One less."""
        with run.mutation("iam:DeleteServiceSpecificCredential", {"UserName": user}):
            self.credentials.pop(credential_id, None)


@pytest.fixture
def iam() -> Iam:
    """A user without credentials."""
    return Iam()


@pytest.fixture
def handler(client: KubeClient, iam: Iam) -> GitCredentialHandler:
    """The handler under test."""
    return GitCredentialHandler(client, ClusterObjectHandler(client), iam)


RESOURCE = GitCredentialResource(
    address=addresses.GIT_CREDENTIAL,
    title="Git credential",
    group=Group.CLUSTER,
    owner=Owner("prod-east"),
    user_name="reader",
    secret=manifests.repository_secret(complete()),
)


def secret(client: KubeClient) -> dict[str, str]:
    """The Secret's values in plain text."""
    live = cast("Any", client.get(SECRET, SECRET_NAME, NAMESPACE))
    return {key: base64.b64decode(value).decode() for key, value in live["data"].items()}


def action(handler: GitCredentialHandler) -> Action:
    """What the plan says."""
    return handler.plan(RESOURCE, handler.read(RESOURCE)).action


def test_made_once_kept_afterwards_and_never_shown(handler: GitCredentialHandler, client: KubeClient, iam: Iam) -> None:
    change = handler.plan(RESOURCE, handler.read(RESOURCE))
    assert change.action is Action.CREATE
    assert change.kind == "git-credential"
    run = RecordingRun()
    handler.create(RESOURCE, run)
    values = secret(client)
    assert (values["username"], values["password"]) == ("reader-at-1", "marker-password-1")
    assert values["forceHttpBasicAuth"] == "true"
    observed = handler.read(RESOURCE)
    assert handler.plan(RESOURCE, observed).action is Action.NONE
    handler.create(RESOURCE, RecordingRun())
    assert list(iam.credentials) == ["ACCA1"]
    hidden = base64.b64encode(b"marker-password-1").decode()
    for trace in (str(run), str(observed), str(change)):
        assert "marker" not in trace
        assert hidden not in trace


def test_a_run_killed_between_credential_and_secret_leaves_no_orphan(handler: GitCredentialHandler, iam: Iam) -> None:
    with pytest.raises(CancelledByOperatorError):
        handler.create(RESOURCE, RecordingRun(stop_before="kubernetes:apply secrets"))
    assert list(iam.credentials) == ["ACCA1"]
    handler.create(RESOURCE, RecordingRun())
    assert list(iam.credentials) == ["ACCA2"]
    assert action(handler) is Action.NONE


def test_a_credential_that_was_switched_off_is_made_anew(handler: GitCredentialHandler, client: KubeClient, iam: Iam) -> None:
    handler.create(RESOURCE, RecordingRun())
    iam.credentials["ACCA1"] = ("reader-at-1", False)
    iam.credentials["ACCA9"] = ("reader-at-9", False)
    observed = handler.read(RESOURCE)
    assert observed is not None
    change = handler.plan(RESOURCE, observed)
    assert change.action is Action.UPDATE
    assert {(d.path, d.after) for d in change.diff} == {("data.username", "(hidden)"), ("data.password", "(hidden)")}
    handler.update(RESOURCE, observed, RecordingRun())
    assert list(iam.credentials) == ["ACCA2"]
    assert secret(client)["password"] == "marker-password-2"


def test_it_takes_over_from_a_refresher(handler: GitCredentialHandler, client: KubeClient, cluster: Cluster) -> None:
    client.apply(manifests.repository_secret(complete()))
    patch = {"data": {"username": "b2xk", "password": "b2xk"}}
    cluster.edit("ezgitops-refresher", "Secret", NAMESPACE, SECRET_NAME, patch)
    assert action(handler) is Action.UPDATE
    handler.create(RESOURCE, RecordingRun())
    assert secret(client)["password"] == "marker-password-1"
    assert action(handler) is Action.NONE


def test_it_is_exchanged_on_request_and_a_killed_exchange_is_finished_by_the_next(
    handler: GitCredentialHandler, iam: Iam, client: KubeClient
) -> None:
    handler.create(RESOURCE, RecordingRun())
    renewed = replace(RESOURCE, renewed=True)
    observed = handler.read(renewed)
    assert observed is not None
    change = handler.plan(renewed, observed)
    assert (change.action, change.reason) == (Action.UPDATE, "a new one is asked for")
    run = RecordingRun()
    handler.update(renewed, observed, run)
    assert run.calls == [
        "iam:CreateServiceSpecificCredential",
        "kubernetes:apply secrets",
        "iam:DeleteServiceSpecificCredential",
    ]
    assert list(iam.credentials) == ["ACCA2"]
    assert secret(client)["password"] == "marker-password-2"
    for call in run.calls[1:]:
        with pytest.raises(CancelledByOperatorError):
            handler.create(renewed, RecordingRun(stop_before=call))
        handler.create(renewed, RecordingRun())
        assert len(iam.credentials) == 1
        assert action(handler) is Action.NONE
