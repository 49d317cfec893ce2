"""What one key can mend in the cluster (``base.Mend.operation``): narrow, repeatable, and waited for until it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from strategies.base import Json
from strategies.ports import Execution
from strategies.resources.cluster import gitops_operator
from strategies.resources.cluster.client import KubeClient

ClusterMend: TypeAlias = Callable[[KubeClient, Mapping[str, Json], Execution], None]

CLUSTER_MENDS: Mapping[str, ClusterMend] = {"gitops.install-operator": gitops_operator.install}
