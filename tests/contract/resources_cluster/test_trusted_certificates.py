"""Entries of ``argocd-tls-certs-cm``: put beside those of others, adopted, disputed, found without the answers, taken back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from strategies.base import Action, Change, Group, Owner
from strategies.kinds import TrustedCertificateResource
from strategies.ports import ResourceError
from strategies.resources.certificates import LARGEST, certificates, described, read_certificates
from strategies.resources.cluster.apis import CONFIG_MAP, strings
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.trusted_certificate import CONFIG, TrustedCertificateHandler
from tests.contract.resources_cluster.conftest import Cluster
from tests.recording import RecordingRun

NAMESPACE = "openshift-gitops"
HOST, OTHER = "github.com", "acme.github.io"


@pytest.fixture(scope="module")
def pem() -> str:
    """A CA."""
    return trustme.CA(organization_name="Acme proxy").cert_pem.bytes().decode()


@pytest.fixture
def ca_file(tmp_path: Path, pem: str) -> str:
    """That CA as a file, with words around it."""
    path = tmp_path / "corporate-ca.pem"
    path.write_text(f"# the proxy's CA\r\n{pem}\n")
    return str(path)


@pytest.fixture
def handler(client: KubeClient) -> TrustedCertificateHandler:
    """The handler under test."""
    return TrustedCertificateHandler(client, NAMESPACE)


def resource(ca_file: str, host: str = HOST, instance: str = "prod-east") -> TrustedCertificateResource:
    return TrustedCertificateResource(
        address=f"cluster.trust.{host}", title=host, group=Group.CLUSTER, owner=Owner(instance), namespace=NAMESPACE, host=host,
        ca_file=ca_file,
    )  # fmt: skip


def plan(handler: TrustedCertificateHandler, one: TrustedCertificateResource) -> Change:
    return handler.plan(one, handler.read(one))


def entries(client: KubeClient) -> dict[str, str]:
    return strings(client.get(CONFIG_MAP, CONFIG, NAMESPACE), "data")


def marks(client: KubeClient) -> list[str]:
    annotations = strings(client.get(CONFIG_MAP, CONFIG, NAMESPACE), "metadata", "annotations")
    return sorted(value for key, value in annotations.items() if key.startswith("ezgitops.dev/"))


def test_entries_are_put_beside_each_other_and_taken_back_one_by_one(
    handler: TrustedCertificateHandler, client: KubeClient, cluster: Cluster, ca_file: str, pem: str
) -> None:
    cluster.edit("kubectl-edit", "ConfigMap", NAMESPACE, CONFIG, {"data": {"git.acme.example": "theirs"}})
    for host in (HOST, OTHER):
        one = resource(ca_file, host)
        change = plan(handler, one)
        assert (change.action, change.diff[0].before) == (Action.CREATE, None)
        assert "SHA-256" in str(change.diff[0].after)
        handler.create(one, RecordingRun())
        assert plan(handler, one).action is Action.NONE
        handler.create(one, RecordingRun())
    assert entries(client) == {"git.acme.example": "theirs", HOST: pem, OTHER: pem}
    assert marks(client) == [f"prod-east {OTHER}", f"prod-east {HOST}"]
    # On a machine that never saw the answers.
    found = {each.fields["name"]: each for each in handler.owned(Owner("prod-east"))}
    assert list(handler.owned(Owner("prod"))) == []
    run = RecordingRun()
    handler.delete(found[HOST], run)
    handler.delete(found[HOST], run)
    assert run.mutations == [("kubernetes:apply configmaps", {"namespace": NAMESPACE, "name": CONFIG, "host": HOST})]
    assert entries(client) == {"git.acme.example": "theirs", OTHER: pem}
    assert marks(client) == [f"prod-east {OTHER}"]


def test_the_same_entry_of_somebody_else_is_used_and_another_is_a_conflict(
    handler: TrustedCertificateHandler, client: KubeClient, cluster: Cluster, ca_file: str, pem: str
) -> None:
    cluster.edit("helm", "ConfigMap", NAMESPACE, CONFIG, {"data": {HOST: f"\n{pem}"}})
    change = plan(handler, resource(ca_file))
    assert (change.action, change.conflict) == (Action.NONE, None)
    other = trustme.CA().cert_pem.bytes().decode()
    cluster.edit("helm", "ConfigMap", NAMESPACE, CONFIG, {"data": {HOST: other}})
    change = plan(handler, resource(ca_file))
    assert "already trusts another certificate for github.com" in (change.conflict or "")
    with pytest.raises(ResourceError):
        handler.create(resource(ca_file), RecordingRun())
    assert entries(client)[HOST] == other


@pytest.mark.parametrize(("manager", "conflicts"), [("kubectl-edit", False), ("helm", True)])
def test_an_entry_of_ours_that_was_changed(
    handler: TrustedCertificateHandler, client: KubeClient, cluster: Cluster, ca_file: str, pem: str, manager: str,
    conflicts: bool,
) -> None:  # fmt: skip
    one = resource(ca_file)
    handler.create(one, RecordingRun())
    cluster.edit(manager, "ConfigMap", NAMESPACE, CONFIG, {"data": {HOST: "spoilt"}})
    observed = handler.read(one)
    assert observed is not None
    change = handler.plan(one, observed)
    assert (change.action, change.conflict is not None) == (Action.UPDATE, conflicts)
    if not conflicts:
        assert manager in change.reason
        handler.update(one, observed, RecordingRun())
        assert entries(client)[HOST] == pem


def test_two_instances_share_an_entry_until_the_last_one_goes(
    handler: TrustedCertificateHandler, client: KubeClient, ca_file: str, pem: str
) -> None:
    for instance in ("prod-east", "staging"):
        handler.create(resource(ca_file, instance=instance), RecordingRun())
    for instance, left in (("prod-east", {HOST: pem}), ("staging", {})):
        [found] = handler.owned(Owner(instance))
        handler.delete(found, RecordingRun())
        assert entries(client) == left


def test_without_the_config_map_the_plan_says_so(handler: TrustedCertificateHandler, cluster: Cluster, ca_file: str) -> None:
    cluster.server.store.delete("ConfigMap", NAMESPACE, CONFIG)
    assert "is there an ArgoCD resource?" in (plan(handler, resource(ca_file)).conflict or "")


def test_a_certificate_that_was_confirmed_by_its_fingerprint_is_taken_from_the_server_once(
    client: KubeClient, ca_file: str, pem: str
) -> None:
    asked: list[tuple[str, int, str]] = []

    def shown(host: str, port: int, fingerprint: str) -> str:
        asked.append((host, port, fingerprint))
        return pem

    handler = TrustedCertificateHandler(client, NAMESPACE, shown)
    (der,) = certificates(pem)
    printed = ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())
    one = replace(resource(ca_file), ca_file=None, fingerprint=printed, port=8443)
    change = plan(handler, one)
    assert (change.action, change.diff[0].after) == (Action.CREATE, described(pem))
    assert asked == []
    handler.create(one, RecordingRun())
    assert asked == [(HOST, 8443, printed)]
    assert entries(client) == {HOST: pem}
    assert plan(handler, one).action is Action.NONE
    assert plan(handler, resource(ca_file)).action is Action.NONE
    other = replace(one, fingerprint=":".join(["AB"] * 32))
    assert plan(handler, other).action is Action.UPDATE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no PEM certificate"),
        (b"\x30\x82\x01\x00", "openssl x509 -inform der"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "broken"),
        (b"x" * (LARGEST + 1), "larger than 512 KiB"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "private key"),
    ],
    ids=["empty", "DER", "broken", "large", "key"],
)
def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(ResourceError) as caught:
        read_certificates(str(path))
    assert told in f"{caught.value} {caught.value.remedy}"


def test_a_key_beside_a_certificate_is_refused_and_what_is_no_file_too(
    tmp_path: Path, authority: tuple[trustme.CA, rsa.RSAPrivateKey]
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(authority[0].cert_pem.bytes() + authority[0].private_key_pem.bytes())
    for path, told in ((both, "private key"), (tmp_path, "no regular file"), (tmp_path / "none", "No such file")):
        with pytest.raises(ResourceError, match=told):
            read_certificates(str(path))
