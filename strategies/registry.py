"""Every strategy, in the order in which the strategy page shows them."""

from __future__ import annotations

from collections.abc import Mapping

from strategies.base import Strategy
from strategies.bastion_proxy.strategy import BastionProxyStrategy
from strategies.codecommit.strategy import CodeCommitStrategy
from strategies.unavailable import PRIVATE_SERVER

STRATEGIES: Mapping[str, Strategy] = {one.id: one for one in (CodeCommitStrategy(), BastionProxyStrategy(), PRIVATE_SERVER)}
