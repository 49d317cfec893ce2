"""Complete answers of the bastion-proxy strategy, as the ``healthy`` environment fills them in."""

from __future__ import annotations

from strategies.answers import Answers


def complete(**changes: object) -> Answers:
    """``changes`` by dotted key with ``__`` for the dot (``bastion_proxy__proxy__method="existing"``)."""
    data: dict[str, object] = {
        "name": "prod-east",
        "aws": {"account": "123456789012", "region": "us-east-2", "vpc_id": "vpc-0a1b2c3d4e5f60718"},
        "cluster": {"context": "prod-east", "infrastructure_name": "prod-east-x7k2p", "machine_cidrs": ["10.0.0.0/16"]},
        "argocd": {"namespace": "openshift-gitops", "name": "openshift-gitops"},
        "source": {"url": "https://github.com/acme/cluster-config.git", "revision": "main", "path": "clusters/prod-east"},
        "application": {"name": "cluster-config"},
        "strategy": "bastion-proxy",
        "bastion_proxy": {
            "proxy": {"url": "http://10.1.1.10:3128"},
            "instance": {"id": "i-0c1b2c3d4e5f60010"},
            "network": {"proxy_group_id": "sg-0e5e5e5e5e5e5e5e5"},
            "allow": {"hosts": ["github.com"]},
            "no_proxy": ["localhost", ".svc", "10.0.0.0/16"],
            "secret_name": "repo-prod-east-source",
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


def new(**changes: object) -> Answers:
    """The same with a machine that is made."""
    made: dict[str, object] = {
        "bastion_proxy__proxy__method": "new",
        "bastion_proxy__instance": {
            "vpc_id": "vpc-0e1b2c3d4e5f60718",
            "subnet_id": "subnet-0e0e0e0e0e0e0e0e0",
            "role_name": "prod-east-egress-proxy",
        },
        "bastion_proxy__network__worker_group_id": "sg-0d0d0d0d0d0d0d0d0",
    }
    return complete(**{**made, **changes})
