"""Reads the source repository: its references, which show that it can be reached, and the folders of one revision."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable
from pathlib import Path

from strategies.answers import Source
from strategies.base import Situation
from strategies.facts import SOURCE, SOURCE_TREE, FactError, SourceRepository, SourceTree
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.resources.git.budget import OverBudgetError, clone
from strategies.resources.git.errors import explain
from strategies.resources.git.program import LIST_TIMEOUT, GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.servers.source_trust import SourceTrust, source_by_bearer, trust_of_source

DEFAULT_USERNAME = "x-access-token"
"""The user name that goes with a token alone: what GitHub asks for; GitLab and Gitea take any."""


TREE_TIMEOUT = 60.0
"""Seconds for the trees of one commit. A server that cannot leave files out sends them as well."""


def no_trust(_situation: Situation) -> str | None:
    """The CAs of this machine decide."""
    return None


def source_reader(git: GitProgram, resolve: Callable[[Situation, str], str], trust: SourceTrust = no_trust) -> Reader:
    """The reader of ``SOURCE``. ``resolve`` finds the secret behind a reference, ``trust`` the CA of its server."""

    def read(situation: Situation) -> SourceRepository:
        return read_source(
            git,
            situation.answers.source,
            lambda name: resolve(situation, name),
            trust(situation),
            bearer=source_by_bearer(situation),
        )

    return Reader(SOURCE.id, _inputs, read, timeout=LIST_TIMEOUT + 5, patient=asks)


def read_source(
    git: GitProgram, source: Source, resolve: Callable[[str], str], ca: str | None = None, *, bearer: bool = False
) -> SourceRepository:
    """``git ls-remote`` of the URL answered. Raises FactFailureError."""
    url = source.url or ""
    try:
        login = source_login(url, source.username, source.password, resolve, ca, bearer=bearer)
        found = list_remote(git, url, login, every=True)
    except ResourceError as error:
        raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from error
    except GitError as error:
        raise FactFailureError(explain(error, url, login=source.password is not None)) from error
    return SourceRepository(url, found.default_branch, found.branches, found.tags, found.others)


def tree_reader(git: GitProgram, resolve: Callable[[Situation, str], str], trust: SourceTrust = no_trust) -> Reader:
    """The reader of ``SOURCE_TREE``; arguments as for ``source_reader``."""

    def read(situation: Situation) -> SourceTree:
        return read_tree(
            git,
            situation.answers.source,
            lambda name: resolve(situation, name),
            trust(situation),
            bearer=source_by_bearer(situation),
        )

    return Reader(SOURCE_TREE.id, revision_inputs, read, timeout=TREE_TIMEOUT + 5, patient=asks)


def read_tree(
    git: GitProgram, source: Source, resolve: Callable[[str], str], ca: str | None = None, *, bearer: bool = False
) -> SourceTree:
    """The files of the revision answered. Raises FactFailureError.

    One commit is fetched, without the files' content where the server can leave it out (git-clone(1), ``--filter``).
    """
    url, revision = source.url or "", source.revision or ""
    try:
        login = source_login(url, source.username, source.password, resolve, ca, bearer=bearer)
        with tempfile.TemporaryDirectory(prefix="ezgitops-tree-") as scratch:
            folder = Path(scratch) / "source.git"
            shallow = ["--bare", "--depth", "1", "--filter=blob:none", "--single-branch", "--no-tags"]
            clone(git, [*shallow, "--branch", revision, "--", url], folder, login, TREE_TIMEOUT)
            listed = git.run(["ls-tree", "-r", "--name-only", "-z", "HEAD"], folder=folder)
    except OverBudgetError as over:
        raise FactFailureError(over.told) from over
    except ResourceError as error:
        raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from error
    except GitError as error:
        raise FactFailureError(explain(error, url, login=source.password is not None)) from error
    return SourceTree(revision, tuple(name for name in listed.split("\0") if name))


def source_login(
    url: str,
    username: str | None,
    password: str | None,
    resolve: Callable[[str], str],
    ca: str | None = None,
    *,
    bearer: bool = False,
) -> GitLogin | None:
    """Who asks for the source, and the CA (PEM) that its server is believed by: nobody, where no password is answered.

    ``bearer``: where no user name is answered, the password goes as a bearer token. Raises ResourceError.
    """
    if password is None:
        return None if ca is None else GitLogin(url, "", "", ca=ca)
    if bearer and username is None:
        return GitLogin(url, "", resolve(password), scheme="Bearer", ca=ca)
    return GitLogin(url, username or DEFAULT_USERNAME, resolve(password), ca=ca)


def asks(situation: Situation) -> bool:
    """Whether reading the source means asking a human for a password."""
    return (situation.answers.source.password or "").startswith("prompt:")


def _inputs(situation: Situation) -> Hashable | None:
    source = situation.answers.source
    return None if source.url is None else (source.url, source.username, source.password, trust_of_source(situation))


def revision_inputs(situation: Situation) -> Hashable | None:
    """What a reading of the revision answered depends on. The commit is part of it: a branch that moved on is read again."""
    source, found = situation.answers.source, situation.facts.get(SOURCE)
    if source.url is None or source.revision is None or found is None:
        return None
    commit = found.branches.get(source.revision) or found.tags.get(source.revision)
    if commit is None:
        return None
    return (source.url, source.revision, commit, source.username, source.password, trust_of_source(situation))
