"""Every strategy, in the order in which the strategy page shows them."""

from __future__ import annotations

from collections.abc import Mapping

from strategies.base import Strategy
from strategies.codecommit.strategy import CodeCommitStrategy
from strategies.unavailable import BASTION_PROXY, PRIVATE_SERVER

STRATEGIES: Mapping[str, Strategy] = {one.id: one for one in (CodeCommitStrategy(), BASTION_PROXY, PRIVATE_SERVER)}
