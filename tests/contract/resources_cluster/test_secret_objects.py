"""Secrets with values known by reference: composed, compared without being shown, applied, removed."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import SecretObjectResource, SecretText
from strategies.ports import ResourceError
from strategies.resources.cluster.apis import SECRET, dig, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.objects import ClusterObjectHandler
from strategies.resources.cluster.secret_object import SecretObjectHandler
from tests.contract.resources_cluster.conftest import Cluster
from tests.recording import RecordingRun

NAMESPACE, NAME = "openshift-gitops", "repo-cluster-config"
PASSWORD = "MARKER/pa:ss@word"
OWNER = Owner("prod-east")


def resource(**values: SecretText) -> SecretObjectResource:
    """A repository Secret with the proxy's URL in it."""
    labels = {**OWNER.labels, "argocd.argoproj.io/secret-type": "repository"}
    return SecretObjectResource(
        address="cluster.secret.source", title="repository Secret", group=Group.CLUSTER, owner=OWNER,
        manifest={
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels},
            "data": {"type": _encoded("git"), "url": _encoded("https://github.com/acme/cluster-config.git")},
        },
        values=values or {"proxy": SecretText("env:PASSWORD", "http://argocd:", "@10.1.1.10:3128", in_url=True)},
    )  # fmt: skip


def handler(client: KubeClient, **secrets: str) -> SecretObjectHandler:
    """The handler, for somebody who knows these secrets."""
    known = secrets or {"PASSWORD": PASSWORD}

    def resolve(reference: str) -> str:
        try:
            return known[reference.removeprefix("env:")]
        except KeyError:
            raise ResourceError(f"Cannot find the secret {reference}", "it is not set", "Export it.") from None

    return SecretObjectHandler(ClusterObjectHandler(client), resolve)


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def held(client: KubeClient, key: str) -> str:
    return base64.b64decode(text(client.get(SECRET, NAME, NAMESPACE), "data", key)).decode()


def test_a_secret_is_percent_encoded_in_a_url_and_applied_once(client: KubeClient) -> None:
    one, made, run = resource(), handler(client), RecordingRun()
    change = made.plan(one, made.read(one))
    assert change.action is Action.CREATE
    assert ("data.proxy", None, "(hidden)") in [(d.path, d.before, d.after) for d in change.diff]
    made.create(one, run)
    assert held(client, "proxy") == "http://argocd:MARKER%2Fpa%3Ass%40word@10.1.1.10:3128"
    assert run.mutations == [
        ("kubernetes:apply secrets", {"namespace": NAMESPACE, "name": NAME, "force": False}),
    ]
    assert made.plan(one, made.read(one)).action is Action.NONE


def test_a_changed_secret_is_seen_and_never_shown(client: KubeClient) -> None:
    one = resource(password=SecretText("env:PASSWORD"))
    handler(client).create(one, RecordingRun())
    other = handler(client, PASSWORD="MARKER-two")
    observed = other.read(one)
    assert observed is not None
    change = other.plan(one, observed)
    assert change.action is Action.UPDATE
    assert [(d.path, d.before, d.after) for d in change.diff] == [("data.password", "(hidden)", "(hidden)")]
    run = RecordingRun()
    other.update(one, observed, run)
    assert held(client, "password") == "MARKER-two"
    told = json.dumps([asdict(change), asdict(observed), run.mutations, run.told], default=str)
    for value in ("MARKER", _encoded("MARKER-two"), _encoded(PASSWORD)):
        assert value not in told


def test_a_private_key_keeps_its_lines(client: KubeClient) -> None:
    one = resource(githubAppPrivateKey=SecretText("env:KEY"))
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMARKER\n-----END RSA PRIVATE KEY-----"
    handler(client, KEY=pem).create(one, RecordingRun())
    assert held(client, "githubAppPrivateKey") == pem


def test_a_secret_that_cannot_be_found_or_is_no_text_is_said_without_it(client: KubeClient) -> None:
    with pytest.raises(ResourceError, match="Cannot find the secret env:PASSWORD"):
        handler(client, OTHER="x").read(resource())
    with pytest.raises(ResourceError, match="is not UTF-8") as caught:
        handler(client, PASSWORD="MARKER\udcff").read(resource(password=SecretText("env:PASSWORD")))
    assert "MARKER" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_there_and_not_ours(client: KubeClient, cluster: Cluster) -> None:
    one, made = resource(), handler(client)
    whole = {**one.manifest, "data": {**dict(dig(one.manifest, "data")), "proxy": _encoded("http://elsewhere:3128")}}  # type: ignore[arg-type]
    whole["metadata"] = {"name": NAME, "namespace": NAMESPACE, "labels": {"argocd.argoproj.io/secret-type": "repository"}}
    cluster.server.store.create(json.loads(json.dumps(whole)), manager="helm")
    change = made.plan(one, made.read(one))
    assert change.conflict is not None
    assert "was not made by ezgitops and differs" in change.conflict


def test_it_is_found_as_a_cluster_object_and_removed(client: KubeClient) -> None:
    one, made = resource(), handler(client)
    made.create(one, RecordingRun())
    assert made.found_as == "cluster-object"
    assert list(made.owned(OWNER)) == []
    observed = made.read(replace(one))
    assert observed is not None
    [found] = [each for each in ClusterObjectHandler(client).owned(OWNER) if each.provider_id == observed.provider_id]
    made.delete(found, RecordingRun())
    assert made.read(one) is None
