"""What must hold for the CodeCommit strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.codecommit.checks import argocd, content, endpoints, image, network, permissions, probe, repository, trust
from strategies.common.checks.network import ENDPOINT_CHECKS
from strategies.common.checks.workstation import MIRROR_CHECKS

CHECKS: tuple[Check, ...] = (
    *MIRROR_CHECKS,
    *ENDPOINT_CHECKS,
    *permissions.CHECKS,
    *repository.CHECKS,
    *network.CHECKS,
    *endpoints.CHECKS,
    *trust.CHECKS,
    *image.CHECKS,
    *content.CHECKS,
    *argocd.CHECKS,
    *probe.CHECKS,
)
"""In the order in which they are shown when they end alike."""
