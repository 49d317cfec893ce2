"""Bitbucket Data Center: repositories of projects, HTTP access tokens and access keys of one repository.

Written against the REST API itself: atlassian-python-api brings six packages and does not know the access tokens of
repositories, which are what is needed here.

Sources: developer.atlassian.com/server/bitbucket/rest (Project, Repository, Authentication); Confluence "HTTP access tokens".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from strategies.base import Json
from strategies.common.servers.credentials import credential_instance, repository_instance
from strategies.facts import Caller, CredentialKind, ReadCredential, ServerKind, ServerRepository
from strategies.resources.git.servers.api import REPOSITORIES_MOST, About, Issued, Token
from strategies.resources.git.servers.errors import Complaints, RefusedError
from strategies.resources.git.servers.fields import Document, document, documents, exact, flag, moment, text, texts
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.keys import KeyPair, generate_key, key_fingerprint
from strategies.resources.git.servers.rest import Rest, joined, limited, parts

REPO_READ = "REPO_READ"
_API = "/rest/api/1.0"
"""Still served next to ``latest``, and the one that Bitbucket Server had too."""
_TOKENS = "/rest/access-tokens/latest"
_KEYS = "/rest/keys/latest"
_PAGE = 100
_PAGES_MOST = 20
_REPO_ADMIN = (
    "the permission Repository admin and Bitbucket Data Center's licence; where administrators let no token make tokens, "
    "answer user name and password"
)
"""Confluence "HTTP access tokens": a token cannot be used to "create new tokens" on behalf of its user."""


class BitbucketApi:
    """One Bitbucket (``ServerApi``). Paths are ``KEY/slug``; a personal project's key begins with ``~``."""

    kind = ServerKind.BITBUCKET

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        token: Token,
        now: Callable[[], datetime],
        make_key: Callable[[str], KeyPair] = generate_key,
    ) -> None:
        self._rest = Rest(http, base_url, token.authorization("Bearer"))
        self._now = now
        self._make_key = make_key
        self._complaints = Complaints(self.kind, urlsplit(base_url).netloc, token.value)

    def about(self) -> About:
        """``application-properties``, and ``/status`` for the state."""
        with self._complaints.about("Cannot ask Bitbucket for its version"):
            found = document(self._rest.get(f"{_API}/application-properties"))
            state = document(self._state())
        word = text(state, "state")
        running = word == "RUNNING" if word else None
        return About(text(found, "version") or None, "", word, running, running)

    def _state(self) -> Json:
        """``/status``: 503 comes with the state too (Atlassian KB 975014635)."""
        try:
            return self._rest.get("/status")
        except RefusedError as error:
            return error.answer.json()

    def caller(self) -> Caller:
        """Whether the token is good at all, and its user where ``X-AUSERNAME`` says it; what it may do is told to nobody."""
        with self._complaints.about("Cannot ask Bitbucket whose the token is", "a valid HTTP access token"):
            answer = self._rest.call("GET", f"{_API}/projects", query={"limit": 1})
            answer.json()
        return Caller(text({"name": answer.headers.get("x-ausername", "")}, "name"))

    def repositories(self, search: str = "", most: int = REPOSITORIES_MOST) -> tuple[ServerRepository, ...]:
        """``GET /repos``, in pages."""
        query: dict[str, str | int] = {"name": search} if search else {}
        with self._complaints.about("Cannot list the repositories", "the permission Repository read"):
            found = self._pages(f"{_API}/repos", query, most)
        return tuple(one for one in (parse_repository(each) for each in found) if one.path)

    def repository(self, path: str) -> ServerRepository:
        """``GET /projects/KEY/repos/slug``, and its branches, which tell whether it is empty."""
        with self._complaints.about(f"Cannot look for the repository {path}", "the permission Repository read"):
            found = self._rest.find(_repository(path))
            if found is None:
                return ServerRepository(path, exists=False)
            page = document(self._rest.find(f"{_repository(path)}/branches", {"limit": _PAGE}))
        # Without that list it is not known whether the repository is empty, and it counts as full.
        return parse_repository(document(found), documents(page.get("values")) if "values" in page else None)

    def create_repository(self, path: str, description: str, default_branch: str) -> ServerRepository:
        """``POST /projects/KEY/repos``."""
        key, slug = parts(path)
        what = f"Cannot create the repository {path}"
        wanted: Mapping[str, Json] = {
            "name": slug,
            "scmId": "git",
            "defaultBranch": default_branch,
            "description": description,
            "public": False,
        }
        with self._complaints.about(what, f"the permission Project admin (or Repository create) in {key}"):
            made = parse_repository(document(self._rest.send("POST", f"{_API}{joined('projects', key, 'repos')}", wanted)), ())
        if not made.path:
            raise self._complaints.odd(what, "the answer names no repository")
        return made

    def set_default_branch(self, path: str, branch: str) -> None:
        """``PUT /projects/KEY/repos/slug/default-branch``: 204."""
        with self._complaints.about(f"Cannot make {branch} the default branch of {path}", "the permission Repository admin"):
            self._rest.send("PUT", f"{_repository(path)}/default-branch", {"id": f"refs/heads/{branch}"})

    def delete_repository(self, path: str) -> None:
        """``DELETE /projects/KEY/repos/slug``."""
        with self._complaints.about(f"Cannot delete the repository {path}", "the permission Repository admin"):
            self._rest.delete(_repository(path))

    def credentials(self, path: str) -> tuple[ReadCredential, ...]:
        """Tokens and keys of the repository alone; those of its project are not listed here."""
        with self._complaints.about(f"Cannot list the credentials of {path}", _REPO_ADMIN):
            tokens = self._pages(_credential(_TOKENS, path), {}, _PAGE * _PAGES_MOST)
            keys = self._pages(_credential(_KEYS, path, "ssh"), {}, _PAGE * _PAGES_MOST)
        return (*(parse_token(one, self._now()) for one in tokens), *(parse_key(one) for one in keys))

    def create_credential(self, path: str, kind: CredentialKind, name: str, expires_at: datetime | None = None) -> Issued:
        """``PUT /access-tokens/latest/projects/KEY/repos/slug``, or ``POST /keys/latest/projects/KEY/repos/slug/ssh``."""
        if kind is CredentialKind.DEPLOY_KEY:
            return self._create_key(path, name)
        what = f"Cannot make an HTTP access token for {path}"
        wanted: dict[str, Json] = {"name": name, "permissions": [REPO_READ]}
        if expires_at is not None:
            wanted["expiryDays"] = max(1, math.ceil((expires_at - self._now()) / timedelta(days=1)))
        with self._complaints.about(what, _REPO_ADMIN):
            made = document(self._rest.send("PUT", _credential(_TOKENS, path), wanted))
        credential, secret = parse_token(made, self._now()), exact(made, "token")
        if not secret or not credential.id:
            raise self._complaints.odd(what, "the answer holds no token")
        if credential.scopes and credential.scopes != (REPO_READ,):
            self.remove_credential(path, kind, credential.id)
            raise self._complaints.odd(what, f"the token may do more than was asked for: {', '.join(credential.scopes)}")
        return Issued(credential, bearer_token=secret)

    def remove_credential(self, path: str, kind: CredentialKind, identity: str) -> None:
        """``DELETE`` below the same addresses."""
        with self._complaints.about(f"Cannot remove the {kind} {identity} of {path}", _REPO_ADMIN):
            if kind is CredentialKind.DEPLOY_KEY:
                self._rest.delete(_credential(_KEYS, path, "ssh", identity))
            else:
                self._rest.delete(_credential(_TOKENS, path, identity))

    def _create_key(self, path: str, name: str) -> Issued:
        """An access key of the repository; its label is the comment of the key."""
        pair = self._make_key(name)
        wanted: Mapping[str, Json] = {"key": {"text": pair.public, "label": name}, "permission": REPO_READ}
        what = f"Cannot make an access key for {path}"
        with self._complaints.about(what, _REPO_ADMIN):
            made = parse_key(document(self._rest.send("POST", _credential(_KEYS, path, "ssh"), wanted)))
        if not made.id or made.read_only is False:
            raise self._complaints.odd(what, "the key may write, or the answer names no key")
        return Issued(made, ssh_private_key=pair.private)

    def _pages(self, path: str, query: Mapping[str, str | int], most: int) -> list[Document]:
        """A paged list (REST reference, "Paged APIs"): ``values``, ``isLastPage``, ``nextPageStart``."""
        found: list[Document] = []
        start = 0
        for _page in range(_PAGES_MOST):
            page = document(self._rest.get(path, {**query, "limit": min(_PAGE, most), "start": start}))
            found += documents(page.get("values"))
            following = page.get("nextPageStart")
            if (
                len(found) >= most
                or flag(page, "isLastPage") is not False
                or not isinstance(following, int)
                or following <= start
            ):
                break
            start = following
        return limited(found, most)


def parse_repository(found: Document, branches: list[Document] | tuple[Document, ...] | None = None) -> ServerRepository:
    """A repository as the API has it; ``branches`` None: they were not looked at."""
    key, slug = text(document(found.get("project")), "key"), text(found, "slug")
    links = {text(one, "name"): text(one, "href") for one in documents(document(found.get("links")).get("clone"))}
    default = next((text(one, "displayId") for one in branches or () if flag(one, "isDefault")), None)
    public = flag(found, "public")
    return ServerRepository(
        f"{key}/{slug}" if key and slug else "",
        id=text(found, "id"),
        default_branch=default or text(found, "defaultBranch") or None,
        empty=None if branches is None else not branches,
        https_url=links.get("https", "") or links.get("http", ""),
        ssh_url=links.get("ssh", ""),
        private=None if public is None else not public,
        archived=flag(found, "archived") is True,
        instance=repository_instance(exact(found, "description")),
    )


def parse_token(found: Document, now: datetime) -> ReadCredential:
    """A token as the API lists it."""
    ends, permissions = _ends(found), texts(found, "permissions")
    return ReadCredential(
        CredentialKind.ACCESS_TOKEN,
        text(found, "id"),
        text(found, "name"),
        scopes=permissions,
        created_at=moment(found, "createdDate"),
        expires_at=ends,
        read_only=all(one.endswith("_READ") for one in permissions) if permissions else None,
        active=ends is None or ends > now,
        instance=credential_instance(text(found, "name")),
    )


def parse_key(found: Document) -> ReadCredential:
    """An access key: ``{"key": {"id", "text", "label"}, "permission": "REPO_READ"}``."""
    key, permission = document(found.get("key")), text(found, "permission")
    return ReadCredential(
        CredentialKind.DEPLOY_KEY,
        text(key, "id"),
        text(key, "label"),
        scopes=(permission,) if permission else (),
        created_at=moment(key, "createdDate"),
        expires_at=_ends(key),
        read_only=permission.endswith("_READ") if permission else None,
        fingerprint=key_fingerprint(exact(key, "text")),
        instance=credential_instance(text(key, "label")),
    )


def _ends(found: Document) -> datetime | None:
    """``expiryDate``, or ``expiryDays`` after ``createdDate``: the REST reference has the days alone, of tokens and of keys."""
    created, days = moment(found, "createdDate"), found.get("expiryDays")
    if created is not None and isinstance(days, int) and 0 < days < 100_000:
        return moment(found, "expiryDate") or created + timedelta(days=days)
    return moment(found, "expiryDate")


def _repository(path: str) -> str:
    key, slug = parts(path)
    return f"{_API}{joined('projects', key, 'repos', slug)}"


def _credential(below: str, path: str, *more: str) -> str:
    key, slug = parts(path)
    return f"{below}{joined('projects', key, 'repos', slug, *more)}"
