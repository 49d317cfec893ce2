"""The private Git servers in a whole sandbox: the operator's tools find them, and so does Argo CD from the VPC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.estate import authorized, basic
from tests.contract.sandbox.conftest import Hands
from tests.contract.sandbox.test_argocd import NAMESPACE, make_secret, verdict
from wizard.sandbox.git.servers.ssh import known_host, unavailable

CLONE = "https://gitlab.acme.example/platform/cluster-config.git"
TRUST = f"/api/v1/namespaces/{NAMESPACE}/configmaps/argocd-tls-certs-cm"
HOSTS = f"/api/v1/namespaces/{NAMESPACE}/configmaps/argocd-ssh-known-hosts-cm"
MERGE = "application/merge-patch+json"
SSH = "git@gitea.acme.example:platform/cluster-config.git"
with_ssh = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))


@pytest.fixture
def trusted(hands: Hands) -> Iterator[Hands]:
    """Argo CD believes the organisation's CA for GitLab's name."""
    ca = Path(hands.environ["EZGITOPS_SANDBOX_CA"]).read_text()
    hands.kube("PATCH", TRUST, {"data": {"gitlab.acme.example": ca}}, kind=MERGE)
    yield hands
    hands.kube("PATCH", TRUST, {"data": {"gitlab.acme.example": None}}, kind=MERGE)


def test_the_operator_reads_with_what_the_environment_holds(hands: Hands) -> None:
    header = authorized(basic("casey", hands.environ["GITLAB_TOKEN"]))
    ca = hands.environ["EZGITOPS_SANDBOX_CA"]
    assert "certificate" in hands.git("ls-remote", CLONE, **header).stderr
    done = hands.git("ls-remote", CLONE, **header, GIT_SSL_CAINFO=ca)
    assert "refs/heads/main" in done.stdout


@with_ssh
def test_the_operators_ssh_finds_them(hands: Hands) -> None:
    options = "-F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    url = "ssh://git@bitbucket.acme.example:7999/platform/cluster-config.git"
    assert "Permission denied (publickey)" in hands.git("ls-remote", url, GIT_SSH_COMMAND=f"ssh {options}").stderr


def test_argo_cd_syncs_from_one_when_it_believes_its_ca(trusted: Hands) -> None:
    make_secret(trusted, {"url": CLONE, "username": "casey", "password": trusted.environ["GITLAB_TOKEN"]})
    status = verdict(trusted, automated=True, repoURL=CLONE)
    assert status.get("conditions", []) == []
    assert (status["sync"]["status"], status["health"]["status"]) == ("Synced", "Healthy")


def test_argo_cd_does_not_believe_a_ca_that_it_was_not_given(hands: Hands) -> None:
    make_secret(hands, {"url": CLONE, "username": "casey", "password": hands.environ["GITLAB_TOKEN"]})
    told = verdict(hands, repoURL=CLONE)["conditions"][0]["message"]
    assert "certificate signed by unknown authority" in told


def test_argo_cd_goes_where_the_routes_lead(trusted: Hands) -> None:
    make_secret(trusted, {"url": CLONE, "username": "casey", "password": trusted.environ["GITLAB_TOKEN"]})
    route = {"RouteTableId": "rtb-0a1b2c3d4e5f60718", "DestinationCidrBlock": "10.20.0.0/16"}
    ec2 = trusted.aws("ec2")
    ec2.delete_route(**route)
    told = verdict(trusted, repoURL=CLONE)["conditions"][0]["message"]
    ec2.create_route(**route, TransitGatewayId="tgw-0f1b2c3d4e5f60718")
    assert "context deadline exceeded" in told


def test_argo_cd_follows_no_redirect(trusted: Hands) -> None:
    url = CLONE.removesuffix(".git")
    make_secret(trusted, {"url": url, "username": "casey", "password": trusted.environ["GITLAB_TOKEN"]})
    assert "status code: 301" in verdict(trusted, repoURL=url)["conditions"][0]["message"]


def deploy_key(hands: Hands) -> str:
    """Have Gitea take a new key for its repository; the private one."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    pool = urllib3.ProxyManager(hands.environ["HTTPS_PROXY"], ca_certs=hands.environ["EZGITOPS_SANDBOX_CA"])
    made = pool.request(
        "POST",
        "https://gitea.acme.example/api/v1/repos/platform/cluster-config/keys",
        body=json.dumps({"title": public[-8:], "key": public, "read_only": True}),
        headers={"Authorization": f"token {hands.environ['GITEA_TOKEN']}", "Content-Type": "application/json"},
    )
    assert made.status == 201
    private = serialization.PrivateFormat.OpenSSH
    return key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


@pytest.fixture
def known(hands: Hands) -> Iterator[Hands]:
    """Argo CD knows Gitea's host key."""
    before = hands.kube("GET", HOSTS)["data"]["ssh_known_hosts"]
    line = known_host("gitea.acme.example", 22)
    hands.kube("PATCH", HOSTS, {"data": {"ssh_known_hosts": f"{before}{line}\n"}}, kind=MERGE)
    yield hands
    hands.kube("PATCH", HOSTS, {"data": {"ssh_known_hosts": before}}, kind=MERGE)


@with_ssh
@pytest.mark.parametrize("url", [SSH, "ssh://git@gitea.acme.example/platform/cluster-config.git"])
def test_argo_cd_reads_with_a_deploy_key(known: Hands, url: str) -> None:
    make_secret(known, {"url": url, "sshPrivateKey": deploy_key(known)})
    status = verdict(known, repoURL=url)
    assert status.get("conditions", []) == []
    assert (len(status["sync"]["revision"]), status["sourceType"]) == (40, "Kustomize")


@with_ssh
def test_argo_cd_does_not_know_a_host_by_itself(hands: Hands) -> None:
    make_secret(hands, {"url": SSH, "sshPrivateKey": deploy_key(hands)})
    assert "knownhosts: key is unknown" in verdict(hands, repoURL=SSH)["conditions"][0]["message"]


@with_ssh
def test_argo_cd_is_not_let_in_with_any_key(known: Hands) -> None:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    make_secret(known, {"url": SSH, "sshPrivateKey": private.decode()})
    assert "unable to authenticate" in verdict(known, repoURL=SSH)["conditions"][0]["message"]
