"""The application controller of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.store import Store


class ArgoCd:
    """Reconciles Applications."""

    def __init__(
        self, store: Store, *, clock: SandboxClock, proxy: str, ca_bundle: Path, folder: Path, note: Callable[[str], None]
    ) -> None:
        self._parts = (store, clock, proxy, ca_bundle, folder, note)

    def start(self) -> None:
        """Reconcile in a thread."""

    def stop(self) -> None:
        """Stop."""
