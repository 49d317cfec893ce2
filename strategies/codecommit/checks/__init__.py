"""What must hold for the CodeCommit strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.codecommit.checks import argocd, endpoints, image, network, repository, trust

CHECKS: tuple[Check, ...] = (*repository.CHECKS, *network.CHECKS, *endpoints.CHECKS, *trust.CHECKS, *image.CHECKS, *argocd.CHECKS)
"""In the order in which they are shown when they end alike."""
