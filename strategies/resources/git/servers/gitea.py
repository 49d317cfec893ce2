"""Gitea and Forgejo: the same API but for names (docs.gitea.com/api, codeberg.org/api/swagger)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strategies.base import Json
from strategies.facts import Caller, ServerKind, ServerRepository
from strategies.resources.git.servers.api import About, Token
from strategies.resources.git.servers.errors import Reason, ServerError
from strategies.resources.git.servers.fields import Document, document, documents, flag, text
from strategies.resources.git.servers.forge import ForgeApi
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.keys import KeyPair, generate_key


class GiteaApi(ForgeApi):
    """One Gitea or Forgejo (``ServerApi``)."""

    def __init__(
        self,
        kind: ServerKind,
        http: HttpClient,
        base_url: str,
        token: Token,
        make_key: Callable[[str], KeyPair] = generate_key,
    ) -> None:
        super().__init__(
            kind, http, base_url, token, prefix="/api/v1", headers=token.authorization("token"),
            reads="the scopes read:repository, read:organization and read:user",
            writes="the scopes write:repository and write:organization, and the role administrator of the repository",
            make_key=make_key,
        )  # fmt: skip

    def about(self) -> About:
        """``GET /version``."""
        with self._complaints.about(f"Cannot ask {self.kind.product} for its version"):
            return About(text(document(self._rest.get("/version")), "version") or None)

    def repository(self, path: str) -> ServerRepository:
        """``GET /repos/O/R``; where there is none, ``GET /user`` tells whether the token was taken for one at all.

        Before 1.20 Gitea takes a token that it does not know for none (``services/auth/oauth2.go``), and to strangers nothing
        that is private is there.
        """
        found = super().repository(path)
        if not found.exists:
            try:
                self.caller()
            except ServerError as error:
                if error.reason is Reason.TOKEN_REFUSED:
                    raise
        return found

    def _caller(self, found: Document, headers: Mapping[str, str]) -> Caller:  # noqa: ARG002 - GitHub's tell of the token
        return Caller(text(found, "login"), administrator=flag(found, "is_admin"))

    def _listed(self, search: str, page: int, size: int) -> list[Document]:
        """``GET /repos/search``: ``{"ok": true, "data": [...]}``."""
        return documents(document(self._rest.get("/repos/search", {"q": search, "page": page, "limit": size})).get("data"))

    def _new(self, name: str, description: str, default_branch: str) -> Mapping[str, Json]:
        return {
            "name": name,
            "description": description,
            "private": True,
            "auto_init": False,
            "default_branch": default_branch,
        }
