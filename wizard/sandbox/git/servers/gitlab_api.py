"""GitLab's REST API, version 4, as far as a repository and its read-only credential need it.

Pages of docs.gitlab.com: "REST API" (namespaced paths, pagination), "Version API", "Metadata API", "Users API", "Personal
access tokens API", "Groups API", "Namespaces API", "Projects API". Deploy tokens and keys are in ``gitlab_credentials``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.sandbox.git.servers.gitlab_access import GitLabAccess, message, moment, paged
from wizard.sandbox.git.servers.gitlab_credentials import GitLabCredentials
from wizard.sandbox.git.servers.holdings import Group, Repository, User
from wizard.sandbox.git.servers.http import Answer, BodyError, RefusedError, Request, Routes, as_json
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import NameTakenError, Store

_PREFIX = "/api/v4"
_META = ("X-Gitlab-Meta", '{"correlation_id":"01SANDBOX","version":"1"}')
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PATH_RULE = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'"
_LEVELS = {10: 1, 15: 1, 20: 1, 30: 2, 40: 3, 50: 3}
"""GitLab's access levels ("Members API": 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner), and those of the store."""


class GitLabApi:
    """``/api/v4`` of one server."""

    def __init__(self, section: ServerSection, store: Store) -> None:
        self._section = section
        self._store = store
        self._access = GitLabAccess(store)
        self._credentials = GitLabCredentials(self._access, section.web_url)
        self._routes = Routes(
            ("GET", "/version", self._version),
            ("GET", "/metadata", self._metadata),
            ("GET", "/application/settings", self._settings),
            ("GET", "/user", self._user),
            ("GET", "/personal_access_tokens/self", self._own_token),
            ("GET", "/groups", self._groups),
            ("POST", "/groups", self._create_group),
            ("GET", "/groups/{name}", self._group),
            ("GET", "/groups/{name}/projects", self._group_projects),
            ("GET", "/namespaces/{name}", self._namespace),
            ("GET", "/projects", self._projects),
            ("POST", "/projects", self._create_project),
            ("GET", "/projects/{name}", self._project),
            ("PUT", "/projects/{name}", self._edit_project),
            ("DELETE", "/projects/{name}", self._delete_project),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        inner = replace(request, path=request.path.removeprefix(_PREFIX).rstrip("/"))
        found = self._routes.find(inner) or self._credentials.routes.find(inner)
        if found is None:
            return as_json(404, {"error": "404 Not Found"}, _META)
        handler, parts = found
        try:
            return handler(inner, **parts).plus(_META)
        except RefusedError as refused:
            return refused.answer.plus(_META)
        except BodyError:
            return as_json(400, {"error": "The request body is not valid JSON"}, _META)

    # the server, and oneself

    def _version(self, request: Request) -> Answer:
        self._access.somebody(request, "read_user", "ai_features")
        return as_json(200, {"version": self._section.version, "revision": "ceb07b24cb0"})

    def _metadata(self, request: Request) -> Answer:
        self._access.somebody(request, "read_user", "ai_features")
        version = self._section.version
        kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
        told = {"version": version, "revision": "ceb07b24cb0", "kas": kas, "enterprise": version.endswith("-ee")}
        return as_json(200, told)

    def _settings(self, request: Request) -> Answer:
        """Of the many settings ("Application settings API") those of Maintenance Mode; for administrators."""
        if not self._access.somebody(request).admin:
            return message(403, "403 Forbidden")
        return as_json(200, {"id": 1, "maintenance_mode": self._section.state == "maintenance", "maintenance_mode_message": ""})

    def _user(self, request: Request) -> Answer:
        user = self._access.somebody(request, "read_user")
        told: dict[str, object] = {"id": user.id, "username": user.name, "name": user.name, "state": "active"}
        # Only administrators are told that they are ("Users API").
        return as_json(200, told | ({"is_admin": True} if user.admin else {}))

    def _own_token(self, request: Request) -> Answer:
        token = self._access.token(request)
        if token is None or token.user is None:
            return message(401, "401 Unauthorized")
        told = {
            "id": token.id,
            "name": token.name,
            "revoked": False,
            "created_at": moment(token.created),
            "scopes": list(token.scopes),
            "user_id": token.user.id,
            "active": True,
            "expires_at": None if token.expires is None else f"{token.expires:%Y-%m-%d}",
        }
        return as_json(200, told)

    # groups

    def _groups(self, request: Request) -> Answer:
        user = self._access.anybody(request)
        lowest = _LEVELS.get(request.number("min_access_level", 20), READ)
        wanted = request.first("search").lower()
        seen = [
            self._told_group(group)
            for group in self._store.groups()
            if self._store.level(user, group) >= lowest and wanted in group.name.lower()
        ]
        return paged(request, self._url("/groups"), seen)

    def _group(self, request: Request, name: str) -> Answer:
        return as_json(200, self._told_group(self._access.group(name, self._access.anybody(request))))

    def _group_projects(self, request: Request, name: str) -> Answer:
        user = self._access.anybody(request)
        group = self._access.group(name, user)
        mine = [self._told(entry, user) for entry in self._store.repositories() if entry.group is group]
        return paged(request, self._url(f"/groups/{group.id}/projects"), mine)

    def _create_group(self, request: Request) -> Answer:
        user = self._access.somebody(request)
        said = request.json()
        wrong = [name for name in ("name", "path") if not said.get(name)]
        if wrong:
            return as_json(400, {"error": ", ".join(f"{name} is missing" for name in wrong)})
        path = str(said["path"])
        if said.get("parent_id"):
            parent = self._access.group(str(said["parent_id"]), user)
            if self._store.level(user, parent) < ADMIN:
                return message(403, "403 Forbidden")
            path = f"{parent.name}/{path}"
        try:
            made = self._store.add_group(path, str(said["name"]), user)
        except NameTakenError:
            return message(400, 'Failed to save group {:path=>["has already been taken"]}')
        return as_json(201, self._told_group(made))

    def _namespace(self, request: Request, name: str) -> Answer:
        group = self._store.group(name)
        if group is None or self._store.level(self._access.somebody(request), group) < READ:
            return message(404, "404 Namespace Not Found")
        return as_json(200, _namespace(group))

    # projects

    def _projects(self, request: Request) -> Answer:
        user = self._access.anybody(request)
        wanted = request.first("search").lower()
        lowest = _LEVELS.get(request.number("min_access_level", 0), 0)
        member = READ if request.first("membership") == "true" else 0
        seen = [
            self._told(entry, user)
            for entry in self._store.repositories()
            if self._store.level(user, entry.group) >= max(lowest, member, READ if entry.private else 0)
            and wanted in entry.name.lower()
        ]
        return paged(request, self._url("/projects"), seen)

    def _project(self, request: Request, name: str) -> Answer:
        user = self._access.anybody(request)
        return as_json(200, self._told(self._access.project(name, user), user))

    def _create_project(self, request: Request) -> Answer:
        user = self._access.somebody(request)
        said = request.json()
        name = str(said.get("path") or said.get("name") or "")
        if not name:
            return as_json(400, {"error": "name, path are missing, at least one parameter must be provided"})
        if not _PATH.fullmatch(name) or name.endswith((".git", ".atom")):
            return message(400, {"path": [_PATH_RULE]})
        group = self._store.group(str(said.get("namespace_id") or user.name))
        if group is None or self._store.level(user, group) < ADMIN:
            return message(400, {"namespace": ["is not valid"]})
        try:
            made = self._store.add_repository(
                group,
                name,
                private=said.get("visibility", "private") == "private",
                default_branch=str(said.get("default_branch") or "main"),
                title=str(said.get("name") or name),
                description=str(said.get("description") or ""),
            )
        except NameTakenError:
            taken = ["has already been taken"]
            return message(400, {"project_namespace.name": taken, "name": taken, "path": taken})
        return as_json(201, self._told(made, user))

    def _edit_project(self, request: Request, name: str) -> Answer:
        found, branch = self._access.own_project(request, name), str(request.json().get("default_branch") or "")
        if branch:
            if branch not in found.heads():
                return message(400, {"base": [f"Could not set the default branch. Branch '{branch}' does not exist."]})
            self._store.set_default_branch(found, branch)
        return as_json(200, self._told(found, self._access.somebody(request)))

    def _delete_project(self, request: Request, name: str) -> Answer:
        self._store.remove_repository(self._access.own_project(request, name))
        return message(202, "202 Accepted")

    def _told(self, repository: Repository, user: User | None) -> dict[str, object]:
        section = self._section
        path = repository.full_name
        ssh = None
        if section.ssh_port is not None:
            ssh = f"git@{section.host}:{path}.git"
            if section.ssh_port != 22:
                ssh = f"ssh://git@{section.host}:{section.ssh_port}/{path}.git"
        told: dict[str, object] = {
            "id": repository.id,
            "description": repository.description or None,
            "name": repository.title,
            "name_with_namespace": f"{repository.group.title} / {repository.title}",
            "path": repository.name,
            "path_with_namespace": path,
            "created_at": moment(repository.created),
            # No branch yet, no default branch ("Projects API").
            "default_branch": repository.default_branch if repository.branches() else None,
            "ssh_url_to_repo": ssh,
            "http_url_to_repo": f"{section.web_url}/{path}.git",
            "web_url": f"{section.web_url}/{path}",
            "namespace": _namespace(repository.group),
            "empty_repo": not repository.branches(),
            "archived": False,
            "visibility": "private" if repository.private else "public",
        }
        level = {1: 20, 2: 30, 3: 40}.get(self._store.level(user, repository.group))
        access = None if level is None else {"access_level": level, "notification_level": 3}
        return told | ({"permissions": {"project_access": None, "group_access": access}} if user is not None else {})

    def _told_group(self, group: Group) -> dict[str, object]:
        return {
            "id": group.id,
            "name": group.title,
            "path": group.name.rpartition("/")[2],
            "full_path": group.name,
            "full_name": group.title,
            "visibility": "private",
            "web_url": f"{self._section.web_url}/groups/{group.name}",
            "parent_id": self._parent(group),
        }

    def _parent(self, group: Group) -> int | None:
        above = self._store.group(group.name.rpartition("/")[0]) if "/" in group.name else None
        return None if above is None else above.id

    def _url(self, path: str) -> str:
        return f"{self._section.web_url}{_PREFIX}{path}"


def _namespace(group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "name": group.title,
        "path": group.name.rpartition("/")[2],
        "kind": "user" if group.personal else "group",
        "full_path": group.name,
    }
