"""Lines of ``argocd-ssh-known-hosts-cm``: beside those of others, only of confirmed keys, taken back without the answers."""

from __future__ import annotations

import base64
from functools import partial

import pytest

from strategies.base import Action, Change, Group, Json, Owner
from strategies.facts import SshHostKey, SshHostKeys
from strategies.kinds import KnownHostResource
from strategies.ports import ResourceError
from strategies.resources.cluster import kubeconfig
from strategies.resources.cluster.apis import CONFIG_MAP, ApiKind, Manifest, strings
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.known_host import CONFIG, KEY, KnownHostHandler
from strategies.resources.git.servers.dial import TalkError, Trouble
from strategies.resources.git.servers.ssh import fingerprint
from tests.contract.resources_cluster.conftest import Cluster, now
from tests.recording import RecordingRun

NAMESPACE, HOST = "openshift-gitops", "git.example.com"
THEIRS = "# kept by the platform team\ngithub.com ssh-ed25519 QUFB\n"


def key(number: int) -> SshHostKey:
    """A key."""
    blob = base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + bytes([number]) * 36).decode()
    return SshHostKey("ssh-ed25519", fingerprint(blob), blob)


ONE, TWO = key(1), key(2)


@pytest.fixture
def shown() -> list[SshHostKey]:
    """The keys that the server shows."""
    return [ONE]


@pytest.fixture
def handler(client: KubeClient, cluster: Cluster, shown: list[SshHostKey]) -> KnownHostHandler:
    """The handler under test, in a cluster where somebody else put a line."""
    cluster.edit("kubectl-edit", "ConfigMap", NAMESPACE, CONFIG, {"data": {KEY: THEIRS}})
    return KnownHostHandler(client, lambda host, port: SshHostKeys(host, port, tuple(shown)), NAMESPACE)


def resource(*keys: SshHostKey, port: int = 22, instance: str = "prod-east") -> KnownHostResource:
    return KnownHostResource(
        address="cluster.known-host.server", title=HOST, group=Group.CLUSTER, owner=Owner(instance), namespace=NAMESPACE,
        host=HOST, port=port, fingerprints=tuple(one.fingerprint for one in keys),
    )  # fmt: skip


def plan(handler: KnownHostHandler, one: KnownHostResource) -> Change:
    return handler.plan(one, handler.read(one))


def value(client: KubeClient) -> str:
    return strings(client.get(CONFIG_MAP, CONFIG, NAMESPACE), "data")[KEY]


def line(one: SshHostKey, name: str = HOST) -> str:
    return f"{name} ssh-ed25519 {one.key}\n"


def test_written_once_beside_others_and_taken_back(handler: KnownHostHandler, client: KubeClient) -> None:
    asked = resource(ONE, port=7999)
    change = plan(handler, asked)
    assert (change.action, change.diff[0].before) == (Action.CREATE, None)
    assert ONE.fingerprint in str(change.diff[0].after)
    handler.create(asked, RecordingRun())
    again = RecordingRun()
    handler.create(asked, again)
    assert again.calls == []
    assert value(client) == THEIRS + line(ONE, f"[{HOST}]:7999")
    assert plan(handler, asked).action is Action.NONE
    (found,) = handler.owned(Owner("prod-east"))
    assert found.fields["name"] == f"[{HOST}]:7999"
    assert list(handler.owned(Owner("prod"))) == []
    for _ in range(2):
        handler.delete(found, RecordingRun())
    assert value(client) == THEIRS
    assert list(handler.owned(Owner("prod-east"))) == []


def test_another_key_than_the_confirmed_one_is_refused(
    handler: KnownHostHandler, client: KubeClient, shown: list[SshHostKey]
) -> None:
    shown[:] = [TWO]
    with pytest.raises(ResourceError, match="another key") as caught:
        handler.create(resource(ONE), RecordingRun())
    assert TWO.fingerprint in caught.value.why
    assert value(client) == THEIRS


def test_only_confirmed_keys_are_written_and_those_no_longer_asked_for_go(
    handler: KnownHostHandler, client: KubeClient, shown: list[SshHostKey]
) -> None:
    shown[:] = [ONE, TWO]
    handler.create(resource(ONE), RecordingRun())
    assert value(client) == THEIRS + line(ONE)
    assert plan(handler, resource(TWO)).action is Action.UPDATE
    handler.create(resource(TWO), RecordingRun())
    assert value(client) == THEIRS + line(TWO)


def test_lines_of_others_for_the_same_host_are_used_and_never_taken(
    handler: KnownHostHandler, client: KubeClient, cluster: Cluster, shown: list[SshHostKey]
) -> None:
    cluster.edit("helm", "ConfigMap", NAMESPACE, CONFIG, {"data": {KEY: line(ONE)}})
    assert "used as it is" in plan(handler, resource(ONE)).reason
    shown[:] = [ONE, TWO]
    handler.create(resource(ONE, TWO), RecordingRun())
    (found,) = handler.owned(Owner("prod-east"))
    handler.delete(found, RecordingRun())
    assert value(client) == line(ONE)


def test_two_instances_share_lines_until_the_last_one_goes(handler: KnownHostHandler, client: KubeClient) -> None:
    for instance in ("prod-east", "staging"):
        assert plan(handler, resource(ONE, instance=instance)).action is Action.CREATE
        handler.create(resource(ONE, instance=instance), RecordingRun())
        assert plan(handler, resource(ONE, instance=instance)).action is Action.NONE
    for instance, left in (("prod-east", THEIRS + line(ONE)), ("staging", THEIRS)):
        (found,) = handler.owned(Owner(instance))
        handler.delete(found, RecordingRun())
        assert value(client) == left


def test_a_line_that_was_removed_by_hand_is_written_again(
    handler: KnownHostHandler, client: KubeClient, cluster: Cluster
) -> None:
    handler.create(resource(ONE), RecordingRun())
    cluster.edit("kubectl-edit", "ConfigMap", NAMESPACE, CONFIG, {"data": {KEY: THEIRS}})
    assert plan(handler, resource(ONE)).action is Action.UPDATE
    handler.create(resource(ONE), RecordingRun())
    assert value(client) == THEIRS + line(ONE)


def test_a_change_of_somebody_else_in_between_is_read_again(client: KubeClient, cluster: Cluster) -> None:
    handler = KnownHostHandler(Raced(cluster), lambda host, port: SshHostKeys(host, port, (ONE,)), NAMESPACE)
    handler.create(resource(ONE), RecordingRun())
    assert value(client) == THEIRS + line(ONE)


class Raced(KubeClient):
    """A client before whose first write somebody else writes."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(partial(kubeconfig.login, cluster.environ, None), now)
        self._cluster = cluster
        self._raced = False

    def merge_patch(self, kind: ApiKind, namespace: str, name: str, patch: Manifest) -> Manifest:
        """The first one loses."""
        if not self._raced:
            self._raced = True
            self._cluster.edit("kubectl-edit", "ConfigMap", NAMESPACE, CONFIG, {"data": {KEY: THEIRS}})
        return super().merge_patch(kind, namespace, name, patch)


@pytest.mark.parametrize("spoilt", ["no json", "[]", '{"instance": "prod-east", "host": "other", "lines": []}'])
def test_a_spoilt_mark_makes_nothing_ours(handler: KnownHostHandler, client: KubeClient, cluster: Cluster, spoilt: str) -> None:
    handler.create(resource(ONE), RecordingRun())
    marks = strings(client.get(CONFIG_MAP, CONFIG, NAMESPACE), "metadata", "annotations")
    annotations: dict[str, Json] = {name: spoilt for name in marks if name.startswith("ezgitops.dev/known-host-")}
    cluster.edit("kubectl-edit", "ConfigMap", NAMESPACE, CONFIG, {"metadata": {"annotations": annotations}})
    assert list(handler.owned(Owner("prod-east"))) == []
    assert "not ours" in plan(handler, resource(ONE)).reason


def test_a_server_that_cannot_be_seen_and_a_missing_map_are_told(client: KubeClient, cluster: Cluster) -> None:
    def unseen(host: str, port: int) -> SshHostKeys:
        raise TalkError(Trouble.CONNECT, f"{host} port {port} shows no host key")

    handler = KnownHostHandler(client, unseen, NAMESPACE)
    with pytest.raises(ResourceError, match="shows no host key"):
        handler.create(resource(ONE), RecordingRun())
    cluster.server.store.delete("ConfigMap", NAMESPACE, CONFIG)
    assert "is there an ArgoCD resource?" in (plan(handler, resource(ONE)).conflict or "")
