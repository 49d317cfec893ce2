"""GitLab, through python-gitlab: projects, deploy tokens and deploy keys.

python-gitlab knows the API; its transport is ours (``gitlab_transport``).

Sources: docs.gitlab.com/api: metadata, users, personal_access_tokens, namespaces, projects, deploy_tokens, deploy_keys,
groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from strategies.common.servers.address import ssh_url
from strategies.common.servers.credentials import credential_instance, repository_instance
from strategies.facts import Caller, CredentialKind, ReadCredential, ServerKind, ServerRepository
from strategies.resources.git.servers.api import REPOSITORIES_MOST, About, Issued, Token
from strategies.resources.git.servers.dial import TalkError, Trouble
from strategies.resources.git.servers.errors import Complaints, RefusedError
from strategies.resources.git.servers.fields import Document, document, exact, flag, moment, text, texts
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.keys import KeyPair, generate_key, key_fingerprint

if TYPE_CHECKING:
    import gitlab

    from strategies.resources.git.servers.gitlab_transport import BoundedAdapter

READ_REPOSITORY = "read_repository"
"""The scope of a deploy token that may clone and nothing else (docs.gitlab.com/user/project/deploy_tokens, "Scope")."""
_MAINTAINER = "the scope api and the role Maintainer of the project"
_PAGE = 50
_PAGE_MOST = 100
"""GitLab's greatest page (docs.gitlab.com/api/rest, "Pagination")."""


class GitLabApi:
    """One GitLab (``ServerApi``). ``base_url`` with its context path; ``make_key`` makes the pair of a deploy key."""

    kind = ServerKind.GITLAB

    def __init__(
        self, http: HttpClient, base_url: str, token: Token, make_key: Callable[[str], KeyPair] = generate_key
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._make_key = make_key
        self._complaints = Complaints(self.kind, urlsplit(base_url).netloc, token.value)
        self._client: gitlab.Gitlab | None = None
        self._adapter: BoundedAdapter | None = None

    def about(self) -> About:
        """``GET /metadata`` (from 15.2 on, else ``/version``). Of maintenance mode only an administrator's token learns."""
        with self._doing("Cannot ask GitLab for its version", "the scope read_api") as client:
            try:
                found = document(_json(client.http_get("/metadata")))
            except RefusedError as error:
                if error.answer.status != 404:
                    raise
                found = document(_json(client.http_get("/version")))
            settings = self._settings(client)
        enterprise = flag(found, "enterprise")
        edition = "" if enterprise is None else "Enterprise" if enterprise else "Community"
        closed = flag(settings, "maintenance_mode")
        state = "Maintenance Mode" if closed else ""
        return About(text(found, "version") or None, edition, state, writable=None if closed is None else not closed)

    def caller(self) -> Caller:
        """``GET /user`` and, for the token's scopes and expiry, ``GET /personal_access_tokens/self``."""
        with self._doing("Cannot ask GitLab whose the token is", "the scope api") as client:
            user = document(_json(client.http_get("/user")))
            try:
                own = document(_json(client.http_get("/personal_access_tokens/self")))
            except RefusedError:
                own = {}
        scopes = texts(own, "scopes") if own else None
        return Caller(text(user, "username"), scopes, moment(own, "expires_at"), flag(user, "is_admin"))

    def repositories(self, search: str = "", most: int = REPOSITORIES_MOST) -> tuple[ServerRepository, ...]:
        """``GET /projects``, in pages."""
        with self._doing("Cannot list the projects", "the scope read_api") as client:
            wanted = {"search": search, "search_namespaces": True} if search else {}
            listed = client.projects.list(
                iterator=True, per_page=min(_PAGE, most), order_by="id", sort="desc", archived=False, **wanted
            )
            found = []
            for project in listed:
                found.append(parse_project(document(project.attributes)))
                if len(found) >= most:
                    break
        return tuple(one for one in found if one.path)

    def repository(self, path: str) -> ServerRepository:
        """``GET /projects/:path``. GitLab finds it whatever the case, and tells the right spelling."""
        with self._doing(f"Cannot look for the project {path}", "the scope read_api") as client:
            try:
                return parse_project(document(client.projects.get(path).attributes))
            except RefusedError as error:
                if error.answer.status == 404:
                    return ServerRepository(path, exists=False)
                raise

    def create_repository(self, path: str, description: str, default_branch: str) -> ServerRepository:
        """``POST /projects`` without a first commit: the branch that is pushed first becomes the default branch."""
        group, _, name = path.rpartition("/")
        what = f"Cannot create the project {path}"
        with self._doing(f"Cannot find the group {group}", "the scope api and a role in the group") as client:
            namespace = document(client.namespaces.get(group).attributes) if group else {}
        wanted: dict[str, str | bool] = {
            "name": name,
            "path": name,
            "visibility": "private",
            "description": description,
            "initialize_with_readme": False,
        }
        if group:
            wanted["namespace_id"] = text(namespace, "id")
        with self._doing(what, "the scope api and the role Developer or Maintainer in the group") as client:
            made = parse_project(document(client.projects.create(wanted).attributes))
        if not made.path:
            raise self._complaints.odd(what, "the answer names no project")
        return made if made.default_branch else _with_branch(made, default_branch)

    def missing_groups(self, path: str) -> tuple[str, ...]:
        """``GET /namespaces/:path`` for each group around it: a user's own namespace serves as well."""
        missing = []
        for group in _around(path):
            with self._doing(f"Cannot look for the group {group}", "the scope read_api") as client:
                try:
                    client.namespaces.get(group)
                except RefusedError as error:
                    if error.answer.status != 404:
                        raise
                    missing.append(group)
        return tuple(missing)

    def create_group(self, path: str) -> None:
        """``POST /groups``."""
        outer, _, name = path.rpartition("/")
        with self._doing(f"Cannot create the group {path}", "the scope api and the right to create groups") as client:
            wanted: dict[str, str] = {"name": name, "path": name, "visibility": "private"}
            if outer:
                wanted["parent_id"] = text(document(client.namespaces.get(outer).attributes), "id")
            client.groups.create(wanted)

    def set_default_branch(self, path: str, branch: str) -> None:
        """``PUT /projects/:path``."""
        with self._doing(f"Cannot make {branch} the default branch of {path}", _MAINTAINER) as client:
            client.projects.update(path, {"default_branch": branch})

    def delete_repository(self, path: str) -> None:
        """``DELETE /projects/:path``. GitLab keeps what was deleted for some days (docs, "Delayed project deletion")."""
        with self._doing(f"Cannot delete the project {path}", "the scope api and the role Owner") as client:
            _gone_is_fine(lambda: client.projects.delete(path))

    def credentials(self, path: str) -> tuple[ReadCredential, ...]:
        """``GET /projects/:path/deploy_tokens`` and ``/deploy_keys``."""
        with self._doing(f"Cannot list the credentials of {path}", _MAINTAINER) as client:
            project = client.projects.get(path, lazy=True)
            tokens = [document(one.attributes) for one in project.deploytokens.list(get_all=True, per_page=_PAGE_MOST)]
            keys = [document(one.attributes) for one in project.keys.list(get_all=True, per_page=_PAGE_MOST)]
        return (*(parse_deploy_token(one) for one in tokens), *(parse_deploy_key(one) for one in keys))

    def create_credential(self, path: str, kind: CredentialKind, name: str, expires_at: datetime | None = None) -> Issued:
        """``POST /projects/:path/deploy_tokens``, or ``/deploy_keys``."""
        if kind is CredentialKind.DEPLOY_KEY:
            return self._create_key(path, name, expires_at)
        what = f"Cannot make a deploy token for {path}"
        wanted: dict[str, str | list[str]] = {"name": name, "scopes": [READ_REPOSITORY]}
        if expires_at is not None:
            wanted["expires_at"] = expires_at.isoformat()
        with self._doing(what, _MAINTAINER) as client:
            made = document(client.projects.get(path, lazy=True).deploytokens.create(wanted).attributes)
        credential = parse_deploy_token(made)
        secret = exact(made, "token")
        if not secret or not credential.username:
            raise self._complaints.odd(what, "the answer holds no token")
        if credential.scopes and credential.scopes != (READ_REPOSITORY,):
            self.remove_credential(path, kind, credential.id)
            raise self._complaints.odd(what, f"the token may do more than was asked for: {', '.join(credential.scopes)}")
        return Issued(credential, credential.username, password=secret)

    def remove_credential(self, path: str, kind: CredentialKind, identity: str) -> None:
        """``DELETE /projects/:path/deploy_tokens/:id``, or ``/deploy_keys/:id``."""
        with self._doing(f"Cannot remove the {kind} {identity} of {path}", _MAINTAINER) as client:
            project = client.projects.get(path, lazy=True)
            manager = project.keys if kind is CredentialKind.DEPLOY_KEY else project.deploytokens
            _gone_is_fine(lambda: manager.delete(identity))

    def _create_key(self, path: str, name: str, expires_at: datetime | None) -> Issued:
        pair = self._make_key(name)
        wanted: dict[str, str | bool] = {"title": name, "key": pair.public, "can_push": False}
        if expires_at is not None:
            wanted["expires_at"] = expires_at.isoformat()
        what = f"Cannot make a deploy key for {path}"
        with self._doing(what, _MAINTAINER) as client:
            made = parse_deploy_key(document(client.projects.get(path, lazy=True).keys.create(wanted).attributes))
        if not made.id or made.read_only is False:
            raise self._complaints.odd(what, "the key may write, or the answer names no key")
        return Issued(made, ssh_private_key=pair.private)

    def _settings(self, client: gitlab.Gitlab) -> Document:
        """``GET /application/settings``: for administrators only, so a refusal says nothing."""
        try:
            return document(_json(client.http_get("/application/settings")))
        except RefusedError:
            return {}

    @contextmanager
    def _doing(self, what: str, needs: str) -> Iterator[gitlab.Gitlab]:
        with self._complaints.about(what, needs):
            import gitlab

            try:
                yield self._connected()
            except gitlab.GitlabError as error:
                # Only what python-gitlab itself cannot read comes as its error: no answer that is no success gets that far.
                raise self._complaints.odd(what, type(error).__name__) from None

    def _connected(self) -> gitlab.Gitlab:
        """The client, made with the first question; the adapter counts the requests of each."""
        if self._client is None or self._adapter is None:
            import gitlab

            from strategies.resources.git.servers.gitlab_transport import BoundedAdapter, bounded_session

            self._adapter = BoundedAdapter(self._http, self._base_url)
            # ``keep_base_url``: the next page is asked for here, whatever host the server names.
            self._client = gitlab.Gitlab(
                self._base_url, private_token=self._token.value, session=bounded_session(self._adapter), keep_base_url=True
            )
        self._adapter.renew()
        return self._client


def parse_project(found: Document) -> ServerRepository:
    """A project as ``GET /projects`` has it. Without ``empty_repo`` (the short form) it is not known whether it is empty."""
    permissions = [document(one) for one in document(found.get("permissions")).values() if isinstance(one, Mapping)]
    levels = [level for one in permissions if isinstance(level := one.get("access_level"), int)]
    visibility = text(found, "visibility")
    return ServerRepository(
        text(found, "path_with_namespace"),
        id=text(found, "id"),
        default_branch=text(found, "default_branch") or None,
        empty=flag(found, "empty_repo"),
        https_url=text(found, "http_url_to_repo"),
        ssh_url=ssh_url(text(found, "ssh_url_to_repo")),
        private=visibility != "public" if visibility else None,
        archived=flag(found, "archived") is True,
        administered=max(levels) >= _MAINTAINER_LEVEL if levels else None,
        instance=repository_instance(exact(found, "description")),
    )


_MAINTAINER_LEVEL = 40
"""docs.gitlab.com/api/access_requests, "Valid access levels"."""


def parse_deploy_token(found: Document) -> ReadCredential:
    """A deploy token as the API lists it. Without an expiry ``expires_at`` is null."""
    return ReadCredential(
        CredentialKind.DEPLOY_TOKEN,
        text(found, "id"),
        text(found, "name"),
        text(found, "username"),
        texts(found, "scopes"),
        expires_at=moment(found, "expires_at"),
        read_only=all(one.startswith("read_") for one in texts(found, "scopes")),
        active=not (flag(found, "revoked") or flag(found, "expired")),
        instance=credential_instance(text(found, "name")),
    )


def parse_deploy_key(found: Document) -> ReadCredential:
    """A deploy key as the API lists it."""
    can_push = flag(found, "can_push")
    return ReadCredential(
        CredentialKind.DEPLOY_KEY,
        text(found, "id"),
        text(found, "title"),
        created_at=moment(found, "created_at"),
        expires_at=moment(found, "expires_at"),
        read_only=None if can_push is None else not can_push,
        fingerprint=key_fingerprint(exact(found, "key")),
        instance=credential_instance(text(found, "title")),
    )


def _around(path: str) -> list[str]:
    """The groups around a project, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _with_branch(made: ServerRepository, branch: str) -> ServerRepository:
    """An empty project has no default branch yet: the first push decides, which is this one."""
    return replace(made, default_branch=branch, empty=True)


def _gone_is_fine(call: Callable[[], object]) -> None:
    try:
        call()
    except RefusedError as error:
        if error.answer.status != 404:
            raise


def _json(answer: object) -> Document:
    """python-gitlab gives a dictionary for JSON, and the response itself for everything else."""
    if not isinstance(answer, dict):
        raise TalkError(Trouble.CONTENT, "GitLab answers with something else than JSON")
    return answer
