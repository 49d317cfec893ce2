"""The composition root: what is made from what. The SDKs are imported here, and only when a session is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import paths

if TYPE_CHECKING:
    from wizard.answers.draft import Draft, DraftStore
    from wizard.engine.events import Sink
    from wizard.engine.session import Session
    from wizard.report.log import Logbook


def _ignore(_draft: Draft) -> None:
    """Nobody wants to know of edits."""


def make_session(
    draft: Draft,
    *,
    environ: Mapping[str, str],
    on_edit: Callable[[Draft], None] = _ignore,
    ask_secret: Callable[[str], str] | None = None,
) -> Session:
    """The session for a draft in the world that ``environ`` names; ``ask_secret`` answers ``prompt:`` references."""
    from strategies.registry import STRATEGIES
    from strategies.resources.world import AwsAndClusterWorld
    from wizard.engine.session import Session

    return Session(
        AwsAndClusterWorld(environ, ask_secret=ask_secret),
        draft,
        strategies=STRATEGIES,
        on_edit=on_edit,
        directory=lambda instance: paths.instance_directory(environ, instance),
    )


def preload() -> None:
    """Load what a session needs: the SDKs take longer than everything else before the first reading."""
    import strategies.registry
    import strategies.resources.world  # noqa: F401  # loading is the point
    import wizard.engine.session  # noqa: F401  # loading is the point


def drafts(environ: Mapping[str, str], *, warn: Callable[[str], None] = lambda _message: None) -> DraftStore:
    """The drafts on this machine."""
    from wizard.answers.draft import DraftStore

    return DraftStore(paths.drafts_directory(environ), warn=warn)


def logbook(environ: Mapping[str, str]) -> Logbook:
    """Opens the log of one run for an instance: gives the sink that writes it, and where it stands."""

    @contextmanager
    def opened(instance: str) -> Iterator[tuple[Sink, Path]]:
        from wizard.report.log import RunLog

        log = RunLog(paths.instance_directory(environ, instance), datetime.now(UTC))
        try:
            yield log, log.path
        finally:
            log.close()

    return opened
