"""What Gitea, Forgejo and GitHub Enterprise Server have in common: the latter's API is the model of the others'.

Written against the APIs themselves. PyGithub brings PyNaCl and PyJWT, takes its proxy from the process and lets the answer's
size and whole time not be bounded; for Gitea and Forgejo there is no client that their makers or many others maintain.

Sources: docs.github.com/enterprise-server/rest (meta, users, repos, deploy-keys); the Swagger description that every Gitea and
Forgejo serves at ``/api/swagger``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from strategies.base import Json
from strategies.common.servers.address import ssh_url
from strategies.common.servers.credentials import credential_instance, repository_instance
from strategies.facts import Caller, CredentialKind, ReadCredential, ServerKind, ServerRepository
from strategies.resources.git.servers.api import REPOSITORIES_MOST, About, Issued, Token
from strategies.resources.git.servers.errors import Complaints, Reason, ServerError
from strategies.resources.git.servers.fields import Document, document, documents, exact, flag, moment, text
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.keys import KeyPair, generate_key, key_fingerprint
from strategies.resources.git.servers.rest import Rest, joined, limited, parts

_PAGE = 50
_PAGES_MOST = 20


class ForgeApi:
    """The common part. ``prefix`` is that of the API, ``headers`` carry the token, ``reads`` and ``writes`` name the rights."""

    def __init__(
        self,
        kind: ServerKind,
        http: HttpClient,
        base_url: str,
        token: Token,
        *,
        prefix: str,
        headers: Mapping[str, str],
        reads: str,
        writes: str,
        make_key: Callable[[str], KeyPair] = generate_key,
    ) -> None:
        self.kind = kind
        self._rest = Rest(http, base_url.rstrip("/") + prefix, headers)
        self._reads = reads
        self._writes = writes
        self._make_key = make_key
        self._complaints = Complaints(kind, urlsplit(base_url).netloc, token.value)

    def about(self) -> About:
        """The product says how."""
        raise NotImplementedError

    def caller(self) -> Caller:
        """``GET /user``."""
        with self._complaints.about(f"Cannot ask {self.kind.product} whose the token is", self._reads):
            answer = self._rest.call("GET", "/user")
            found = document(answer.json())
        return self._caller(found, answer.headers)

    def repositories(self, search: str = "", most: int = REPOSITORIES_MOST) -> tuple[ServerRepository, ...]:
        """In pages, until there are enough; a page that is not full is the last one."""
        found: list[ServerRepository] = []
        with self._complaints.about("Cannot list the repositories", self._reads):
            for page in range(1, _PAGES_MOST + 1):
                listed = self._listed(search, page, _PAGE)
                named = [parse_repository(one) for one in listed]
                found += [one for one in named if one.path and search.lower() in one.path.lower()]
                if len(listed) < _PAGE or len(found) >= most:
                    break
        return tuple(found[:most])

    def repository(self, path: str) -> ServerRepository:
        """``GET /repos/O/R``."""
        with self._complaints.about(f"Cannot look for the repository {path}", self._reads):
            found = self._rest.find(joined("repos", *parts(path)))
            if found is None:
                return ServerRepository(path, exists=False)
            return self._looked_into(parse_repository(document(found)))

    def create_repository(self, path: str, description: str, default_branch: str) -> ServerRepository:
        """``POST /orgs/O/repos``; for the token's own user ``POST /user/repos``."""
        owner, name = parts(path)
        what = f"Cannot create the repository {path}"
        with self._complaints.about(f"Cannot find the organisation {owner}", self._reads):
            organisation = self._rest.find(joined("orgs", owner))
        if organisation is None and self.caller().name.lower() != owner.lower():
            why = f"there is no organisation {owner}, and it is not the token's own user"
            raise ServerError(what, why, "Make the organisation, or answer one that exists.", Reason.NOT_FOUND)
        below = "/user/repos" if organisation is None else joined("orgs", owner, "repos")
        with self._complaints.about(what, self._writes):
            wanted = self._new(name, description, default_branch)
            made = parse_repository(document(self._rest.send("POST", below, wanted)))
        if not made.path:
            raise self._complaints.odd(what, "the answer names no repository")
        return replace(made, empty=True, default_branch=made.default_branch or default_branch)

    def set_default_branch(self, path: str, branch: str) -> None:
        """``PATCH /repos/O/R``."""
        with self._complaints.about(f"Cannot make {branch} the default branch of {path}", self._writes):
            self._rest.send("PATCH", joined("repos", *parts(path)), {"default_branch": branch})

    def delete_repository(self, path: str) -> None:
        """``DELETE /repos/O/R``."""
        with self._complaints.about(f"Cannot delete the repository {path}", self._writes):
            self._rest.delete(joined("repos", *parts(path)))

    def credentials(self, path: str) -> tuple[ReadCredential, ...]:
        """``GET /repos/O/R/keys``."""
        found: list[Document] = []
        with self._complaints.about(f"Cannot list the deploy keys of {path}", self._writes):
            for page in range(1, _PAGES_MOST + 1):
                query: dict[str, str | int] = {"page": page, "limit": _PAGE, "per_page": _PAGE}
                listed = documents(self._rest.get(joined("repos", *parts(path), "keys"), query))
                found += listed
                if len(listed) < _PAGE:
                    break
        return tuple(parse_key(one) for one in limited(found, _PAGE * _PAGES_MOST))

    def create_credential(
        self,
        path: str,
        kind: CredentialKind,
        name: str,
        expires_at: datetime | None = None,  # noqa: ARG002 - a deploy key knows no expiry
    ) -> Issued:
        """``POST /repos/O/R/keys`` with ``read_only``."""
        what = f"Cannot make a deploy key for {path}"
        if kind is not CredentialKind.DEPLOY_KEY:
            raise self._complaints.odd(what, f"{self.kind.product} makes no {kind} for one repository")
        pair = self._make_key(name)
        wanted: Mapping[str, Json] = {"title": name, "key": pair.public, "read_only": True}
        with self._complaints.about(what, self._writes):
            made = parse_key(document(self._rest.send("POST", joined("repos", *parts(path), "keys"), wanted)))
        if not made.id:
            raise self._complaints.odd(what, "the answer names no key")
        if made.read_only is False:
            self.remove_credential(path, kind, made.id)
            raise self._complaints.odd(what, "the key may write, which was not asked for")
        return Issued(made, ssh_private_key=pair.private)

    def remove_credential(self, path: str, kind: CredentialKind, identity: str) -> None:
        """``DELETE /repos/O/R/keys/:id``."""
        with self._complaints.about(f"Cannot remove the {kind} {identity} of {path}", self._writes):
            self._rest.delete(joined("repos", *parts(path), "keys", identity))

    def _caller(self, found: Document, headers: Mapping[str, str]) -> Caller:  # noqa: ARG002 - GitHub's tell of the token
        return Caller(text(found, "login"))

    def _listed(self, search: str, page: int, size: int) -> list[Document]:
        raise NotImplementedError

    def _new(self, name: str, description: str, default_branch: str) -> Mapping[str, Json]:
        raise NotImplementedError

    def _looked_into(self, found: ServerRepository) -> ServerRepository:
        return found


def parse_repository(found: Document) -> ServerRepository:
    """A repository as these APIs have it. ``empty`` is Gitea's; GitHub does not say it."""
    return ServerRepository(
        text(found, "full_name"),
        id=text(found, "id"),
        default_branch=text(found, "default_branch") or None,
        empty=flag(found, "empty"),
        https_url=text(found, "clone_url"),
        ssh_url=ssh_url(text(found, "ssh_url")),
        private=flag(found, "private"),
        archived=flag(found, "archived") is True,
        administered=flag(document(found.get("permissions")), "admin"),
        instance=repository_instance(exact(found, "description")),
    )


def parse_key(found: Document) -> ReadCredential:
    """A deploy key as these APIs list it."""
    return ReadCredential(
        CredentialKind.DEPLOY_KEY,
        text(found, "id"),
        text(found, "title"),
        created_at=moment(found, "created_at"),
        read_only=flag(found, "read_only"),
        fingerprint=key_fingerprint(exact(found, "key")),
        instance=credential_instance(text(found, "title")),
    )
