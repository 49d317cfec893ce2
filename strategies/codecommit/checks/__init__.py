"""What must hold for the CodeCommit strategy."""

from __future__ import annotations

from strategies.base import Check
from strategies.codecommit.checks import argocd, image, network, repository, trust

CHECKS: tuple[Check, ...] = (*repository.CHECKS, *network.CHECKS, *trust.CHECKS, *image.CHECKS, *argocd.CHECKS)
"""In the order in which they are shown when they end alike."""
