"""Requests and answers, and what a request's path, query and headers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wizard.sandbox.cluster import errors
from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.cluster.selectors import Predicate, by_fields, by_labels

_MANAGER_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: header names in lower case, one value for each query parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: JSON, plain text, or a stream of JSON lines."""

    code: int
    body: Json = None
    text: str | None = None
    stream: Iterator[Object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: resource type (None: a review or a path), place, and what is done to it."""

    verb: str
    group: str = ""
    version: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource(self) -> str:
        """``plural`` or ``plural/subresource``, as RBAC names it."""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


def target_of(request: Request) -> Target | None:
    """The resource that a path names; None for a path that is no resource."""
    parts = [part for part in request.path.split("/") if part]
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif len(parts) >= 3 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if len(rest) >= 3 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        return None
    plural, name, subresource = (*rest, "", "")[:3]
    if (plural, group, namespace) == ("namespaces", "", ""):
        namespace = name
    watching = is_true(request.query.get("watch", ""))
    verbs = {
        "GET": "get" if name else "watch" if watching else "list",
        "POST": "create",
        "PUT": "update",
        "PATCH": "patch",
        "DELETE": "delete" if name else "deletecollection",
    }
    return Target(verbs.get(request.method, ""), group, version, plural, namespace, name, subresource)


def manager_of(request: Request) -> str:
    """The field manager: as asked, else the program's name (managedfields ``prefixFromUserAgent``)."""
    asked = request.query.get("fieldManager") or request.headers.get("user-agent", "").partition("/")[0] or "unknown"
    return asked[:_MANAGER_LENGTH]


def is_true(value: str) -> bool:
    """How Go's ``strconv.ParseBool`` reads a query parameter."""
    return value in ("1", "t", "T", "true", "TRUE", "True")


def is_dry_run(request: Request) -> bool:
    """True for ``dryRun=All``. Raises ApiError (422) for any other value."""
    asked = request.query.get("dryRun", "")
    if asked not in ("", "All"):
        cause: Object = {
            "reason": "FieldValueNotSupported",
            "message": f'Unsupported value: "{asked}": supported values: "All"',
            "field": "dryRun",
        }
        raise errors.invalid("PatchOptions", "meta.k8s.io", "", [cause])
    return asked == "All"


def selected(request: Request) -> Predicate:
    """What the label and field selectors let through."""
    labels = by_labels(request.query.get("labelSelector", ""))
    fields = by_fields(request.query.get("fieldSelector", ""))
    return lambda obj: labels(obj) and fields(obj)


def log_excerpt(log: str, query: Mapping[str, str]) -> str:
    """What is asked for of a pod's log: its last ``tailLines`` lines, and of these the first ``limitBytes`` bytes."""
    lines, limit = query.get("tailLines", ""), query.get("limitBytes", "")
    if lines.isdigit():
        log = "".join(log.splitlines(keepends=True)[-int(lines) :]) if int(lines) else ""
    return log.encode()[: int(limit)].decode(errors="replace") if limit.isdigit() else log
