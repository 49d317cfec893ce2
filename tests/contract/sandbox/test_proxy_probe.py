"""The look from inside the cluster through the sandbox's own proxy: script, Squid and routes are the real ones."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from strategies.bastion_proxy import host_script, squid
from strategies.bastion_proxy.probe import forbidden
from strategies.common.probe_job import Order, ProxyOrder, Repository, job
from strategies.facts import ListingState, PassageState, Probe, ProxyView
from strategies.resources.cluster.probe_report import report
from tests.contract.sandbox.conftest import GITHUB, Hands, eventually
from tests.programs import needs

MACHINE, ADDRESS, PORT = "i-0c1b2c3d4e5f60010", "10.1.1.10", 3128
NODES, GROUP = "10.0.0.0/16", "sg-0e5e5e5e5e5e5e5e5"
NAMESPACE, SECRET = "openshift-gitops", "repo-prod-east-source"
URL = f"http://{ADDRESS}:{PORT}"

pytestmark = needs("squid")


def open_port(hands: Hands) -> None:
    """Let the nodes in, as apply does."""
    permission = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "IpRanges": [{"CidrIp": NODES}]}
    hands.aws("ec2").authorize_security_group_ingress(GroupId=GROUP, IpPermissions=[permission])


def close_port(hands: Hands) -> None:
    """Take the rule back."""
    permission = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "IpRanges": [{"CidrIp": NODES}]}
    hands.aws("ec2").revoke_security_group_ingress(GroupId=GROUP, IpPermissions=[permission])


def run_there(hands: Hands, script: str) -> None:
    """Run a script on the machine, by Systems Manager."""
    ssm = hands.aws("ssm")
    sent = ssm.send_command(InstanceIds=[MACHINE], DocumentName="AWS-RunShellScript", Parameters={"commands": [script]})
    asked = {"CommandId": sent["Command"]["CommandId"], "InstanceId": MACHINE}

    def ended() -> dict[str, str] | None:
        try:
            found: dict[str, str] = ssm.get_command_invocation(**asked)
        except ssm.exceptions.InvocationDoesNotExist:
            return None
        return found if found["Status"] not in ("Pending", "InProgress") else None

    done = eventually(ended, seconds=60)
    assert done["Status"] == "Success", done


@pytest.fixture(scope="module")
def proxied(hands: Hands) -> Hands:
    """A sandbox whose proxy is set up, with the Secret of a public repository."""
    configuration = squid.configuration(("github.com", "api.github.com"), (NODES,), PORT, "prod-east")
    run_there(hands, host_script.install("prod-east", configuration, PORT, replace_foreign=False))
    open_port(hands)
    values = {"url": GITHUB, "type": "git", "proxy": URL}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "data": data}
    assert hands.kube("POST", f"/api/v1/namespaces/{NAMESPACE}/secrets", body)["kind"] == "Secret"
    return hands


def order(hands: Hands) -> Order:
    """What the strategy orders for the healthy world."""
    image = hands.kube("GET", "/apis/image.openshift.io/v1/namespaces/openshift/imagestreams/tools")["spec"]["tags"][0]["from"]
    path = GITHUB.removeprefix("https://github.com")
    repository = Repository(GITHUB, "github.com", path, "main", SECRET, open_to_all=True)
    refused = forbidden(("github.com",), "github.com")
    proxy = ProxyOrder(URL, ADDRESS, PORT, ("github.com:443", "raw.githubusercontent.com:443"), refused)
    return Order("prod-east", NAMESPACE, "prod-east", image["name"], "", (), repository, proxy)


def seen(hands: Hands, name: str, wanted: Order | None = None) -> Probe:
    """What the Job of this name reports."""
    jobs, pods = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", f"/api/v1/namespaces/{NAMESPACE}/pods"
    made = hands.kube("POST", jobs, json.loads(json.dumps(job(wanted or order(hands), name))))
    assert made["kind"] == "Job", made
    eventually(lambda: (hands.kube("GET", f"{jobs}/{name}").get("status") or {}).get("conditions"), seconds=60)
    pod = next(pod for pod in hands.kube("GET", pods)["items"] if pod["metadata"]["name"].startswith(f"{name}-"))
    log = hands.text(f"{pods}/{pod['metadata']['name']}/log")
    found = report("", log)
    assert found is not None, log
    return found


def view(found: Probe) -> ProxyView:
    """The report's part on the proxy."""
    assert found.proxy is not None
    return found.proxy


def test_what_is_on_the_list_passes_and_nothing_else(proxied: Hands) -> None:
    found = seen(proxied, "whole")
    git, raw = view(found).allowed
    assert (git.state, git.tls_error) == (PassageState.OPEN, "")
    assert (raw.state, raw.status) == (PassageState.REFUSED, 403), "it is not on this list"
    assert {one.target: (one.state, one.status) for one in view(found).forbidden} == dict.fromkeys(
        forbidden(("github.com",), "github.com"), (PassageState.REFUSED, 403)
    )
    assert found.listing is not None
    assert (found.listing.state, found.listing.status, found.listing.revision_found) == (ListingState.ANSWERED, 200, True)


def test_a_closed_port_is_no_answer_and_a_dead_squid_a_refusal(proxied: Hands) -> None:
    close_port(proxied)
    assert view(seen(proxied, "closed")).unreached == "timed out"
    open_port(proxied)
    run_there(proxied, "systemctl stop squid")
    assert view(seen(proxied, "dead")).unreached == "Connection refused"
    run_there(proxied, "systemctl start squid")
    assert view(seen(proxied, "alive")).allowed[0].state is PassageState.OPEN


def test_another_address_is_another_machine(proxied: Hands) -> None:
    """The bastion of the cluster's own VPC listens at nothing, and lets nobody in."""
    whole = order(proxied)
    assert whole.proxy is not None
    elsewhere = replace(whole, proxy=replace(whole.proxy, url="http://10.0.2.5:3128", host="10.0.2.5"))
    assert view(seen(proxied, "elsewhere", elsewhere)).unreached == "timed out"
