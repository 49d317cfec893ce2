"""Gives the API of a server that was recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from strategies.common.servers.support import support
from strategies.facts import ServerInfo, ServerKind
from strategies.resources.git.servers.api import About, ServerApi, Token
from strategies.resources.git.servers.bitbucket import BitbucketApi
from strategies.resources.git.servers.errors import Reason, ServerError
from strategies.resources.git.servers.ghes import GhesApi
from strategies.resources.git.servers.gitea import GiteaApi
from strategies.resources.git.servers.gitlab import GitLabApi
from strategies.resources.git.servers.http import HttpClient


def server_api(server: ServerInfo, http: HttpClient, token: Token, now: Callable[[], datetime]) -> ServerApi:
    """The API by kind. Raises ServerError for a server that has none that is known, or that only SSH reaches."""
    if not server.base_url:
        why = "its API is reached by HTTPS, and no HTTPS address is known"
        raise ServerError("Cannot ask the server", why, "Answer the server's HTTPS address.", Reason.NO_API)
    match server.kind:
        case ServerKind.GITLAB:
            return GitLabApi(http, server.base_url, token)
        case ServerKind.BITBUCKET:
            return BitbucketApi(http, server.base_url, token, now)
        case ServerKind.GITEA | ServerKind.FORGEJO:
            return GiteaApi(server.kind, http, server.base_url, token)
        case ServerKind.GHES:
            return GhesApi(http, server.base_url, token)
        case ServerKind.PLAIN:
            why = "a plain Git server has no API"
            remedy = "Make repository and credential by hand, and answer the credential by reference."
            raise ServerError("Cannot ask the server", why, remedy, Reason.NO_API)


def completed(server: ServerInfo, about: About) -> ServerInfo:
    """What was recognised from outside, with what the server tells to a token."""
    version = about.version or server.version
    ends = support(server.kind, version)
    learnt = {"version"} if version else set()
    return replace(
        server,
        sure=server.sure or about.version is not None,
        version=version,
        edition=about.edition or server.edition,
        state=about.state or server.state,
        ready=server.ready if about.ready is None else about.ready,
        writable=about.writable,
        support_ends=ends.ends if ends else server.support_ends,
        support_source=ends.source if ends else server.support_source,
        unlearnt=tuple(one for one in server.unlearnt if one.what not in learnt),
    )
