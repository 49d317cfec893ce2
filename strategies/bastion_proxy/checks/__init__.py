"""What must hold for the bastion-proxy strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.bastion_proxy.checks import allow, argocd, content, instance, network, permissions, ports, probe, squid

CHECKS: tuple[Check, ...] = (
    *permissions.CHECKS,
    *instance.CHECKS,
    *network.CHECKS,
    *ports.CHECKS,
    *squid.CHECKS,
    *allow.CHECKS,
    *content.CHECKS,
    *argocd.CHECKS,
    *probe.CHECKS,
)
"""In the order in which they are shown when they end alike."""
