"""What the API answers when it refuses: ``metav1.Status``, in kube-apiserver's words (apimachinery ``pkg/api/errors``)."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.sandbox.cluster.objects import Json, Object


class ApiError(Exception):
    """A refusal: HTTP status, machine-readable reason, message, details."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def status(self) -> Object:
        """The ``Status`` object of the answer."""
        status: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            status["details"] = self.details
        return status


def qualified(plural: str, group: str) -> str:
    """``plural`` or ``plural.group``, as messages name a resource."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, causes: Sequence[Object] = ()) -> Object:
    details: Object = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    details["kind"] = kind
    if causes:
        listed: list[Json] = list(causes)
        details["causes"] = listed
    return details


def not_found(plural: str, group: str, name: str) -> ApiError:
    """There is no such object."""
    message = f'{qualified(plural, group)} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(name, group, plural))


def no_such_path() -> ApiError:
    """There is no such resource type or path."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(plural: str, group: str, name: str) -> ApiError:
    """An object of that name is there."""
    message = f'{qualified(plural, group)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(name, group, plural))


def modified(plural: str, group: str, name: str) -> ApiError:
    """The object changed since it was read."""
    message = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, _details(name, group, plural))


def wrong_uid(plural: str, group: str, name: str, expected: str, actual: str) -> ApiError:
    """A precondition names another object of the same name."""
    message = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": Precondition failed: '
        f"UID in precondition: {expected}, UID in object meta: {actual}"
    )
    return ApiError(409, "Conflict", message, _details(name, group, plural))


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """Server-side apply met fields of other managers: pairs of manager (as printed) and path (as printed)."""
    causes: list[Object] = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": path} for manager, path in conflicts
    ]
    if len(conflicts) == 1:
        [(manager, path)] = conflicts
        message = f"Apply failed with 1 conflict: conflict with {manager}: {path}"
    else:
        lines: list[str] = []
        for manager in sorted({manager for manager, _ in conflicts}):
            lines.append(f"conflicts with {manager}:")
            lines.extend(f"- {path}" for owner, path in conflicts if owner == manager)
        message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    listed: list[Json] = list(causes)
    return ApiError(409, "Conflict", message, {"causes": listed})


def invalid(kind: str, group: str, name: str, causes: Sequence[Object]) -> ApiError:
    """Fields that may not be so; each cause has ``reason``, ``message`` and ``field``."""
    told = [f"{cause['field']}: {cause['message']}" for cause in causes]
    body = told[0] if len(told) == 1 else "[" + ", ".join(told) + "]"
    message = f'{qualified(kind, group)} "{name}" is invalid: {body}'
    return ApiError(422, "Invalid", message, _details(name, group, kind, causes))


def required(field: str, detail: str = "") -> Object:
    """The cause of a missing field."""
    return {"reason": "FieldValueRequired", "message": "Required value" + (f": {detail}" if detail else ""), "field": field}


def invalid_value(field: str, shown: str, detail: str) -> Object:
    """The cause of a wrong field; ``shown`` is the value as JSON."""
    return {"reason": "FieldValueInvalid", "message": f"Invalid value: {shown}: {detail}", "field": field}


def wrong_type(field: str, shown: str, detail: str) -> Object:
    """The cause of a field of the wrong type, as a CustomResourceDefinition's schema finds it."""
    return {"reason": "FieldValueTypeInvalid", "message": f"Invalid value: {shown}: {detail}", "field": field}


def forbidden(plural: str, group: str, name: str, why: str) -> ApiError:
    """The request is understood and refused."""
    subject = f'{qualified(plural, group)} "{name}"' if name else qualified(plural, group)
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", _details(name, group, plural))


def path_forbidden(user: str, verb: str, path: str) -> ApiError:
    """A path that is not a resource is refused."""
    return ApiError(403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{path}"', {})


def unauthorized() -> ApiError:
    """Nobody knows who asks."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> ApiError:
    """The request makes no sense."""
    return ApiError(400, "BadRequest", message)


def not_allowed() -> ApiError:
    """The resource does not do that."""
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_media(given: str, known: Sequence[str]) -> ApiError:
    """The body is of a type that is not understood here."""
    message = (
        f"the body of the request was in an unknown format - accepted media types include: {', '.join(known)} (given: {given})"
    )
    return ApiError(415, "UnsupportedMediaType", message, {})


def expired(oldest: int, asked: int) -> ApiError:
    """A watch asks for changes that are no longer kept."""
    return ApiError(410, "Expired", f"too old resource version: {asked} ({oldest})")
