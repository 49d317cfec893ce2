"""What must hold for the bastion-proxy strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.bastion_proxy.checks import allow, content, instance, network, ports, squid

CHECKS: tuple[Check, ...] = (
    *instance.CHECKS,
    *network.CHECKS,
    *ports.CHECKS,
    *squid.CHECKS,
    *allow.CHECKS,
    *content.CHECKS,
)
"""In the order in which they are shown when they end alike."""
