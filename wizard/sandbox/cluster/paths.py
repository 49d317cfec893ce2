"""Paths that are no resources: discovery, OpenAPI, version, health, the token issuer's own documents."""

from __future__ import annotations

from wizard.sandbox.cluster import discovery, errors
from wizard.sandbox.cluster.objects import Object
from wizard.sandbox.cluster.requests import Request, Response
from wizard.sandbox.cluster.tokens import TokenIssuer


def document(request: Request, kubernetes_version: str, issuer: TokenIssuer, served: discovery.Served) -> Response:
    """What stands at the request's path. Raises ApiError (404)."""
    path = request.path.rstrip("/")
    parts = [part for part in path.split("/") if part]
    found: Object | None = None
    match parts:
        case ["version"]:
            found = discovery.version(kubernetes_version)
        case ["healthz" | "livez" | "readyz"]:
            return Response(200, text="ok")
        case ["api"]:
            found = discovery.core_versions(request.headers.get("host", ""))
        case ["apis"]:
            found = discovery.group_list(served)
        case ["api", version]:
            found = discovery.resources("", version, served)
        case ["apis", group] if group in discovery.served_groups(served):
            found = {"kind": "APIGroup", "apiVersion": "v1", **discovery.group(group, served)}
        case ["apis", group, version]:
            found = discovery.resources(group, version, served)
        case ["openapi", "v3"]:
            found = discovery.openapi_index(served)
        case ["openapi", "v3", "api", version]:
            found = discovery.openapi("", version, served)
        case ["openapi", "v3", "apis", group, version]:
            found = discovery.openapi(group, version, served)
        case [".well-known", "openid-configuration"]:
            found = {"issuer": issuer.issuer, "jwks_uri": f"{issuer.issuer}/keys.json"}
        case ["openid", "v1", "jwks"]:
            found = issuer.jwks
        case _:
            pass
    if found is None:
        raise errors.no_such_path()
    return Response(200, found)
