"""What the probe is ordered to look at for a proxy, and what its Job is given."""

from __future__ import annotations

import json

import pytest

from strategies import chosen
from strategies.answers import Answers
from strategies.base import Situation
from strategies.bastion_proxy import probe
from strategies.common import probe_job
from strategies.common.probe_job import Order
from strategies.facts import Facts, Reading
from tests.fakes import START, TOOLS_IMAGE, healthy_facts
from tests.unit.bastion_proxy.bastion_answers import complete


def situation(answers: Answers) -> Situation:
    """The healthy world with these answers."""
    return Situation(answers, Facts({key: Reading(value, None, START, 0.1) for key, value in healthy_facts().items()}))


def ordered(**answers: object) -> Order:
    """The order of these answers."""
    found = probe.order(situation(complete(**answers)))
    assert found is not None
    return found


def test_the_proxy_and_the_repository_behind_it_are_looked_at() -> None:
    found = ordered(bastion_proxy__allow__hosts=["api.github.com", "github.com"])
    assert found.hosts == ()
    assert found.proxy is not None
    assert (found.proxy.host, found.proxy.port) == ("10.1.1.10", 3128)
    assert found.proxy.allowed == ("github.com:443", "api.github.com:443"), "the source's host first, and once"
    assert "example.com:443" in found.proxy.forbidden
    assert found.repository is not None
    assert (found.repository.host, found.repository.path) == ("github.com", "/acme/cluster-config.git")
    assert found.repository.open_to_all
    assert (found.image, found.image_key) == (TOOLS_IMAGE, "bastionProxy.probeImage")


def test_what_is_forbidden_is_on_no_list() -> None:
    hosts = ["github.com", "example.com", "example.org"]
    found = ordered(bastion_proxy__allow__hosts=hosts).proxy
    assert found is not None
    assert "example.net:443" in found.forbidden
    assert not set(found.allowed) & set(found.forbidden)


def test_twenty_hosts_are_looked_at_and_no_more() -> None:
    found = ordered(bastion_proxy__allow__hosts=[f"h{number}.acme.example" for number in range(500)]).proxy
    assert found is not None
    assert len(found.allowed) == probe.MOST_ALLOWED
    assert found.allowed[0] == "github.com:443"


def test_another_port_of_the_git_host_and_a_password_are_minded() -> None:
    found = ordered(source__url="https://git.acme.example:8443/scm/config.git/", source__password="env:TOKEN")
    assert found.proxy is not None
    assert found.proxy.allowed == ("git.acme.example:8443", "github.com:443")
    assert found.repository is not None
    assert (found.repository.port, found.repository.path, found.repository.open_to_all) == (8443, "/scm/config.git", False)


@pytest.mark.parametrize("missing", ["source__url", "bastion_proxy__proxy__url"])
def test_it_waits_for_what_it_needs_to_know(missing: str) -> None:
    answers = complete(**{missing: None})
    assert probe.order(situation(answers)) is None
    assert chosen.probe(situation(complete(cluster_probe=False))) == probe_job.OFF


def test_without_a_name_for_the_secret_nothing_is_listed() -> None:
    assert ordered(bastion_proxy__secret_name=None).repository is None


def test_the_pod_is_given_what_argo_cd_has_and_not_the_apps_key() -> None:
    job = json.loads(json.dumps(probe_job.job(ordered(), "n")))
    pod = job["spec"]["template"]["spec"]
    repository, certificates = pod["volumes"]
    keys = [item["key"] for item in repository["secret"]["items"]]
    assert keys == ["url", "username", "password", "bearerToken", "proxy", "githubAppID"]
    assert repository["secret"]["secretName"] == "repo-prod-east-source"
    assert certificates == {"name": "certificates", "configMap": {"name": "argocd-tls-certs-cm", "optional": True}}
    assert all(mount["readOnly"] for mount in pod["containers"][0]["volumeMounts"])
    (variable,) = pod["containers"][0]["env"]
    asked = json.loads(variable["value"])
    assert asked["proxy"]["url"] == "http://10.1.1.10:3128"
    assert asked["repository"]["open_to_all"] is True


def test_the_whole_script_fits_into_one_argument() -> None:
    """execve(2): 128 KiB for one argument."""
    assert len(probe_job.script().encode()) < 64 * 1024
