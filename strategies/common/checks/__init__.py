"""What must hold whatever the strategy is: this machine, AWS, the cluster, Argo CD, Git."""

from __future__ import annotations

from strategies.base import Check
from strategies.common.checks import argocd, aws, cluster, network, source, workstation

COMMON_CHECKS: tuple[Check, ...] = (
    *workstation.CHECKS,
    *aws.CHECKS,
    *network.CHECKS,
    *cluster.CHECKS,
    *argocd.CHECKS,
    *source.CHECKS,
)
"""In the order in which they are shown when they end alike."""
