"""What the probe is ordered to look at for a private server, what its Job is given, and the rights of an apply."""

from __future__ import annotations

import json

import pytest

from strategies.answers import Answers
from strategies.common import probe_job
from strategies.common.probe_job import Order, Repository, ServerOrder
from strategies.common.probe_script import MARK
from strategies.facts import CLUSTER_INFO, SERVER_AUTHORITY, FactError, HostView, ServerAuthority
from strategies.private_server import probe, rights
from strategies.resources.cluster.probe_report import report
from tests.fakes import SERVER_URL, TOOLS_IMAGE
from tests.unit.private_server.judging import complete, over_ssh, situation

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
HOST = "gitlab.acme.example"


def ordered(answers: Answers | None = None, **facts: object) -> Order:
    """The order of these answers."""
    found = probe.order(situation(facts, answers))
    assert found is not None
    return found


def asked_in(job: object) -> dict[str, object]:
    """What the script of a Job is told to look at."""
    pod = json.loads(json.dumps(job))["spec"]["template"]["spec"]
    (variable,) = pod["containers"][0]["env"]
    found = json.loads(variable["value"])
    assert isinstance(found, dict)
    return found


def test_the_server_and_its_repository_are_looked_at() -> None:
    found = ordered()
    assert found.server == ServerOrder(HOST, 443)
    path = "/platform/cluster-config.git"
    assert found.repository == Repository(SERVER_URL, HOST, path, "main", "repo-prod-east-cluster-config")
    assert (found.image, found.image_key) == (TOOLS_IMAGE, "privateServer.probeImage")


def test_the_ca_of_the_answers_goes_along() -> None:
    answers = complete(private_server__server__ca_file="acme.pem")
    found = ordered(answers, **{SERVER_AUTHORITY.id: ServerAuthority(PEM)})
    assert found.server == ServerOrder(HOST, 443, authorities=PEM)
    server = asked_in(probe_job.job(found, "n"))["server"]
    assert isinstance(server, dict)
    assert server["authorities"] == PEM
    large = ordered(answers, **{SERVER_AUTHORITY.id: ServerAuthority(PEM * 5000)})
    assert large.server == ServerOrder(HOST, 443), "more than one variable takes is left to the cluster's own"


def test_it_waits_for_the_ca_and_for_an_address() -> None:
    answers = complete(private_server__server__ca_file="acme.pem")
    at = situation(None, answers)
    unread = type(at)(answers, at.facts.without(SERVER_AUTHORITY.id))
    assert probe.order(unread) is None
    broken = ordered(answers, **{SERVER_AUTHORITY.id: FactError("unreadable", "")})
    assert broken.server == ServerOrder(HOST, 443)
    assert probe.order(situation(None, complete(private_server__repository__url=None))) is None
    assert probe.order(situation({CLUSTER_INFO.id: FactError("gone", "")})) is None


def test_no_private_key_is_given_to_a_pod() -> None:
    found = ordered(over_ssh())
    assert found.server == ServerOrder("gitea.acme.example", 22, ssh=True)
    assert found.repository is None
    pod = json.loads(json.dumps(probe_job.job(found, "n")))["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["volumes"]] == ["certificates"]
    assert "sshPrivateKey" not in json.dumps(probe_job.job(ordered(), "n"))


def test_the_bearer_token_goes_with_the_secret() -> None:
    pod = json.loads(json.dumps(probe_job.job(ordered(), "n")))["spec"]["template"]["spec"]
    keys = [item["key"] for item in pod["volumes"][0]["secret"]["items"]]
    assert keys == ["url", "username", "password", "bearerToken"]


def test_the_template_of_a_group_is_what_holds_the_credential() -> None:
    credentials = {"method": "token", "secret": "env:T", "prefix": f"https://{HOST}/platform"}
    found = ordered(complete(private_server__credentials=credentials)).repository
    assert found is not None
    assert (found.url, found.secret) == (f"https://{HOST}/platform", "repo-prod-east-cluster-config-group")
    assert found.path == "/platform/cluster-config.git"
    anybody = ordered(complete(private_server__credentials={"method": "none"})).repository
    assert anybody is not None
    assert anybody.open_to_all


def test_what_a_pod_says_of_a_server_is_bounded() -> None:
    said = {"host": HOST, "addresses": ["10.0.3.20"], "banner": "SSH\x1b", "host_keys": ["SHA256:x"] * 99, "ssh_error": 7}
    found = report("image", MARK + json.dumps({"server": said}))
    assert found is not None
    assert found.server is not None
    assert (len(found.server.host_keys), found.server.ssh_error) == (10, "")
    assert "\x1b" not in found.server.banner
    assert report("image", MARK + json.dumps({"server": {"host": HOST}})) is not None
    assert HostView(HOST).host_keys == ()


@pytest.mark.parametrize(
    ("answers", "maps"),
    [
        (complete(), set()),
        (complete(private_server__server__ca_file="x.pem"), {"argocd-tls-certs-cm"}),
        (over_ssh(), {"argocd-ssh-known-hosts-cm"}),
    ],
)
def test_an_apply_changes_just_the_trust_that_it_needs(answers: Answers, maps: set[str]) -> None:
    found = rights.needed_rights(answers)
    assert {one.name for one in found if one.resource == "configmaps"} == maps


def test_the_operators_role_takes_trust_back_whatever_is_answered() -> None:
    told = json.dumps(rights.operator_roles(complete()))
    assert "argocd-tls-certs-cm" in told
    assert "argocd-ssh-known-hosts-cm" in told
