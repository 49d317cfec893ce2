"""The look from inside at the private servers, by a Job in the sandbox: names, routes, TLS, OpenSSH, Argo CD's own Secret."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from strategies.common.probe_job import Order, Repository, ServerOrder, job
from strategies.facts import HostView, ListingState, Probe
from strategies.resources.cluster.probe_report import report
from tests.contract.sandbox.conftest import Hands, eventually
from wizard.sandbox.git.servers.ssh import unavailable

NAMESPACE = "openshift-gitops"
HOST, PATH = "bitbucket.acme.example", "/scm/PLATFORM/cluster-config.git"


def authority(hands: Hands) -> str:
    """The CA of the organisation's servers, as the operator has it."""
    return Path(hands.environ["EZGITOPS_SANDBOX_CA"]).read_text()


def seen(hands: Hands, name: str, server: ServerOrder, repository: Repository | None = None) -> Probe:
    """What a Job of this name reports of the server."""
    image = hands.kube("GET", "/apis/image.openshift.io/v1/namespaces/openshift/imagestreams/tools")["spec"]["tags"][0]["from"]
    order = Order("prod-east", NAMESPACE, "prod-east", image["name"], "", (), repository, server=server)
    jobs, pods = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", f"/api/v1/namespaces/{NAMESPACE}/pods"
    made = hands.kube("POST", jobs, json.loads(json.dumps(job(order, name))))
    assert made["kind"] == "Job", made
    eventually(lambda: (hands.kube("GET", f"{jobs}/{name}").get("status") or {}).get("conditions"), seconds=60)
    pod = next(pod for pod in hands.kube("GET", pods)["items"] if pod["metadata"]["name"].startswith(f"{name}-"))
    log = hands.text(f"{pods}/{pod['metadata']['name']}/log")
    found = report("", log)
    assert found is not None, log
    return found


def view(found: Probe) -> HostView:
    """The report's part on the server."""
    assert found.server is not None
    return found.server


def test_a_private_ca_is_believed_when_it_goes_along(hands: Hands) -> None:
    stranger = view(seen(hands, "stranger", ServerOrder(HOST, 443)))
    assert stranger.addresses == ("10.20.0.12",)
    assert stranger.tls_error
    assert stranger.issuer
    assert not stranger.own_authorities
    known = view(seen(hands, "known", ServerOrder(HOST, 443, authorities=authority(hands))))
    assert known.trusted
    assert known.own_authorities


def test_a_bearer_token_lists_as_argo_cd_will(hands: Hands) -> None:
    url, secret = f"https://{HOST}{PATH}", "repo-bitbucket"
    values = {"url": url, "type": "git", "bearerToken": hands.environ["BITBUCKET_READ_TOKEN"]}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}, "data": data}
    assert hands.kube("POST", f"/api/v1/namespaces/{NAMESPACE}/secrets", body)["kind"] == "Secret"
    server = ServerOrder(HOST, 443, authorities=authority(hands))
    found = seen(hands, "bearer", server, Repository(url, HOST, PATH, "main", secret)).listing
    assert found is not None
    assert (found.state, found.status, found.revision_found) == (ListingState.ANSWERED, 200, True)


@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
def test_the_host_keys_are_seen_without_a_program_of_ssh(hands: Hands) -> None:
    found = view(seen(hands, "keys", ServerOrder("gitea.acme.example", 22, ssh=True)))
    assert found.banner.startswith("SSH-2.0-")
    assert all(one.startswith("SHA256:") for one in found.host_keys)
    assert found.host_keys
