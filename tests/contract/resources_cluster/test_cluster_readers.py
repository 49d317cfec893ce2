"""What is read from the cluster, how logins are made, and what is said when something is in the way."""

from __future__ import annotations

import socket
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from strategies.facts import KubeContext, Right
from strategies.ports import FactFailureError, ResourceError
from strategies.resources.cluster import argocd, kubeconfig
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.readers import read_gitops, read_info, read_rights
from strategies.resources.workstation import read_contexts
from tests.contract.resources_cluster.conftest import Cluster
from tests.unit.codecommit.answers import ISSUER


def test_the_cluster_as_it_says_of_itself(client: KubeClient, cluster: Cluster) -> None:
    info = read_info(client)
    assert info.context == "prod-east"
    assert info.server == cluster.server.url
    assert info.version == "4.19.8"
    assert info.infrastructure_name == "prod-east-x7k2p"
    assert info.region == "us-east-2"
    assert info.control_plane == "External"
    assert info.issuer == ISSUER
    assert info.machine_cidrs == ("10.0.0.0/16",)
    assert info.pod_cidrs == ("10.128.0.0/14",)
    assert info.service_cidrs == ("172.30.0.0/16",)
    assert info.proxy is None
    assert info.tools_image is not None
    assert info.tools_image.startswith("quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:")


def test_the_operator_and_every_argo_cd_instance(client: KubeClient) -> None:
    gitops = read_gitops(client)
    assert gitops.csv == "openshift-gitops-operator.v1.21.0"
    assert gitops.version == "1.21.0"
    assert gitops.phase == "Succeeded"
    assert [(i.namespace, i.name, i.phase) for i in gitops.instances] == [("openshift-gitops", "openshift-gitops", "Available")]


def test_an_operator_that_is_not_there_is_no_error(client: KubeClient, cluster: Cluster) -> None:
    store = cluster.server.store
    for kind in ("Subscription", "ClusterServiceVersion", "ArgoCD"):
        for one in store.list(kind):
            metadata: Any = one["metadata"]
            store.delete(kind, metadata["namespace"], metadata["name"])
    gitops = read_gitops(client)
    assert (gitops.csv, gitops.version, gitops.phase, gitops.instances) == (None, None, None, ())


def test_rights_as_the_cluster_grants_them(client: KubeClient, cluster: Cluster) -> None:
    secrets = Right("create", "", "secrets", "openshift-gitops")
    applications = Right("patch", "argoproj.io", "applications", "openshift-gitops")
    assert read_rights(client, [secrets, applications]).allowed == {secrets: True, applications: True}
    pod = as_service_account(cluster, "openshift-gitops", "default")
    assert read_rights(pod, [secrets, applications]).allowed == {secrets: False, applications: False}


def as_service_account(cluster: Cluster, namespace: str, name: str) -> KubeClient:
    """A login with next to no rights."""
    file = Path(cluster.environ["KUBECONFIG"])
    document = yaml.safe_load(file.read_text())
    document["users"][0]["user"] = {"token": cluster.server.token(namespace, name)}
    file.write_text(yaml.safe_dump(document))
    return cluster.client()


def test_what_only_administrators_may_read_is_left_out_and_the_rest_is_said(cluster: Cluster) -> None:
    with pytest.raises(FactFailureError) as caught:
        read_info(as_service_account(cluster, "openshift-gitops", "default"))
    assert "may not get clusterversions.config.openshift.io" in caught.value.error.message
    assert caught.value.error.command == "oc auth can-i get clusterversions.config.openshift.io"


def test_a_login_that_may_read_only_some_of_it_learns_that(cluster: Cluster) -> None:
    allowed: Any = {"apiGroups": ["config.openshift.io"], "resources": ["clusterversions", "networks"], "verbs": ["get"]}
    api = "rbac.authorization.k8s.io/v1"
    store = cluster.server.store
    store.create({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "some"}, "rules": [allowed]}, manager="test")
    who: Any = {"kind": "ServiceAccount", "name": "default", "namespace": "openshift-gitops"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "some"}
    binding: Any = {"metadata": {"name": "some"}, "roleRef": role, "subjects": [who]}
    store.create({"apiVersion": api, "kind": "ClusterRoleBinding", **binding}, manager="test")
    info = read_info(as_service_account(cluster, "openshift-gitops", "default"))
    assert (info.version, info.infrastructure_name, info.issuer, info.region) == ("4.19.8", "", "", None)
    assert info.pod_cidrs == ("10.128.0.0/14",)
    assert info.unread == ("infrastructures.config.openshift.io", "authentications.config.openshift.io")


def test_a_login_that_is_not_accepted_says_how_to_log_in_again(cluster: Cluster) -> None:
    _rewrite(cluster, lambda d: d["users"][0].update(user={"token": "sha256~old"}))
    with pytest.raises(FactFailureError) as caught:
        read_info(cluster.client())
    assert "log in again" in caught.value.error.remedy
    assert caught.value.error.command == f"oc login {cluster.server.url}"


def test_a_certificate_of_a_strange_ca_is_refused(cluster: Cluster) -> None:
    _rewrite(cluster, lambda d: d["clusters"][0]["cluster"].pop("certificate-authority-data"))
    with pytest.raises(FactFailureError) as caught:
        read_info(cluster.client())
    assert "is not trusted" in caught.value.error.message


def test_a_private_ca_may_come_by_ssl_cert_file(cluster: Cluster, tmp_path: Path) -> None:
    _rewrite(cluster, lambda d: d["clusters"][0]["cluster"].pop("certificate-authority-data"))
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(cluster.server.ca_pem)
    trusting = replace(cluster, environ={**cluster.environ, "SSL_CERT_FILE": str(bundle)})
    assert read_info(trusting.client()).version == "4.19.8"


def test_verification_that_was_switched_off_is_refused(cluster: Cluster) -> None:
    _rewrite(cluster, lambda d: d["clusters"][0]["cluster"].update({"insecure-skip-tls-verify": True}))
    with pytest.raises(FactFailureError, match="switches TLS verification off"):
        read_info(cluster.client())


def test_a_server_that_does_not_answer_hints_at_the_tunnel(cluster: Cluster) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _rewrite(cluster, lambda d: d["clusters"][0]["cluster"].update(server=f"https://127.0.0.1:{port}"))
    with pytest.raises(FactFailureError) as caught:
        read_info(cluster.client())
    assert "cannot be reached" in caught.value.error.message
    assert "0x" not in caught.value.error.message
    assert "SSM" in caught.value.error.remedy


def test_the_proxy_is_used_except_for_what_no_proxy_names(cluster: Cluster) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{free.getsockname()[1]}"
    proxied = replace(cluster, environ={**cluster.environ, "HTTPS_PROXY": proxy})
    with pytest.raises(FactFailureError, match="proxy"):
        read_info(proxied.client())
    passing = replace(cluster, environ={**proxied.environ, "NO_PROXY": "127.0.0.1,localhost"})
    assert read_info(passing.client()).version == "4.19.8"


def test_an_exec_plugin_logs_in_and_is_asked_again_when_its_token_ends(cluster: Cluster, tmp_path: Path) -> None:
    token = yaml.safe_load(Path(cluster.environ["KUBECONFIG"]).read_text())["users"][0]["user"]["token"]
    plugin = tmp_path / "login"
    plugin.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/asked\n"
        'echo \'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",'
        f' "status": {{"token": "{token}", "expirationTimestamp": "2020-01-01T00:00:00Z"}}}}\'\n'
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    execute = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "interactiveMode": "Never"}
    _rewrite(cluster, lambda d: d["users"][0].update(user={"exec": execute}))
    client = cluster.client()
    assert read_rights(client, []).allowed == {}
    assert client.get(argocd.APPLICATION, "none", "openshift-gitops") is None
    assert client.get(argocd.APPLICATION, "none", "openshift-gitops") is None
    assert (tmp_path / "asked").read_text().count("x") >= 2


def test_an_exec_plugin_that_fails_says_why(cluster: Cluster, tmp_path: Path) -> None:
    plugin = tmp_path / "login"
    plugin.write_text("#!/bin/sh\necho 'session has ended' >&2\nexit 1\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    _rewrite(cluster, lambda d: d["users"][0].update(user={"exec": {"command": str(plugin), "apiVersion": "v1"}}))
    with pytest.raises(FactFailureError, match="session has ended"):
        read_info(cluster.client())


def test_contexts_of_several_files(cluster: Cluster, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": {"server": "https://api.other:443"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": "other", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "other",
            }
        )
    )
    found = read_contexts({**cluster.environ, "KUBECONFIG": f"{cluster.environ['KUBECONFIG']}:{other}:{tmp_path}/none"})
    assert found.current == "prod-east"
    assert [c.name for c in found.contexts] == ["prod-east", "other"]
    assert found.contexts[1] == KubeContext("other", "https://api.other:443", "u")


@pytest.mark.parametrize("content", ["", "{", "a: [", "\x00", "[]", "just text", "contexts: 5"])
def test_a_broken_kubeconfig_is_said_and_is_no_traceback(tmp_path: Path, content: str) -> None:
    file = tmp_path / "broken"
    file.write_text(content)
    environ = {"KUBECONFIG": str(file), "HOME": str(tmp_path)}
    with pytest.raises(kubeconfig.KubeconfigError):
        kubeconfig.login(environ, None)


def test_no_kubeconfig_is_no_contexts(tmp_path: Path) -> None:
    assert read_contexts({"HOME": str(tmp_path)}).contexts == ()


def test_argo_cds_word_is_read_once_it_has_looked_again(client: KubeClient, cluster: Cluster) -> None:
    assert argocd.sync_report(client, "openshift-gitops", "app") is None
    with pytest.raises(ResourceError):
        argocd.hard_refresh(client, "openshift-gitops", "app")
    store = cluster.server.store
    store.create(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "app", "namespace": "openshift-gitops"},
            "spec": {"project": "default", "destination": {}, "source": {"repoURL": "https://x"}},
        },
        manager="test",
    )
    status = {
        "sync": {"status": "Synced", "revision": "a" * 40},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded", "message": "done"},
    }
    store.patch_status("Application", "openshift-gitops", "app", status, manager="argocd")
    report = argocd.sync_report(client, "openshift-gitops", "app")
    assert report is not None
    assert report.done
    assert report.revision == "a" * 40
    argocd.hard_refresh(client, "openshift-gitops", "app")
    report = argocd.sync_report(client, "openshift-gitops", "app")
    assert report is not None
    assert not report.done, "a status from before the refresh counts for nothing"


def _rewrite(cluster: Cluster, change: Any) -> None:
    file = Path(cluster.environ["KUBECONFIG"])
    document = yaml.safe_load(file.read_text())
    change(document)
    file.write_text(yaml.safe_dump(document))
