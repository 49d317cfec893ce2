"""The kubelet of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.server import ClusterServer
from wizard.sandbox.reaper import Reaper


class Kubelet:
    """Runs the pods of Deployments."""

    def __init__(
        self,
        cluster: ClusterServer,
        *,
        clock: SandboxClock,
        network: Mapping[str, str],
        folder: Path,
        images: Sequence[str],
        reaper: Reaper,
        note: Callable[[str], None],
    ) -> None:
        self._parts = (cluster, clock, network, folder, images, reaper, note)

    def start(self) -> None:
        """Run pods in threads."""

    def stop(self) -> None:
        """End every pod."""
