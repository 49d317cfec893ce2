"""How what stays on a private Git server is removed there by hand: the product's own call. Pure.

Sources: docs.gitlab.com/api (deploy_tokens, deploy_keys, projects); developer.atlassian.com/server/bitbucket/rest
(Authentication, Repository); the OpenAPI description of Gitea and Forgejo; docs.github.com/enterprise-server/rest (deploy-keys,
repos).
"""

from __future__ import annotations

import shlex
from urllib.parse import quote

from strategies.facts import CredentialKind, ServerKind

_HEADERS = {
    ServerKind.GITLAB: "PRIVATE-TOKEN: $TOKEN",
    ServerKind.BITBUCKET: "Authorization: Bearer $TOKEN",
    ServerKind.GITEA: "Authorization: token $TOKEN",
    ServerKind.FORGEJO: "Authorization: token $TOKEN",
    ServerKind.GHES: "Authorization: Bearer $TOKEN",
}


def repository_removal(kind: str, base_url: str, path: str) -> str:
    """The command that deletes a repository, ``TOKEN`` being an administrator's; empty for a product that is not known."""
    return _command(kind, base_url, _repository(kind, path))


def credential_removal(kind: str, base_url: str, path: str, credential: str, identity: str) -> str:
    """The command that revokes a credential (``facts.CredentialKind``, its id) of a repository; empty as above."""
    key = credential == CredentialKind.DEPLOY_KEY
    below = {
        ServerKind.GITLAB: ("deploy_keys" if key else "deploy_tokens", identity),
        ServerKind.BITBUCKET: ("ssh", identity) if key else (identity,),
    }
    found = _repository(kind, path) + _joined(*below.get(_kind(kind), ("keys", identity)))
    if _kind(kind) is ServerKind.BITBUCKET:
        found = found.replace("/rest/api/", "/rest/keys/" if key else "/rest/access-tokens/", 1)
    return _command(kind, base_url, found)


def _repository(kind: str, path: str) -> str:
    owner, _, name = path.partition("/")
    match _kind(kind):
        case ServerKind.GITLAB:
            return f"/api/v4/projects{_joined(path)}"
        case ServerKind.BITBUCKET:
            return f"/rest/api/latest{_joined('projects', owner, 'repos', name)}"
        case ServerKind.GHES:
            return f"/api/v3{_joined('repos', owner, name)}"
        case _:
            return f"/api/v1{_joined('repos', owner, name)}"


def _command(kind: str, base_url: str, path: str) -> str:
    header = _HEADERS.get(_kind(kind))
    # The header is in double quotes for its variable; it holds nothing that comes from outside.
    return "" if header is None else f'curl -X DELETE -H "{header}" {shlex.quote(base_url.rstrip("/") + path)}'


def _kind(kind: str) -> ServerKind:
    try:
        return ServerKind(kind)
    except ValueError:
        return ServerKind.PLAIN


def _joined(*segments: str) -> str:
    return "".join(f"/{quote(one, safe='')}" for one in segments)
