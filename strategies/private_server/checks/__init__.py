"""What must hold for the private-server strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.common.checks.permissions import permission_checks
from strategies.private_server.checks import access, argocd, network, own, probe, server, trust

CHECKS: tuple[Check, ...] = (
    *permission_checks("docs/private-server.md"),
    *own.CHECKS,
    *server.CHECKS,
    *trust.CHECKS,
    *network.CHECKS,
    *access.CHECKS,
    *argocd.CHECKS,
    *probe.CHECKS,
)
"""In the order in which they are shown when they end alike."""
