"""Reads the source repository's references: what the operator may choose from, and whether it can be reached at all."""

from __future__ import annotations

from collections.abc import Callable

from strategies.answers import Source
from strategies.base import Situation
from strategies.facts import SOURCE, FactError, SourceRepository
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.resources.git.errors import explain
from strategies.resources.git.program import LIST_TIMEOUT, GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote

DEFAULT_USERNAME = "x-access-token"
"""The user name that goes with a token alone: what GitHub asks for; GitLab and Gitea take any."""


def source_reader(git: GitProgram, resolve: Callable[[Situation, str], str]) -> Reader:
    """The reader of ``SOURCE``. ``resolve`` finds the secret behind a reference."""

    def read(situation: Situation) -> SourceRepository:
        return read_source(git, situation.answers.source, lambda reference: resolve(situation, reference))

    return Reader(SOURCE.id, _inputs, read, timeout=LIST_TIMEOUT + 5)


def read_source(git: GitProgram, source: Source, resolve: Callable[[str], str]) -> SourceRepository:
    """``git ls-remote`` of the URL answered. Raises FactFailureError."""
    url = source.url or ""
    try:
        login = source_login(url, source.username, source.password, resolve)
        found = list_remote(git, url, login, every=True)
    except ResourceError as error:
        raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from error
    except GitError as error:
        raise FactFailureError(explain(error, url)) from error
    return SourceRepository(url, found.default_branch, found.branches, found.tags, found.others)


def source_login(url: str, username: str | None, password: str | None, resolve: Callable[[str], str]) -> GitLogin | None:
    """Who asks for the source: nobody, where no password is answered. Raises ResourceError."""
    if password is None:
        return None
    return GitLogin(url, username or DEFAULT_USERNAME, resolve(password))


def _inputs(situation: Situation) -> tuple[str, str | None, str | None] | None:
    source = situation.answers.source
    return None if source.url is None else (source.url, source.username, source.password)
