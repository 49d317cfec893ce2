"""Addresses of the private-server strategy's resources: stable between runs, and what ``depends_on`` names."""

from __future__ import annotations

from typing import Final

REPOSITORY: Final = "git.server-repository.main"
MIRROR: Final = "git.mirror.main"

CERTIFICATE: Final = "cluster.certificate.server"
KNOWN_HOST: Final = "cluster.known-host.server"
CREDENTIAL: Final = "cluster.read-credential.repository"
SECRET: Final = "cluster.secret.repository"
TEMPLATE: Final = "cluster.secret.credential-template"
APPLICATION: Final = "cluster.application.main"
