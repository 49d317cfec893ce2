"""The rights in the cluster: no more than what is asked for needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from strategies.bastion_proxy.rights import needed_rights, operator_roles
from tests.unit.bastion_proxy.bastion_answers import complete

EXISTING = {"method": "existing", "url": "http://proxy.acme.example:3128", "ca_file": "ca.pem"}
ALWAYS = {"secrets", "applications.argoproj.io"}


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, set()),
        ({"bastion_proxy__proxy": EXISTING}, {"configmaps/argocd-tls-certs-cm"}),
        ({"bastion_proxy__repo_server__proxy": True}, {"argocds.argoproj.io/openshift-gitops"}),
    ],
)
def test_an_apply_needs_what_it_makes(changes: dict[str, object], more: set[str]) -> None:
    needed = needed_rights(complete(**changes))
    assert {str(right).split(" ")[1] for right in needed} == ALWAYS | more
    assert {right.namespace for right in needed} == {"openshift-gitops"}


def rules(**changes: object) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Group, resource, names and verbs of the rules in Argo CD's namespace."""
    roles = operator_roles(complete(**changes))
    [role] = [each for each in roles if each["kind"] == "Role" and _name(each) == "ezgitops-operator"]
    listed = role["rules"]
    assert isinstance(listed, list)
    return [
        (each["apiGroups"][0], each["resources"][0], tuple(each.get("resourceNames", ())), tuple(each["verbs"]))
        for each in listed
    ]


def _name(manifest: Mapping[str, object]) -> object:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    return metadata["name"]


def test_what_is_others_is_written_by_name_alone() -> None:
    written = [(resource, names, verbs) for _, resource, names, verbs in rules() if {"patch", "create", "delete"} & set(verbs)]
    assert {resource for resource, names, _ in written if not names} == {"secrets", "applications", "jobs"}
    assert ("configmaps", ("argocd-tls-certs-cm",), ("patch",)) in written
    assert ("argocds", ("openshift-gitops",), ("get", "patch")) in written


def test_the_rollout_is_looked_at_where_the_environment_is_set() -> None:
    seen = ("apps", "deployments", ("openshift-gitops-repo-server",), ("get",))
    assert seen not in rules()
    assert seen in rules(bastion_proxy__repo_server__proxy=True)


def test_without_a_probe_no_job_is_made() -> None:
    assert "jobs" not in {resource for _, resource, _, _ in rules(cluster_probe=False)}
