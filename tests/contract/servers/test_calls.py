"""Which calls of each product's API are made, as the products document them: the table, and that it is whole.

The tests of this folder make all of them; those that run against a real server too make them there.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from strategies.base import Json
from strategies.common.servers.credentials import LEAST, credential_name, repository_description
from strategies.resources.git import servers
from strategies.resources.git.servers.api import MakesGroups, ServerApi, Token
from strategies.resources.git.servers.connect import server_api
from strategies.resources.git.servers.http import HttpAnswer, HttpClient
from tests.contract.servers.conftest import ADMIN, KINDS, LIMITS, Offered

_FORGE = (
    "GET /user", "POST /user/repos", "GET /orgs/OWNER", "POST /orgs/OWNER/repos", "GET /repos/OWNER/NAME",
    "PATCH /repos/OWNER/NAME", "DELETE /repos/OWNER/NAME", "GET /repos/OWNER/NAME/keys", "POST /repos/OWNER/NAME/keys",
    "DELETE /repos/OWNER/NAME/keys/ID",
)  # fmt: skip
_GITEA = (*_FORGE, "GET /version", "GET /repos/search")
CALLS: Mapping[str, tuple[str, ...]] = {
    # docs.gitlab.com/api, below /api/v4
    "gitlab": (
        "GET /metadata", "GET /version", "GET /application/settings", "GET /user", "GET /personal_access_tokens/self",
        "GET /namespaces/OWNER", "GET /namespaces/GROUP", "POST /groups", "GET /projects", "POST /projects",
        "GET /projects/OWNER%2FNAME", "PUT /projects/OWNER%2FNAME", "DELETE /projects/OWNER%2FNAME",
        "GET /projects/OWNER%2FNAME/deploy_tokens", "POST /projects/OWNER%2FNAME/deploy_tokens",
        "DELETE /projects/OWNER%2FNAME/deploy_tokens/ID", "GET /projects/OWNER%2FNAME/deploy_keys",
        "POST /projects/OWNER%2FNAME/deploy_keys", "DELETE /projects/OWNER%2FNAME/deploy_keys/ID",
    ),
    # developer.atlassian.com/server/bitbucket/rest; Atlassian KB 975014635 for /status
    "bitbucket": (
        "GET /status", "GET /rest/api/1.0/application-properties", "GET /rest/api/1.0/projects", "GET /rest/api/1.0/repos",
        "POST /rest/api/1.0/projects/OWNER/repos", "GET /rest/api/1.0/projects/OWNER/repos/NAME",
        "DELETE /rest/api/1.0/projects/OWNER/repos/NAME", "GET /rest/api/1.0/projects/OWNER/repos/NAME/branches",
        "PUT /rest/api/1.0/projects/OWNER/repos/NAME/default-branch",
        "GET /rest/access-tokens/latest/projects/OWNER/repos/NAME", "PUT /rest/access-tokens/latest/projects/OWNER/repos/NAME",
        "DELETE /rest/access-tokens/latest/projects/OWNER/repos/NAME/ID",
        "GET /rest/keys/latest/projects/OWNER/repos/NAME/ssh", "POST /rest/keys/latest/projects/OWNER/repos/NAME/ssh",
        "DELETE /rest/keys/latest/projects/OWNER/repos/NAME/ssh/ID",
    ),
    # The Swagger description that each of them serves at /api/swagger, below /api/v1
    "gitea": _GITEA,
    "forgejo": _GITEA,
    # docs.github.com/enterprise-server/rest, below /api/v3
    "ghes": (*_FORGE, "GET /meta", "GET /user/repos", "GET /repos/OWNER/NAME/branches"),
}  # fmt: skip
"""What is called with a token. Without one there are the probes (``strategies.common.servers.probes``) and Git itself."""

_PREFIXES = {"gitlab": "/api/v4", "bitbucket": "/bb", "gitea": "/api/v1", "forgejo": "/api/v1", "ghes": "/api/v3"}
_FOLDER = Path(str(servers.__file__)).parent
_MODULES = ("bitbucket.py", "forge.py", "gitea.py", "ghes.py", "gitlab.py")
_PYTHON_GITLAB = ("client", "project", "manager")
_ASKS = ("list", "get", "create", "update", "delete", "http_get")


@dataclass
class Seen:
    """``calls`` as the table has them, ``places`` in the product from where they were made: file and line."""

    calls: set[str] = field(default_factory=set)
    places: set[tuple[str, int]] = field(default_factory=set)


class Recorder(HttpClient):
    """Writes every call down. An ``older`` GitLab has no ``/metadata`` (before 15.2)."""

    def __init__(self, offered: Offered, seen: Seen, *, older: bool = False) -> None:
        super().__init__(offered.dialer, offered.environ, offered.ca, LIMITS)
        self._kind = offered.kind
        self._seen = seen
        self._older = older

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Json = None,
        body: bytes | None = None,
        follow: bool = False,
    ) -> HttpAnswer:
        """The call, and who made it."""
        path = urlsplit(url).path.removeprefix(_PREFIXES[self._kind])
        path = re.sub(r"(?i)platform(?=%2F|/|$)|/root(?=%2F|/|$)", lambda found: "/OWNER" if "/" in found[0] else "OWNER", path)
        path = re.sub(r"(OWNER(?:/repos/|%2F|/))(?:app|new|own)(?=/|$)", r"\1NAME", path).replace("/more", "/GROUP")
        self._seen.calls.add(f"{method} {re.sub(r'/[0-9]+$', '/ID', path)}")
        self._seen.places |= set(_callers())
        if self._older and path == "/metadata":
            return HttpAnswer(url, 404, {"content-type": "application/json"}, b"{}")
        return super().request(method, url, headers=headers, content=content, body=body, follow=follow)


def _callers() -> Iterator[tuple[str, int]]:
    frame = inspect.currentframe()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent == _FOLDER:
            yield path.name, frame.f_lineno
        frame = frame.f_back


def everything(offered: Offered, seen: Seen) -> None:
    """Every method of the API, so that each makes all of its calls."""
    about, now = offered.recognised(), datetime.now(UTC)

    def api(*, older: bool = False) -> ServerApi:
        return server_api(about, Recorder(offered, seen, older=older), Token(ADMIN), lambda: now)

    asked, path = api(), f"{offered.owner}/new"
    asked.about()
    asked.caller()
    asked.repositories()
    asked.create_repository(path, repository_description("contract"), "main")
    asked.repository(path)
    asked.delete_repository(path)
    path = f"{offered.owner}/app"
    for kind in LEAST[asked.kind]:
        issued = asked.create_credential(path, kind, credential_name("contract", now), now + timedelta(days=2))
        asked.credentials(path)
        asked.remove_credential(path, kind, issued.credential.id)
    asked.set_default_branch(path, "staging")
    if isinstance(asked, MakesGroups):
        assert asked.missing_groups("more/app") == ("more",)
        asked.create_group("more")
        asked.create_group("more/inner")
    if offered.kind == "gitlab":
        api(older=True).about()
    if offered.kind in ("gitea", "forgejo", "ghes"):
        asked.create_repository("root/own", repository_description("contract"), "main")


def sites(module: Path) -> Iterator[tuple[int, int]]:
    """The lines, first and last, of each call in a client by which something is asked of a server."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        by_rest = isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "_rest"
        # A lazy object of python-gitlab asks nothing by itself.
        by_gitlab = (
            _root(node) in _PYTHON_GITLAB and node.func.attr in _ASKS and not any(one.arg == "lazy" for one in node.keywords)
        )
        if by_rest or by_gitlab:
            yield node.lineno, node.end_lineno or node.lineno


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_the_table_has_every_call_and_no_other(started: Callable[..., Offered]) -> None:
    app = {"name": "app", "owner": "Platform", "branches": ("staging",)}
    places: set[tuple[str, int]] = set()
    for kind in KINDS:
        seen = Seen()
        everything(started(kind, repositories=(app,)), seen)
        assert seen.calls == set(CALLS[kind]), kind
        places |= seen.places
    left = [
        f"{module.name}:{first}"
        for module in map(_FOLDER.joinpath, _MODULES)
        for first, last in sites(module)
        if not any((module.name, line) in places for line in range(first, last + 1))
    ]
    assert not left, "these calls are made by nothing above, so the table may lack them"
