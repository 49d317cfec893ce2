"""Every strategy, in the order in which the strategy page shows them."""

from __future__ import annotations

from collections.abc import Mapping

from strategies.base import Strategy
from strategies.bastion_proxy.strategy import BastionProxyStrategy
from strategies.codecommit.strategy import CodeCommitStrategy
from strategies.private_server.strategy import PrivateServerStrategy

_IN_ORDER: tuple[Strategy, ...] = (CodeCommitStrategy(), BastionProxyStrategy(), PrivateServerStrategy())
STRATEGIES: Mapping[str, Strategy] = {one.id: one for one in _IN_ORDER}
