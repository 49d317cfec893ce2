"""Complete answers, as the ``healthy`` environment fills them in."""

from __future__ import annotations

from strategies.answers import Answers

ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
IMAGE = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + "5" * 64


def complete(**changes: object) -> Answers:
    """``changes`` by dotted key with ``__`` for the dot (``codecommit__mirror__keep="gitlab-ci"``)."""
    data: dict[str, object] = {
        "name": "prod-east",
        "aws": {"account": "123456789012", "region": "us-east-2", "vpc_id": "vpc-0a1b2c3d4e5f60718"},
        "cluster": {"context": "prod-east", "infrastructure_name": "prod-east-x7k2p", "oidc_issuer": ISSUER},
        "argocd": {"namespace": "openshift-gitops", "name": "openshift-gitops"},
        "source": {"url": "https://github.com/acme/cluster-config.git", "revision": "main", "path": "clusters/prod-east"},
        "application": {"name": "cluster-config"},
        "strategy": "codecommit",
        "codecommit": {
            "repository": {"name": "prod-east-cluster-config"},
            "credentials": {
                "role_name": "prod-east-argocd-reader",
                "user_name": "prod-east-argocd-reader",
                "service_account": "ezgitops-refresher-prod-east",
                "image": IMAGE,
            },
            "mirror": {"role_name": "prod-east-git-mirror"},
            "secret_name": "repo-prod-east-cluster-config",
        },
    }
    for key, value in changes.items():
        *way, last = key.split("__")
        place = data
        for part in way:
            inner = place.setdefault(part, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value
    return Answers.model_validate(data)
