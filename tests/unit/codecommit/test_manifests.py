"""What is made in the cluster: the shapes that Argo CD, Kubernetes and OpenShift ask for."""

from __future__ import annotations

import base64
import graphlib
import json
from typing import Any

import pytest

from strategies.base import Owner
from strategies.codecommit import addresses, manifests, refresher
from tests.unit.codecommit.answers import IMAGE, complete

OWNER = Owner("prod-east")


def plain(value: object) -> Any:
    """As it goes over the wire; fails for anything that JSON cannot carry."""
    return json.loads(json.dumps(value))


def test_the_repository_secret_is_what_argo_cd_reads_and_holds_no_password() -> None:
    secret = plain(manifests.repository_secret(complete()))
    assert "stringData" not in secret
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert data == {
        "type": "git",
        "url": "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/prod-east-cluster-config",
        "forceHttpBasicAuth": "true",
    }
    assert secret["metadata"]["labels"] == {
        "argocd.argoproj.io/secret-type": "repository",
        "app.kubernetes.io/managed-by": "ezgitops",
        "ezgitops.dev/instance": "prod-east",
    }


def test_a_project_of_its_own_scopes_the_secret() -> None:
    secret = plain(manifests.repository_secret(complete(application__project="platform")))
    assert base64.b64decode(secret["data"]["project"]) == b"platform"


def test_secret_and_application_agree_on_the_url_letter_by_letter() -> None:
    answers = complete(codecommit__repository__name="Cluster-Config", codecommit__network__fips=True)
    url = base64.b64decode(plain(manifests.repository_secret(answers))["data"]["url"]).decode()
    assert plain(manifests.application(answers))["spec"]["source"]["repoURL"] == url
    assert url == "https://git-codecommit-fips.us-east-2.amazonaws.com/v1/repos/Cluster-Config"


def test_the_application_follows_the_answers() -> None:
    answers = complete(application__destination_namespace="shop", application__sync_policy__prune=True)
    spec = plain(manifests.application(answers))["spec"]
    assert spec["source"]["path"] == "clusters/prod-east"
    assert spec["source"]["targetRevision"] == "main"
    assert spec["destination"] == {"server": "https://kubernetes.default.svc", "namespace": "shop"}
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert spec["syncPolicy"]["syncOptions"] == ["CreateNamespace=true"]


def test_a_parent_application_makes_its_children_beside_itself() -> None:
    spec = plain(manifests.application(complete(application__layout="app-of-apps")))["spec"]
    assert spec["destination"]["namespace"] == "openshift-gitops"
    assert "syncOptions" not in spec["syncPolicy"]


def test_a_sync_by_hand_is_not_automated_and_deleting_never_cascades() -> None:
    application = plain(manifests.application(complete(application__sync_policy__automated=False)))
    assert "automated" not in application["spec"]["syncPolicy"]
    assert "finalizers" not in application["metadata"]


def test_the_refresher_may_touch_one_secret_and_nothing_else() -> None:
    assert plain(refresher.role(complete(), OWNER))["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["repo-prod-east-cluster-config"],
            "verbs": ["get", "patch"],
        }
    ]


def test_the_refreshers_pod_is_hardened_and_depends_on_no_webhook() -> None:
    deployment = plain(refresher.deployment(complete(), OWNER))
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == IMAGE
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}
    (sources,) = [v["projected"]["sources"] for v in pod["volumes"] if "projected" in v]
    assert sources[0]["serviceAccountToken"]["audience"] == "openshift"
    assert "audience" not in sources[1]["serviceAccountToken"]
    assert "annotations" not in plain(refresher.service_account(complete(), OWNER))["metadata"]


def test_every_mount_has_its_volume_and_every_path_lies_in_a_mount() -> None:
    pod = plain(refresher.deployment(complete(), OWNER))["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert set(mounts) == {v["name"] for v in pod["volumes"]}
    paths = [v["value"] for v in container["env"] if v["value"].startswith("/") and not v["value"].startswith("/v1/repos/")]
    assert len(paths) == 4
    for path in [*paths, container["command"][-1]]:
        assert any(path.startswith(f"{mount}/") for mount in mounts.values()), path


@pytest.mark.parametrize(
    ("region", "sts", "arn"),
    [
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", "arn:aws-us-gov:iam::"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "arn:aws-cn:iam::"),
    ],
)
def test_every_partition_has_its_own_hosts(region: str, sts: str, arn: str) -> None:
    deployment = plain(refresher.deployment(complete(aws__region=region), OWNER))
    env = {v["name"]: v["value"] for v in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert env["EZGITOPS_STS_HOST"] == sts
    assert env["AWS_ROLE_ARN"].startswith(arn)


def test_a_new_script_restarts_the_pod() -> None:
    template = plain(refresher.deployment(complete(), OWNER))["spec"]["template"]
    assert len(template["metadata"]["annotations"]["ezgitops.dev/script-sha256"]) == 64
    assert plain(refresher.config_map(complete(), OWNER))["data"]["refresher_script.py"] == refresher.script()


def test_the_objects_stand_in_an_order_and_carry_our_labels() -> None:
    objects = manifests.cluster_objects(complete())
    known = {o.address for o in objects}
    order = graphlib.TopologicalSorter({o.address: [d for d in o.depends_on if d in known] for o in objects}).static_order()
    assert list(order)[-1] == addresses.APPLICATION
    (deployment,) = [o for o in objects if o.address == addresses.REFRESHER]
    assert deployment.ready
    assert {addresses.READER_ROLE, addresses.STS_ENDPOINT, addresses.SECRET} <= set(deployment.depends_on)
    assert addresses.GIT_ENDPOINT not in deployment.depends_on, "minutes of a pending endpoint that the refresher does not use"
    for one in objects:
        labels = plain(one.manifest)["metadata"]["labels"]
        assert OWNER.labels.items() <= labels.items(), one.address


def test_a_static_password_needs_no_refresher() -> None:
    (application,) = manifests.cluster_objects(complete(codecommit__credentials__method="git-credentials"))
    assert application.address == addresses.APPLICATION
    assert addresses.GIT_CREDENTIAL in application.depends_on
