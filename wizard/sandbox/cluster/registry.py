"""Creating, changing and deleting objects, as the generic registry of kube-apiserver does it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from wizard.sandbox.cluster import defaults, errors, ownership, validation
from wizard.sandbox.cluster.kinds import ResourceType, type_named
from wizard.sandbox.cluster.objects import (
    Json,
    Object,
    clone,
    dig,
    mapping,
    mappings,
    metadata,
    name_of,
    namespace_of,
    number,
    strings,
    text,
)
from wizard.sandbox.cluster.ownership import APPLY, UPDATE, Manager
from wizard.sandbox.cluster.storage import Storage

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names (apimachinery ``util/rand``): none that could spell a word."""

_KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


class Registry:
    """The rules between a request and the storage. ``clock`` gives the sandbox's time."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self.storage = storage
        self._clock = clock

    def now(self) -> str:
        """The present time as the API writes it (RFC 3339, whole seconds, UTC)."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def get(self, type_: ResourceType, namespace: str, name: str) -> Object:
        """The stored object. Raises ApiError (404)."""
        found = self.storage.get(type_, namespace, name)
        if found is None:
            raise errors.not_found(type_.plural, type_.group, name)
        return found

    # --- create ---------------------------------------------------------------------------------------------

    def create(
        self, type_: ResourceType, obj: Object, manager: str, *, dry_run: bool = False, with_status: bool = False
    ) -> Object:
        """Create an object of the namespace in its metadata. ``with_status`` keeps a status that callers may not set."""
        new = clone(obj)
        meta = metadata(new)
        if meta.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = text(meta["generateName"]) + "".join(secrets.choice(_SUFFIX) for _ in range(5))
        if type_.status and not with_status:
            new.pop("status", None)
        validation.decodable(type_, new)
        self._drop_unknown(type_, new)
        defaults.fill(type_, new)
        with self.storage.exclusive():
            self._namespace_open(type_, new)
            if self.storage.get(type_, namespace_of(new), name_of(new)) is not None:
                raise errors.already_exists(type_.plural, type_.group, name_of(new))
            who = Manager(UPDATE, manager, type_.api_version)
            managed = ownership.update(self._blank(type_, new), new, who, type_.topology, self.now())
            return self._insert(type_, new, managed, dry_run=dry_run)

    def _insert(self, type_: ResourceType, new: Object, managed: list[Json], *, dry_run: bool) -> Object:
        meta = metadata(new)
        for name in (*_KEPT, "resourceVersion", "managedFields"):
            meta.pop(name, None)
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = self.now()
        if type_.generation:
            meta["generation"] = 1
        validation.validate(type_, new, None)
        if managed:
            meta["managedFields"] = managed
        return new if dry_run else self.storage.put(type_, new)

    @staticmethod
    def _blank(type_: ResourceType, obj: Object) -> Object:
        """What Go's empty value of the kind looks like: only what differs from it was set by somebody."""
        blank: Object = {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": {}}
        for name, value in type_.blank.items():
            blank[name] = _as_json(value)
        return blank

    def _namespace_open(self, type_: ResourceType, obj: Object) -> None:
        if not type_.namespaced:
            return
        namespace = namespace_of(obj)
        found = self.storage.get(type_named("Namespace"), "", namespace)
        if found is None:
            raise errors.not_found("namespaces", "", namespace)
        if dig(found, "metadata", "deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise errors.forbidden(type_.plural, type_.group, name_of(obj), why)

    @staticmethod
    def _drop_unknown(type_: ResourceType, obj: Object) -> None:
        for name in validation.unknown_fields(type_, obj):
            del obj[name]

    # --- update ---------------------------------------------------------------------------------------------

    def update(
        self,
        type_: ResourceType,
        namespace: str,
        name: str,
        change: Callable[[Object], Object],
        manager: str,
        *,
        subresource: str = "",
        dry_run: bool = False,
        with_status: bool = False,
    ) -> Object:
        """Replace an object by what ``change`` makes of (a copy of) the present one.

        Raises ApiError: 404, 409 when the result carries another resource version or UID, 422 when it is invalid.
        """
        with self.storage.exclusive():
            old = self.get(type_, namespace, name)
            new = change(clone(old))
            self._same_object(type_, old, new)
            validation.decodable(type_, new)
            self._drop_unknown(type_, new)
            if subresource == "status":
                given = new.get("status")
                managed_by_caller = dig(new, "metadata", "managedFields")
                new = clone(old)
                metadata(new)["managedFields"] = managed_by_caller
                new["status"] = given
            elif type_.status and not with_status:
                new.pop("status", None)
                if "status" in old:
                    new["status"] = clone(old)["status"]
            defaults.fill(type_, new)
            who = Manager(UPDATE, manager, type_.api_version, subresource)
            managed = ownership.update(old, new, who, type_.topology, self.now())
            return self._replace(type_, old, new, managed, dry_run=dry_run)

    @staticmethod
    def _same_object(type_: ResourceType, old: Object, new: Object) -> None:
        old_meta, new_meta = metadata(old), metadata(new)
        version, uid = new_meta.get("resourceVersion"), new_meta.get("uid")
        if version and version != old_meta["resourceVersion"]:
            raise errors.modified(type_.plural, type_.group, name_of(old))
        if uid and uid != old_meta["uid"]:
            raise errors.wrong_uid(type_.plural, type_.group, name_of(old), text(uid), text(old_meta["uid"]))

    def _replace(self, type_: ResourceType, old: Object, new: Object, managed: list[Json], *, dry_run: bool) -> Object:
        old_meta, meta = metadata(old), metadata(new)
        meta.pop("managedFields", None)
        for name in (*_KEPT, "resourceVersion"):
            meta.pop(name, None)
            if name in old_meta:
                meta[name] = old_meta[name]
        if type_.generation and _desired(type_, old) != _desired(type_, new):
            meta["generation"] = number(old_meta.get("generation"), 1) + 1
        validation.validate(type_, new, old)
        if managed:
            meta["managedFields"] = managed
        if _timeless(new) == _timeless(old):
            return old
        if dry_run:
            return new
        if meta.get("deletionTimestamp") and not strings(meta.get("finalizers")):
            self.storage.put(type_, new)
            self.storage.remove(type_, namespace_of(new), name_of(new))
            return new
        return self.storage.put(type_, new)

    # --- apply ----------------------------------------------------------------------------------------------

    def apply(
        self,
        type_: ResourceType,
        config: Object,
        manager: str,
        *,
        force: bool,
        subresource: str = "",
        dry_run: bool = False,
        with_status: bool = False,
    ) -> tuple[Object, bool]:
        """Server-side apply; returns the object and whether it is new. Raises ApiError (409 with the conflicts)."""
        wanted = clone(config)
        for name in validation.unknown_fields(type_, wanted):
            where = f"{namespace_of(wanted)}/{name_of(wanted)}; {type_.api_version}, Kind={type_.kind}"
            raise errors.ApiError(
                500, "", f"failed to create typed patch object ({where}): .{name}: field not declared in schema", {}
            )
        if type_.status and not subresource and not with_status:
            wanted.pop("status", None)
        if subresource == "status":
            wanted = {name: value for name, value in wanted.items() if name in ("apiVersion", "kind", "metadata", "status")}
            wanted["metadata"] = {key: metadata(wanted)[key] for key in ("name", "namespace") if key in metadata(wanted)}
        validation.decodable(type_, wanted)
        with self.storage.exclusive():
            old = self.storage.get(type_, namespace_of(wanted), name_of(wanted))
            if old is not None:
                uid = metadata(wanted).get("uid")
                if uid and uid != metadata(old)["uid"]:  # not a precondition, as in an update: a field that may not change
                    cause = errors.invalid_value("metadata.uid", f'"{uid}"', "field is immutable")
                    raise errors.invalid(type_.kind, type_.group, name_of(wanted), [cause])
                self._same_object(type_, old, wanted)
            elif subresource:
                raise errors.not_found(type_.plural, type_.group, name_of(wanted))
            elif metadata(wanted).get("uid") or metadata(wanted).get("resourceVersion"):
                raise errors.modified(type_.plural, type_.group, name_of(wanted))
            else:
                self._namespace_open(type_, wanted)
            for name in ("uid", "resourceVersion", "creationTimestamp", "generation"):
                metadata(wanted).pop(name, None)
            live: Object = old or {"apiVersion": wanted.get("apiVersion"), "kind": wanted.get("kind"), "metadata": {}}
            who = Manager(APPLY, manager, type_.api_version, subresource)
            new = ownership.apply(live, wanted, who, type_.topology, self.now(), force=force)
            managed = metadata(new).pop("managedFields", None)
            listed = managed if isinstance(managed, list) else []
            defaults.fill(type_, new)
            if old is None:
                return self._insert(type_, new, listed, dry_run=dry_run), True
            return self._replace(type_, old, new, listed, dry_run=dry_run), False

    # --- delete ---------------------------------------------------------------------------------------------

    def delete(self, type_: ResourceType, namespace: str, name: str, options: Object, *, dry_run: bool = False) -> Object:
        """Delete an object, or mark it while it has finalizers. Raises ApiError (404, 409 when a precondition fails)."""
        with self.storage.exclusive():
            old = self.get(type_, namespace, name)
            wanted = mapping(options.get("preconditions"))
            meta = metadata(old)
            if wanted.get("uid") and wanted["uid"] != meta["uid"]:
                raise errors.wrong_uid(type_.plural, type_.group, name, text(wanted["uid"]), text(meta["uid"]))
            if wanted.get("resourceVersion") and wanted["resourceVersion"] != meta["resourceVersion"]:
                raise errors.modified(type_.plural, type_.group, name)
            held = bool(strings(meta.get("finalizers"))) or (type_.kind == "Namespace" and self.has_content(name))
            if dry_run or (held and meta.get("deletionTimestamp")):
                return old
            if not held:
                return self.storage.remove(type_, namespace, name) or old
            marked = clone(old)
            metadata(marked)["deletionTimestamp"] = self.now()
            metadata(marked)["deletionGracePeriodSeconds"] = 0
            if type_.kind == "Namespace":
                mapping(marked["status"])["phase"] = "Terminating"
            return self.storage.put(type_, marked)

    def has_content(self, namespace: str) -> bool:
        """True while anything is in the namespace."""
        return any(namespace_of(obj) == namespace for _, obj in self.storage.everything())


def _desired(type_: ResourceType, obj: Object) -> Object:
    """The part of an object whose changes are counted in ``metadata.generation``."""
    apart = {"metadata", "managedFields"} | ({"status"} if type_.status else set())
    return {name: value for name, value in obj.items() if name not in apart}


def _timeless(obj: Object) -> Object:
    """The object without what changes with each write although nothing changed."""
    copied = clone(obj)
    meta = metadata(copied)
    meta.pop("resourceVersion", None)
    for entry in mappings(meta.get("managedFields")):
        entry.pop("time", None)
    return copied


def _as_json(value: object) -> Json:
    """A deep copy of a constant, as changeable JSON."""
    if isinstance(value, dict):
        return {str(key): _as_json(below) for key, below in value.items()}
    return value if isinstance(value, str) else None
