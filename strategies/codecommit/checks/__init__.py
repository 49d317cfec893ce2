"""What must hold for the CodeCommit strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.codecommit.checks import argocd, endpoints, image, network, permissions, probe, repository, trust

CHECKS: tuple[Check, ...] = (
    *permissions.CHECKS,
    *repository.CHECKS,
    *network.CHECKS,
    *endpoints.CHECKS,
    *trust.CHECKS,
    *image.CHECKS,
    *argocd.CHECKS,
    *probe.CHECKS,
)
"""In the order in which they are shown when they end alike."""
