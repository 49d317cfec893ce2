"""Complete answers of the private-server strategy with a GitLab of one's own."""

from __future__ import annotations

from strategies.answers import Answers


def complete(**own: object) -> Answers:
    """``own`` are further answers below ``privateServer.own``."""
    return Answers.model_validate(
        {
            "name": "prod-east",
            "aws": {"account": "123456789012", "region": "us-east-2", "vpc_id": "vpc-0a1b2c3d4e5f60718"},
            "cluster": {"context": "prod-east", "infrastructure_name": "prod-east-x7k2p", "machine_cidrs": ["10.0.0.0/16"]},
            "argocd": {"namespace": "openshift-gitops", "name": "openshift-gitops"},
            "source": {"url": "https://github.com/acme/cluster-config.git", "revision": "main", "path": "clusters/prod-east"},
            "application": {"name": "cluster-config"},
            "strategy": "private-server",
            "private_server": {
                "server": {"kind": "gitlab", "base_url": "https://git.acme.internal", "ca_file": "acme-ca.pem"},
                "repository": {"url": "https://git.acme.internal/platform/cluster-config.git", "mode": "create"},
                "own": {
                    "make": True,
                    "image_id": "ami-0917ab0000000000a",
                    "subnet_id": "subnet-0aaaaaaaaaaaaaaaa",
                    "address": "10.0.0.20",
                    "zone": "git.acme.internal",
                    "certificate": "file:git.crt",
                    "private_key": "file:git.key",
                    "role_name": "prod-east-gitlab",
                    **own,
                },
            },
        }
    )
