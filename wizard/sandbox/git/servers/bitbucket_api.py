"""Bitbucket's REST API, as far as a repository and its read-only credential need it.

developer.atlassian.com/server/bitbucket/rest: "Application properties" (open to anybody), "Project", "Repository" (default
branch, pages of ``start`` and ``limit``). The version in a path is ``1.0`` or ``latest``. Tokens and keys:
``bitbucket_credentials``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.sandbox.git.servers.bitbucket_access import BitbucketAccess, failure, paged, unpermitted
from wizard.sandbox.git.servers.bitbucket_credentials import BitbucketCredentials
from wizard.sandbox.git.servers.holdings import Group, Repository
from wizard.sandbox.git.servers.http import Answer, BodyError, RefusedError, Request, Routes, as_json
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import NameTakenError

_VERSION = re.compile(r"/rest/(api|access-tokens|keys)/(?:1\.0|latest)(/.*)")
_SLUG = re.compile(r"[^a-z0-9._-]+")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")


class BitbucketApi:
    """``/rest`` of one server."""

    def __init__(self, section: ServerSection, access: BitbucketAccess) -> None:
        self._section = section
        self._access = access
        self._store = access.store
        self._credentials = BitbucketCredentials(section, access)
        self._routes = Routes(
            ("GET", "/api/application-properties", self._properties),
            ("GET", "/api/projects", self._projects),
            ("POST", "/api/projects", self._create_project),
            ("GET", "/api/projects/{key}", self._project),
            ("GET", "/api/projects/{key}/repos", self._repositories),
            ("POST", "/api/projects/{key}/repos", self._create_repository),
            ("GET", "/api/projects/{key}/repos/{slug}", self._repository),
            ("DELETE", "/api/projects/{key}/repos/{slug}", self._delete_repository),
            ("GET", "/api/repos", self._search),
            ("GET", "/api/projects/{key}/repos/{slug}/default-branch", self._default_branch),
            ("PUT", "/api/projects/{key}/repos/{slug}/default-branch", self._set_default_branch),
            ("GET", "/api/projects/{key}/repos/{slug}/branches/default", self._default_branch),
            ("GET", "/api/projects/{key}/repos/{slug}/branches", self._branches),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        match = _VERSION.fullmatch(request.path)
        inner = replace(request, path=f"/{match.group(1)}{match.group(2)}" if match else "")
        found = self._routes.find(inner) or self._credentials.routes.find(inner)
        if found is None:
            return failure(404, "null for uri: " + self._section.web_url + request.path, None)
        handler, parts = found
        try:
            return handler(inner, **parts)
        except RefusedError as refused:
            return refused.answer
        except BodyError as error:
            return failure(400, str(error), "rest.exception.BadRequestException")

    def _properties(self, request: Request) -> Answer:
        self._access.caller(request)
        version = self._section.version
        numbers = [int(part) for part in re.findall(r"\d+", version)[:3]] + [0, 0, 0]
        build = f"{numbers[0]}{numbers[1]:03}{numbers[2]:03}"
        told = {"version": version, "buildNumber": build, "buildDate": "1735689600000", "displayName": "Bitbucket"}
        return as_json(200, told)

    # projects and repositories

    def _projects(self, request: Request) -> Answer:
        caller = self._access.caller(request)
        seen = [
            self._told_project(group)
            for group in self._store.groups()
            if self._access.level(caller, group) >= READ and request.first("name").lower() in group.title.lower()
        ]
        return paged(request, seen)

    def _create_project(self, request: Request) -> Answer:
        caller = self._access.caller(request)
        if caller is None or caller.user is None or not caller.user.admin or caller.token is not None:
            return unpermitted()
        said = request.json()
        key, name = str(said.get("key") or ""), str(said.get("name") or said.get("key") or "")
        if not _KEY.fullmatch(key):
            return failure(400, "The project key must start with a letter.", None, "key")
        try:
            return as_json(201, self._told_project(self._store.add_group(key.upper(), name, caller.user)))
        except NameTakenError:
            return failure(409, "This project key is already in use.", "project.ProjectKeyAlreadyInUseException", "key")

    def _project(self, request: Request, key: str) -> Answer:
        return as_json(200, self._told_project(self._access.project(request, key)))

    def _repositories(self, request: Request, key: str) -> Answer:
        group = self._access.project(request, key)
        return paged(request, [self._told(entry) for entry in self._store.repositories() if entry.group is group])

    def _search(self, request: Request) -> Answer:
        """``Search for repositories``: those that the caller may read, whose names contain ``name``."""
        caller, wanted = self._access.caller(request), request.first("name").lower()
        found = [
            self._told(entry)
            for entry in self._store.repositories()
            if wanted in entry.title.lower()
            and max(self._access.level(caller, entry.group, entry), 0 if entry.private else READ) >= READ
        ]
        return paged(request, found)

    def _create_repository(self, request: Request, key: str) -> Answer:
        group = self._access.project(request, key, least=ADMIN)
        said = request.json()
        name = str(said.get("name") or "").strip()
        slug = _SLUG.sub("-", name.lower()).strip("-")
        if not slug or len(name) > 128 or slug.endswith(".git"):
            return failure(400, "Repository names are limited to 128 characters.", None, "name")
        try:
            made = self._store.add_repository(
                group,
                slug,
                private=said.get("public") is not True,
                default_branch=str(said.get("defaultBranch") or "master"),
                title=name,
                description=str(said.get("description") or ""),
            )
        except NameTakenError:
            told = f"This repository URL is already taken by '{name}' in '{group.title}'"
            return failure(409, told, "repository.RepositoryAlreadyExistsException", "name")
        return as_json(201, self._told(made))

    def _repository(self, request: Request, key: str, slug: str) -> Answer:
        return as_json(200, self._told(self._access.repository(request, key, slug)))

    def _delete_repository(self, request: Request, key: str, slug: str) -> Answer:
        self._store.remove_repository(self._access.repository(request, key, slug, least=ADMIN))
        return as_json(202, {"context": None, "message": "The repository has been scheduled for deletion."})

    def _default_branch(self, request: Request, key: str, slug: str) -> Answer:
        repository = self._access.repository(request, key, slug)
        name = repository.default_branch
        if not repository.branches():
            told = f"refs/heads/{name} is set as the default branch, but this branch does not exist"
            return failure(404, told, "repository.NoDefaultBranchException")
        return as_json(
            200,
            {
                "id": f"refs/heads/{name}",
                "displayId": name,
                "type": "BRANCH",
                "isDefault": True,
            },
        )

    def _set_default_branch(self, request: Request, key: str, slug: str) -> Answer:
        repository = self._access.repository(request, key, slug, least=ADMIN)
        name = str(request.json().get("id") or "").removeprefix("refs/heads/")
        if not name:
            return failure(400, "The branch is not valid.", None, "id")
        self._store.set_default_branch(repository, name)
        return Answer(204)

    def _branches(self, request: Request, key: str, slug: str) -> Answer:
        repository = self._access.repository(request, key, slug)
        told: list[dict[str, object]] = [
            {
                "id": f"refs/heads/{name}",
                "displayId": name,
                "type": "BRANCH",
                "latestCommit": commit,
                "isDefault": name == repository.default_branch,
            }
            for name, commit in repository.heads().items()
        ]
        return paged(request, told)

    def _told_project(self, group: Group) -> dict[str, object]:
        kind = "PERSONAL" if group.personal else "NORMAL"
        link = {"self": [{"href": f"{self._section.web_url}/projects/{group.name}"}]}
        return {"key": group.name, "id": group.id, "name": group.title, "public": False, "type": kind, "links": link}

    def _told(self, repository: Repository) -> dict[str, object]:
        section, slug = self._section, repository.name
        path = f"{repository.group.name.lower()}/{slug}.git"
        clone = [{"href": f"{section.web_url}/scm/{path}", "name": "http"}]
        if section.ssh_port is not None:
            clone.append({"href": f"ssh://git@{section.host}:{section.ssh_port}/{path}", "name": "ssh"})
        browse = f"{section.web_url}/projects/{repository.group.name}/repos/{slug}/browse"
        return {
            "slug": slug,
            "id": repository.id,
            "name": repository.title,
            "description": repository.description,
            "hierarchyId": f"{repository.id:020x}",
            "scmId": "git",
            "state": "AVAILABLE",
            "statusMessage": "Available",
            "forkable": True,
            "project": self._told_project(repository.group),
            "public": not repository.private,
            "archived": False,
            "links": {"clone": clone, "self": [{"href": browse}]},
        }
