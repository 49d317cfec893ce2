"""Gitea's REST API under ``/api/v1``, as far as a repository and its read-only deploy key need it. Forgejo's is the same.

docs.gitea.com/api (the server's own ``/api/swagger``): ``getVersion``, ``userGetCurrent``, ``repoSearch``, ``repoGet``,
``createOrgRepo``, ``createCurrentUserRepo``, ``orgGet``, ``orgListRepos``, ``orgListCurrentUserOrgs``, ``repoListKeys``,
``repoCreateKey``, ``repoDeleteKey``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from wizard.sandbox.git.servers.gitea_access import GiteaAccess
from wizard.sandbox.git.servers.holdings import DeployKey, Group, Repository, User
from wizard.sandbox.git.servers.http import Answer, BodyError, RefusedError, Request, Routes, as_json
from wizard.sandbox.git.servers.product import ADMIN, READ, WRITE
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import NameTakenError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


class GiteaApi:
    """``/api/v1`` of one server."""

    def __init__(self, section: ServerSection, access: GiteaAccess) -> None:
        self._section = section
        self._access = access
        self._store = access.store
        repository = "/repos/{owner}/{name}"
        self._routes = Routes(
            ("GET", "/version", self._version),
            ("GET", "/settings/api", self._settings),
            ("GET", "/user", self._user),
            ("GET", "/user/repos", self._own_repositories),
            ("POST", "/user/repos", self._create_own),
            ("GET", "/user/orgs", self._own_organisations),
            ("GET", "/orgs/{org}", self._organisation),
            ("GET", "/orgs/{org}/repos", self._organisation_repositories),
            ("POST", "/orgs/{org}/repos", self._create_in_organisation),
            ("GET", "/repos/search", self._search),
            ("GET", repository, self._repository),
            ("PATCH", repository, self._edit_repository),
            ("DELETE", repository, self._delete_repository),
            ("GET", f"{repository}/keys", self._keys),
            ("POST", f"{repository}/keys", self._create_key),
            ("GET", f"{repository}/keys/{{number}}", self._key),
            ("DELETE", f"{repository}/keys/{{number}}", self._delete_key),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        inner = replace(request, path=request.path.removeprefix("/api/v1"))
        found = self._routes.find(inner)
        if found is None:
            return self._access.gone()
        handler, parts = found
        try:
            return handler(inner, **parts)
        except RefusedError as refused:
            return refused.answer
        except BodyError as error:
            return self._access.failure(422, f"[]: {error}")

    # the server, and oneself

    def _version(self, request: Request) -> Answer:
        self._access.anybody(request)
        return as_json(200, {"version": self._section.version})

    def _settings(self, request: Request) -> Answer:
        self._access.anybody(request)
        return as_json(200, {"max_response_items": 50, "default_paging_num": 30, "default_git_trees_per_page": 1000})

    def _user(self, request: Request) -> Answer:
        user = self._access.somebody(request, "user")
        return as_json(200, {"id": user.id, "login": user.name, "full_name": "", "is_admin": user.admin, "active": True})

    # organisations

    def _own_organisations(self, request: Request) -> Answer:
        user = self._access.somebody(request, "user", "organization")
        mine = [self._told_organisation(group) for group in self._store.groups() if user.name in group.members]
        return self._access.paged(request, "/user/orgs", mine)

    def _organisation(self, request: Request, org: str) -> Answer:
        self._access.anybody(request, "organization")
        return as_json(200, self._told_organisation(self._access.organisation(org)))

    def _organisation_repositories(self, request: Request, org: str) -> Answer:
        user = self._access.anybody(request, "organization")
        group = self._access.organisation(org)
        return self._access.paged(request, f"/orgs/{org}/repos", self._seen(user, lambda entry: entry.group is group))

    def _create_in_organisation(self, request: Request, org: str) -> Answer:
        user = self._access.somebody(request, "organization")
        group = self._access.organisation(org)
        if self._store.level(user, group) < ADMIN:
            return self._access.failure(403, "Given user is not allowed to create repository in organization.")
        return self._create(request, group, user)

    # repositories

    def _search(self, request: Request) -> Answer:
        user = self._access.anybody(request, "repository")
        wanted = request.first("q").lower()
        found = self._seen(user, lambda entry: wanted in entry.name.lower())
        return self._access.paged(request, "/repos/search", found, wrapped=True)

    def _own_repositories(self, request: Request) -> Answer:
        user = self._access.somebody(request, "user", "repository")
        mine = self._seen(user, lambda entry: self._store.level(user, entry.group) >= READ)
        return self._access.paged(request, "/user/repos", mine)

    def _create_own(self, request: Request) -> Answer:
        user = self._access.somebody(request, "user", "repository")
        group = self._store.group(user.name)
        return self._access.gone() if group is None else self._create(request, group, user)

    def _repository(self, request: Request, owner: str, name: str) -> Answer:
        user = self._access.anybody(request, "repository")
        moved = self._store.moved(f"{owner}/{name}")
        if moved is not None and (not moved.private or self._store.level(user, moved.group) >= READ):
            return Answer(307, (("Location", f"{self._section.web_url}/api/v1/repos/{moved.full_name}"),))
        return as_json(200, self._told(self._access.repository(user, owner, name), user))

    def _edit_repository(self, request: Request, owner: str, name: str) -> Answer:
        found, branch = self._access.own_repository(request, owner, name), str(request.json().get("default_branch") or "")
        if branch and found.branches() and branch not in found.heads():
            return self._access.gone()
        if branch:
            self._store.set_default_branch(found, branch)
        return as_json(200, self._told(found, self._access.somebody(request, "repository")))

    def _delete_repository(self, request: Request, owner: str, name: str) -> Answer:
        self._store.remove_repository(self._access.own_repository(request, owner, name))
        return Answer(204)

    def _create(self, request: Request, group: Group, user: User) -> Answer:
        said = request.json()
        name = str(said.get("name") or "")
        if not name:
            return self._access.failure(422, "[Name]: Required")
        if not _NAME.fullmatch(name) or name.endswith((".git", ".wiki", ".rss", ".atom")):
            return self._access.failure(422, f"name is reserved or has characters that are not allowed [name: {name[:100]!r}]")
        try:
            made = self._store.add_repository(
                group,
                name,
                private=said.get("private") is True,
                default_branch=str(said.get("default_branch") or "main"),
                title=str(said.get("description") or name),
            )
        except NameTakenError:
            return self._access.failure(409, "The repository with the same name already exists.")
        return as_json(201, self._told(made, user))

    def _seen(self, user: User | None, wanted: Callable[[Repository], bool]) -> list[dict[str, object]]:
        return [
            self._told(entry, user)
            for entry in self._store.repositories()
            if (not entry.private or self._store.level(user, entry.group) >= READ) and wanted(entry)
        ]

    # deploy keys

    def _keys(self, request: Request, owner: str, name: str) -> Answer:
        repository = self._access.own_repository(request, owner, name)
        keys = [self._told_key(key) for key in self._store.deploy_keys(repository)]
        return self._access.paged(request, f"/repos/{owner}/{name}/keys", keys)

    def _key(self, request: Request, owner: str, name: str, number: str) -> Answer:
        return as_json(200, self._told_key(self._numbered(request, owner, name, number)))

    def _create_key(self, request: Request, owner: str, name: str) -> Answer:
        repository = self._access.own_repository(request, owner, name)
        said = request.json()
        title, key = str(said.get("title") or ""), str(said.get("key") or "")
        wrong = [word for word, value in (("Title", title), ("Key", key)) if not value]
        if wrong:
            return self._access.failure(422, ", ".join(f"[{word}]: Required" for word in wrong))
        if any(other.title == title for other in self._store.deploy_keys(repository)):
            return self._access.failure(422, "A key with the same name already exists")
        try:
            made = self._store.add_key(repository, title, key, read_only=said.get("read_only") is True)
        except ValueError:
            return self._access.failure(422, "Invalid key content: unable to parse the key")
        except NameTakenError:
            return self._access.failure(422, "This key has already been added to this repository")
        return as_json(201, self._told_key(made))

    def _delete_key(self, request: Request, owner: str, name: str, number: str) -> Answer:
        self._store.remove_key(self._numbered(request, owner, name, number))
        return Answer(204)

    def _numbered(self, request: Request, owner: str, name: str, number: str) -> DeployKey:
        repository = self._access.own_repository(request, owner, name)
        found = next((key for key in self._store.deploy_keys(repository) if str(key.id) == number), None)
        if found is None:
            raise RefusedError(self._access.gone())
        return found

    # how things are told

    def _told(self, repository: Repository, user: User | None) -> dict[str, object]:
        section, level = self._section, self._store.level(user, repository.group)
        path = repository.full_name
        ssh = f"git@{section.host}:{path}.git"
        if section.ssh_port not in {22, None}:
            ssh = f"ssh://git@{section.host}:{section.ssh_port}/{path}.git"
        return {
            "id": repository.id,
            "owner": {"id": repository.group.id, "login": repository.group.name},
            "name": repository.name,
            "full_name": path,
            "description": repository.title,
            "empty": not repository.branches(),
            "private": repository.private,
            "html_url": f"{section.web_url}/{path}",
            "ssh_url": ssh if section.ssh_port is not None else "",
            "clone_url": f"{section.web_url}/{path}.git",
            "default_branch": repository.default_branch,
            "archived": False,
            "created_at": f"{repository.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "permissions": {"admin": level >= ADMIN, "push": level >= WRITE, "pull": level >= READ or not repository.private},
        }

    def _told_organisation(self, group: Group) -> dict[str, object]:
        return {"id": group.id, "name": group.name, "username": group.name, "full_name": group.title, "visibility": "private"}

    def _told_key(self, key: DeployKey) -> dict[str, object]:
        return {
            "id": key.id,
            "key_id": key.id,
            "key": key.key,
            "url": f"{self._section.web_url}/api/v1/repos/{key.repository.full_name}/keys/{key.id}",
            "title": key.title,
            "fingerprint": key.fingerprint,
            "created_at": f"{key.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "read_only": key.read_only,
        }
