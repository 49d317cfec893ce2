"""The workload that keeps Argo CD's CodeCommit password fresh, as Kubernetes manifests.

Everything in its pod is said here, so no admission webhook has to add anything: both tokens are projected volumes with their
own audiences, the service account's usual token is not mounted, and the image is named by digest.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from strategies.answers import Answers
from strategies.base import Json, Owner
from strategies.codecommit import urls
from strategies.common import aws_names

SCRIPT_FILE = "refresher_script.py"
NAME_LABEL = "app.kubernetes.io/name"
PART_OF_LABEL = "app.kubernetes.io/part-of"
WORKLOAD = "ezgitops-refresher"

_SCRIPT_FOLDER = "/opt/ezgitops"
_TOKENS = "/var/run/secrets/ezgitops"
_STATE = "/var/lib/ezgitops"
_TOKEN_SECONDS = 3600


@cache
def script() -> str:
    """The text of the script that runs in the pod."""
    return resources.files("strategies.codecommit").joinpath(SCRIPT_FILE).read_text(encoding="utf-8")


def labels(owner: Owner) -> dict[str, Json]:
    """Labels of every object of the refresher."""
    return {**owner.labels, NAME_LABEL: WORKLOAD, PART_OF_LABEL: "ezgitops"}


def service_account(answers: Answers, owner: Owner) -> dict[str, Json]:
    """Who the refresher is: the subject of the role's trust policy."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(answers, owner),
        "automountServiceAccountToken": False,
    }


def config_map(answers: Answers, owner: Owner) -> dict[str, Json]:
    """The script."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(answers, owner),
        "data": {SCRIPT_FILE: script()},
    }


def role(answers: Answers, owner: Owner) -> dict[str, Json]:
    """The right to get and patch the one Secret, and nothing else."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _metadata(answers, owner),
        "rules": [
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": [answers.codecommit.secret_name],
                "verbs": ["get", "patch"],
            }
        ],
    }


def role_binding(answers: Answers, owner: Owner) -> dict[str, Json]:
    """Gives that right to the refresher."""
    name, namespace = _name(answers), answers.argocd.namespace
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": _metadata(answers, owner),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }


def deployment(answers: Answers, owner: Owner) -> dict[str, Json]:
    """One pod that refreshes, ready while the password it wrote last is good.

    ``Recreate``: two of them would only overwrite each other's passwords. Hardened as the "restricted" Pod Security Standard
    asks; no user id, because OpenShift gives each namespace its own range.
    """
    selector: dict[str, Json] = {NAME_LABEL: WORKLOAD, **owner.labels}
    command: list[Json] = ["python3", "-I", "-B", f"{_SCRIPT_FOLDER}/{SCRIPT_FILE}"]
    container: dict[str, Json] = {
        "name": "refresher",
        "image": answers.codecommit.credentials.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "env": [{"name": name, "value": value} for name, value in _environment(answers).items()],
        "readinessProbe": {"exec": {"command": [*command, "--ready"]}, "periodSeconds": 5, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "250m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "script", "mountPath": _SCRIPT_FOLDER, "readOnly": True},
            {"name": "tokens", "mountPath": _TOKENS, "readOnly": True},
            {"name": "state", "mountPath": _STATE},
        ],
    }
    digest = hashlib.sha256(script().encode()).hexdigest()
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(answers, owner),
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector},
            "template": {
                # Without the digest a new script would only be read by the next pod that starts by chance.
                "metadata": {"labels": labels(owner), "annotations": {"ezgitops.dev/script-sha256": digest}},
                "spec": {
                    "serviceAccountName": _name(answers),
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 5,
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [container],
                    "volumes": _volumes(answers),
                },
            },
        },
    }


def _volumes(answers: Answers) -> list[Json]:
    audience = answers.codecommit.credentials.audience
    sources: list[Json] = [
        {"serviceAccountToken": {"path": "aws-token", "audience": audience, "expirationSeconds": _TOKEN_SECONDS}},
        {"serviceAccountToken": {"path": "kube-token", "expirationSeconds": _TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "kube-ca.crt"}]}},
    ]
    return [
        {"name": "script", "configMap": {"name": _name(answers)}},
        {"name": "tokens", "projected": {"sources": sources}},
        {"name": "state", "emptyDir": {"sizeLimit": "1Mi"}},
    ]


def _environment(answers: Answers) -> dict[str, str]:
    region = answers.aws.region or ""
    return {
        "AWS_REGION": region,
        "AWS_ROLE_ARN": urls.reader_role_arn(answers),
        "AWS_ROLE_SESSION_NAME": f"ezgitops-{answers.name}",
        "AWS_WEB_IDENTITY_TOKEN_FILE": f"{_TOKENS}/aws-token",
        "EZGITOPS_STS_HOST": aws_names.sts_host(region),
        "EZGITOPS_GIT_HOST": urls.git_host(region, answers.codecommit.network.fips),
        "EZGITOPS_GIT_PATH": urls.clone_path(answers.codecommit.repository.name or ""),
        "EZGITOPS_SECRET_NAMESPACE": answers.argocd.namespace or "",
        "EZGITOPS_SECRET_NAME": answers.codecommit.secret_name or "",
        "EZGITOPS_KUBE_TOKEN_FILE": f"{_TOKENS}/kube-token",
        "EZGITOPS_KUBE_CA_FILE": f"{_TOKENS}/kube-ca.crt",
        "EZGITOPS_STATE_FILE": f"{_STATE}/valid-until",
        "EZGITOPS_INTERVAL_SECONDS": "300",
    }


def _metadata(answers: Answers, owner: Owner) -> dict[str, Json]:
    return {"name": _name(answers), "namespace": answers.argocd.namespace, "labels": labels(owner)}


def _name(answers: Answers) -> str:
    return answers.codecommit.credentials.service_account or ""
