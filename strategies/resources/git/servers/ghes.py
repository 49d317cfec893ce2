"""GitHub Enterprise Server (docs.github.com/enterprise-server/rest)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from strategies.base import Json
from strategies.facts import Caller, ServerKind, ServerRepository
from strategies.resources.git.servers.api import About, Token
from strategies.resources.git.servers.fields import Document, document, documents, flag, text
from strategies.resources.git.servers.forge import ForgeApi
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.keys import KeyPair, generate_key
from strategies.resources.git.servers.rest import joined, parts

_MEDIA = "application/vnd.github+json"


class GhesApi(ForgeApi):
    """One GitHub Enterprise Server (``ServerApi``)."""

    def __init__(
        self, http: HttpClient, base_url: str, token: Token, make_key: Callable[[str], KeyPair] = generate_key
    ) -> None:
        super().__init__(
            ServerKind.GHES, http, base_url, token, prefix="/api/v3",
            headers={**token.authorization("Bearer"), "Accept": _MEDIA},
            reads="the scope repo, or Metadata: read of a fine-grained token",
            writes="the scope repo, or Administration: write of a fine-grained token",
            make_key=make_key,
        )  # fmt: skip

    def about(self) -> About:
        """``GET /meta``: ``installed_version``."""
        with self._complaints.about("Cannot ask GitHub Enterprise Server for its version"):
            return About(text(document(self._rest.get("/meta")), "installed_version") or None)

    def _caller(self, found: Document, headers: Mapping[str, str]) -> Caller:
        """Scopes and expiry stand in headers: ``X-OAuth-Scopes``, ``github-authentication-token-expiration``."""
        scopes = headers.get("x-oauth-scopes")
        listed = None if scopes is None else tuple(one.strip() for one in scopes.split(",") if one.strip())
        ends = expiry(headers.get("github-authentication-token-expiration", ""))
        return Caller(text(found, "login"), listed, ends, flag(found, "site_admin"))

    def _listed(self, search: str, page: int, size: int) -> list[Document]:  # noqa: ARG002 - searched in what is listed
        """``GET /user/repos``: what the token's owner may see."""
        return documents(self._rest.get("/user/repos", {"page": page, "per_page": size, "sort": "pushed"}))

    def _new(self, name: str, description: str, default_branch: str) -> Mapping[str, Json]:  # noqa: ARG002
        """The default branch is that of the first push; GitHub takes no other for a repository without commits."""
        return {"name": name, "description": description, "private": True, "auto_init": False}

    def _looked_into(self, found: ServerRepository) -> ServerRepository:
        """Whether it is empty: it has no branches then (``GET /repos/O/R/branches``)."""
        branches = documents(self._rest.get(joined("repos", *parts(found.path), "branches"), {"per_page": 1}))
        return replace(found, empty=not branches)


def expiry(header: str) -> datetime | None:
    """``2026-12-31 23:59:59 UTC`` or ``2026-12-31 23:59:59 +0000``, as GitHub writes it; None for everything else."""
    for form in ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z"):
        try:
            found = datetime.strptime(header, form)  # noqa: DTZ007 - the first form has its zone in words
        except ValueError:
            continue
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return None
