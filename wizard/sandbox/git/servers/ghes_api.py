"""The REST API of GitHub Enterprise Server under ``/api/v3``, as far as a repository and its read-only deploy key need it.

docs.github.com/enterprise-server/rest: "Meta" (``installed_version``), "Users", "Organizations", "Repositories" (an
organisation's are made with the scope ``repo``, ``public_repo`` for public ones), "Branches", "Deploy keys", "Rate limit".
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC

from wizard.sandbox.git.servers.ghes_access import Caller, GhesAccess
from wizard.sandbox.git.servers.holdings import DeployKey, Group, Repository
from wizard.sandbox.git.servers.http import Answer, BodyError, RefusedError, Request, Routes, as_json, redirect
from wizard.sandbox.git.servers.product import ADMIN, READ, WRITE
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import NameTakenError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_VERSIONS = {"2022-11-28"}
_ACCEPTED = {"/orgs": "admin:org, read:org, repo, user, write:org", "/user": "", "/repos": "repo"}


class GhesApi:
    """``/api/v3`` of one server."""

    def __init__(self, section: ServerSection, access: GhesAccess) -> None:
        self._section = section
        self._access = access
        self._store = access.store
        repository = "/repos/{owner}/{name}"
        self._routes = Routes(
            ("GET", "", self._root),
            ("GET", "/", self._root),
            ("GET", "/meta", self._meta),
            ("GET", "/rate_limit", self._rate_limit),
            ("GET", "/user", self._user),
            ("GET", "/user/orgs", self._own_organisations),
            ("GET", "/user/repos", self._own_repositories),
            ("POST", "/user/repos", self._create_own),
            ("GET", "/orgs/{org}", self._organisation),
            ("GET", "/orgs/{org}/repos", self._organisation_repositories),
            ("POST", "/orgs/{org}/repos", self._create_in_organisation),
            ("GET", "/repositories/{number}", self._by_number),
            ("GET", repository, self._repository),
            ("PATCH", repository, self._edit_repository),
            ("DELETE", repository, self._delete_repository),
            ("GET", f"{repository}/branches", self._branches),
            ("GET", f"{repository}/keys", self._keys),
            ("POST", f"{repository}/keys", self._create_key),
            ("GET", f"{repository}/keys/{{number}}", self._key),
            ("DELETE", f"{repository}/keys/{{number}}", self._delete_key),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        inner = replace(request, path=request.path.removeprefix("/api/v3"))
        accepted = next((scopes for prefix, scopes in _ACCEPTED.items() if inner.path.startswith(prefix)), "")
        return self._judged(inner).plus(*self._access.headers(inner, accepted))

    def _judged(self, request: Request) -> Answer:
        if not request.headers.get("user-agent"):
            told = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            return self._access.failure(403, told)
        version = request.headers.get("x-github-api-version")
        if version is not None and version not in _VERSIONS:
            return self._access.failure(400, f"Api version {version!r} is not supported")
        exhausted = self._access.exhausted(request) if request.path != "/rate_limit" else None
        if exhausted is not None:
            return exhausted
        found = self._routes.find(request)
        try:
            if found is None:
                self._access.caller(request)
                return self._access.failure(404, "Not Found")
            handler, parts = found
            return handler(request, **parts)
        except RefusedError as refused:
            return refused.answer
        except BodyError:
            return self._access.failure(400, "Problems parsing JSON")

    # the server, and oneself

    def _root(self, request: Request) -> Answer:
        self._access.caller(request)
        base = f"{self._section.web_url}/api/v3"
        return as_json(200, {"current_user_url": f"{base}/user", "repository_url": f"{base}/repos/{{owner}}/{{repo}}"})

    def _meta(self, request: Request) -> Answer:
        self._access.caller(request)
        told = {"verifiable_password_authentication": True, "packages": [], "installed_version": self._section.version}
        return as_json(200, told)

    def _rate_limit(self, request: Request) -> Answer:
        self._access.caller(request)
        if self._section.rate_limit is None:
            return self._access.failure(404, "Rate limiting is not enabled.")
        told = dict(self._access.headers(request, ""))
        core = {name: int(told[f"X-RateLimit-{name.title()}"]) for name in ("limit", "remaining", "reset", "used")}
        return as_json(200, {"resources": {"core": core}, "rate": core})

    def _user(self, request: Request) -> Answer:
        user = self._access.somebody(request).user
        return as_json(200, {"login": user.name, "id": user.id, "type": "User", "site_admin": user.admin})

    # organisations

    def _own_organisations(self, request: Request) -> Answer:
        caller = self._access.somebody(request)
        if not {"read:org", "user"} & caller.scopes():
            told = "You need at least read:org scope or user scope to list your organizations."
            return self._access.failure(403, told)
        mine = [_told_organisation(group) for group in self._store.groups() if caller.user.name in group.members]
        return self._access.paged(request, "/user/orgs", mine)

    def _organisation(self, request: Request, org: str) -> Answer:
        self._access.caller(request)
        return as_json(200, _told_organisation(self._group(org)))

    def _organisation_repositories(self, request: Request, org: str) -> Answer:
        caller = self._access.caller(request)
        group = self._group(org)
        return self._access.paged(request, f"/orgs/{org}/repos", self._seen(caller, group=group))

    def _create_in_organisation(self, request: Request, org: str) -> Answer:
        caller = self._access.somebody(request)
        group = self._group(org)
        if self._store.level(caller.user, group) < READ:
            return self._access.failure(404, "Not Found")
        if self._store.level(caller.user, group) < ADMIN:
            told = "You need admin access to the organization before adding a repository to it."
            return self._access.failure(403, told)
        return self._create(request, caller, group)

    # repositories

    def _own_repositories(self, request: Request) -> Answer:
        return self._access.paged(request, "/user/repos", self._seen(self._access.somebody(request), least=READ))

    def _create_own(self, request: Request) -> Answer:
        caller = self._access.somebody(request)
        group = self._store.group(caller.user.name)
        return self._access.failure(404, "Not Found") if group is None else self._create(request, caller, group)

    def _repository(self, request: Request, owner: str, name: str) -> Answer:
        caller = self._access.caller(request)
        found = self._access.repository(caller, owner, name)
        if self._store.moved(f"{owner}/{name}") is not None:
            return redirect(301, f"{self._section.web_url}/api/v3/repositories/{found.id}")
        return as_json(200, self._told(found, caller))

    def _by_number(self, request: Request, number: str) -> Answer:
        caller = self._access.caller(request)
        found = self._store.repository(number) if number.isdigit() else None
        if found is None:
            return self._access.failure(404, "Not Found")
        return as_json(200, self._told(self._access.repository(caller, *found.full_name.split("/")), caller))

    def _edit_repository(self, request: Request, owner: str, name: str) -> Answer:
        caller = self._access.somebody(request)
        found = self._access.repository(caller, owner, name, administer=True)
        branch = str(request.json().get("default_branch") or "")
        if branch and branch not in found.heads():
            told = f"The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
            wrong = {"resource": "Repository", "code": "invalid", "field": "default_branch"}
            return self._access.failure(422, told if found.branches() else "Validation Failed", [wrong])
        if branch:
            self._store.set_default_branch(found, branch)
        return as_json(200, self._told(found, caller))

    def _delete_repository(self, request: Request, owner: str, name: str) -> Answer:
        caller = self._access.somebody(request)
        found = self._access.repository(caller, owner, name, administer=True)
        if "delete_repo" not in caller.token.scopes:
            return self._access.failure(403, "Must have admin rights to Repository.")
        self._store.remove_repository(found)
        return Answer(204)

    def _create(self, request: Request, caller: Caller, group: Group) -> Answer:
        said = request.json()
        name, private = str(said.get("name") or ""), said.get("private") is True
        if ("repo" if private else "public_repo") not in caller.scopes():
            return self._access.failure(404, "Not Found")
        if not _NAME.fullmatch(name):
            wrong = {"resource": "Repository", "code": "missing_field" if not name else "invalid", "field": "name"}
            return self._access.failure(422, "Repository creation failed.", [wrong])
        try:
            made = self._store.add_repository(group, name, private=private, title=str(said.get("description") or ""))
        except NameTakenError:
            taken = "name already exists on this account"
            wrong = {"resource": "Repository", "code": "custom", "field": "name", "message": taken}
            return self._access.failure(422, "Repository creation failed.", [wrong])
        return as_json(201, self._told(made, caller))

    def _seen(self, caller: Caller | None, *, group: Group | None = None, least: int = 0) -> list[dict[str, object]]:
        user = None if caller is None else caller.user
        private = caller is not None and "repo" in caller.scopes()
        return [
            self._told(entry, caller)
            for entry in self._store.repositories()
            if (group is None or entry.group is group)
            and self._store.level(user, entry.group) >= max(least, READ if entry.private else 0)
            and (private or not entry.private)
        ]

    def _branches(self, request: Request, owner: str, name: str) -> Answer:
        repository = self._access.repository(self._access.caller(request), owner, name)
        told: list[dict[str, object]] = [
            {"name": head, "commit": {"sha": commit}, "protected": False} for head, commit in repository.heads().items()
        ]
        return self._access.paged(request, f"/repos/{owner}/{name}/branches", told)

    # deploy keys

    def _keys(self, request: Request, owner: str, name: str) -> Answer:
        repository = self._access.repository(self._access.somebody(request), owner, name, administer=True)
        keys = [self._told_key(key) for key in self._store.deploy_keys(repository)]
        return self._access.paged(request, f"/repos/{owner}/{name}/keys", keys)

    def _key(self, request: Request, owner: str, name: str, number: str) -> Answer:
        return as_json(200, self._told_key(self._numbered(request, owner, name, number)))

    def _create_key(self, request: Request, owner: str, name: str) -> Answer:
        repository = self._access.repository(self._access.somebody(request), owner, name, administer=True)
        said = request.json()
        key = str(said.get("key") or "")
        wrong = {"resource": "PublicKey", "code": "custom", "field": "key"}
        try:
            title = str(said.get("title") or " ".join(key.split()[2:]))
            made = self._store.add_key(repository, title, key, read_only=said.get("read_only") is True)
        except ValueError:
            told = "key is invalid. You must supply a key in OpenSSH public key format"
            return self._access.failure(422, "Validation Failed", [wrong | {"message": told}])
        except NameTakenError:
            return self._access.failure(422, "Validation Failed", [wrong | {"message": "key is already in use"}])
        return as_json(201, self._told_key(made))

    def _delete_key(self, request: Request, owner: str, name: str, number: str) -> Answer:
        self._store.remove_key(self._numbered(request, owner, name, number))
        return Answer(204)

    def _numbered(self, request: Request, owner: str, name: str, number: str) -> DeployKey:
        repository = self._access.repository(self._access.somebody(request), owner, name, administer=True)
        found = next((key for key in self._store.deploy_keys(repository) if str(key.id) == number), None)
        if found is None:
            raise RefusedError(self._access.failure(404, "Not Found"))
        return found

    def _group(self, name: str) -> Group:
        found = self._store.group(name)
        if found is None or found.personal or name.isdigit():
            raise RefusedError(self._access.failure(404, "Not Found"))
        return found

    # how things are told

    def _told(self, repository: Repository, caller: Caller | None) -> dict[str, object]:
        section, path = self._section, repository.full_name
        level = 0 if caller is None else self._store.level(caller.user, repository.group)
        return {
            "id": repository.id,
            "name": repository.name,
            "full_name": path,
            "private": repository.private,
            "owner": {"login": repository.group.name, "id": repository.group.id},
            "html_url": f"{section.web_url}/{path}",
            "description": repository.title or None,
            "url": f"{section.web_url}/api/v3/repos/{path}",
            "created_at": f"{repository.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "ssh_url": f"git@{section.host}:{path}.git" if section.ssh_port is not None else "",
            "clone_url": f"{section.web_url}/{path}.git",
            "size": 1 if repository.branches() else 0,
            "default_branch": repository.default_branch,
            "archived": False,
            "visibility": "private" if repository.private else "public",
            "permissions": {"admin": level >= ADMIN, "push": level >= WRITE, "pull": level >= READ or not repository.private},
        }

    def _told_key(self, key: DeployKey) -> dict[str, object]:
        return {
            "id": key.id,
            "key": key.key,
            "url": f"{self._section.web_url}/api/v3/repos/{key.repository.full_name}/keys/{key.id}",
            "title": key.title,
            "verified": True,
            "created_at": f"{key.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "read_only": key.read_only,
        }


def _told_organisation(group: Group) -> dict[str, object]:
    return {"login": group.name, "id": group.id, "description": group.title}
