"""From a request to an answer: routing, authentication, authorisation, verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from wizard.sandbox.cluster import discovery, errors
from wizard.sandbox.cluster.body import decode
from wizard.sandbox.cluster.kinds import ResourceType, type_at, type_named
from wizard.sandbox.cluster.objects import Json, Object, User, dig, mapping, mappings, metadata, name_of, namespace_of, text
from wizard.sandbox.cluster.patches import APPLY_PATCH, patched
from wizard.sandbox.cluster.paths import document
from wizard.sandbox.cluster.rbac import Authorizer
from wizard.sandbox.cluster.registry import Registry
from wizard.sandbox.cluster.requests import Request, Response, Target, is_dry_run, is_true, log_excerpt, manager_of, selected
from wizard.sandbox.cluster.reviews import Reviews
from wizard.sandbox.cluster.table import table, wants_table
from wizard.sandbox.cluster.tokens import TokenIssuer
from wizard.sandbox.cluster.validation import unknown_fields
from wizard.sandbox.cluster.watch import Watch


class Api:
    """The API without its transport. ``users`` are bearer tokens that are no service account's; ``logs`` gives pod logs."""

    def __init__(
        self,
        registry: Registry,
        issuer: TokenIssuer,
        users: Mapping[str, User],
        *,
        kubernetes_version: str,
        clock: Callable[[], datetime],
        running: Callable[[], bool],
    ) -> None:
        self._registry = registry
        self._issuer = issuer
        self._users = users
        self._version = kubernetes_version
        self._clock = clock
        self._running = running
        self._authorizer = Authorizer(registry.storage)
        self._reviews = Reviews(registry, self._authorizer, issuer)
        self.logs: Callable[[str, str, str], str | None] = lambda _namespace, _pod, _container: None

    # --- who and what ---------------------------------------------------------------------------------------

    def user(self, request: Request) -> User:
        """For whom the request is judged. Raises ApiError: 401 for a token that nobody gave out, 403 for impersonation."""
        caller = self._caller(request)
        name = request.headers.get("impersonate-user", "")
        if not name:
            return caller
        if not self._authorizer.allows(caller, "impersonate", "", "users", "", name):
            why = f'User "{caller.name}" cannot impersonate resource "users" in API group "" at the cluster scope'
            raise errors.forbidden("users", "", name, why)
        groups = [group for group in (request.headers.get("impersonate-group", ""),) if group]
        if name.startswith("system:serviceaccount:"):
            groups += ["system:serviceaccounts", f"system:serviceaccounts:{name.split(':')[2]}"]
        return User(name, (*groups, "system:authenticated"))

    def _caller(self, request: Request) -> User:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            return User("system:anonymous", ("system:unauthenticated",))
        if scheme.lower() == "bearer":
            if token in self._users:
                return self._users[token]
            found = self._issuer.read(token)
            if found and self._alive(found[1]):
                return found[0]
        raise errors.unauthorized()

    def _alive(self, claims: Object) -> bool:
        """True while the service account that a token was made for is still there."""
        bound = mapping(claims.get("kubernetes.io"))
        name = text(dig(bound, "serviceaccount", "name"))
        account = self._registry.storage.get(type_named("ServiceAccount"), text(bound.get("namespace")), name)
        return account is not None and metadata(account).get("uid") == dig(bound, "serviceaccount", "uid")

    def _authorize(self, user: User, target: Target, verb: str = "") -> None:
        verb = verb or target.verb
        if self._authorizer.allows(user, verb, target.group, target.resource, target.namespace, target.name):
            return
        where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
        why = f'User "{user.name}" cannot {verb} resource "{target.resource}" in API group "{target.group}" {where}'
        raise errors.forbidden(target.plural, target.group, target.name, why)

    def _served(self, type_: ResourceType) -> bool:
        """A custom kind is there as long as its CustomResourceDefinition is."""
        return (
            not type_.custom
            or self._registry.storage.get(type_named("CustomResourceDefinition"), "", type_.resource) is not None
        )

    # --- answers --------------------------------------------------------------------------------------------

    def answer(self, request: Request, user: User, target: Target | None) -> Response:
        """The answer. Raises ApiError."""
        if target is None:
            path = request.path.rstrip("/") or "/"
            if not self._authorizer.allows_path(user, "get", path):
                raise errors.path_forbidden(user.name, "get", path)
            return document(request, self._version, self._issuer, self._served)
        self._authorize(user, target)
        if target.plural in discovery.REVIEW_KINDS and target.group in ("authentication.k8s.io", "authorization.k8s.io"):
            if target.verb != "create":
                raise errors.not_allowed()
            kind = discovery.REVIEW_KINDS[target.plural]
            return Response(201, self._reviews.answer(kind, decode(request.body, request.headers), user))
        type_ = type_at(target.group, target.version, target.plural)
        if type_ is None or not self._served(type_):
            raise errors.no_such_path()
        if target.subresource:
            return self._subresource(request, user, target, type_)
        if target.verb not in type_.verbs:
            raise errors.not_allowed()
        return self._verb(request, user, target, type_)

    def _verb(self, request: Request, user: User, target: Target, type_: ResourceType) -> Response:
        namespace = target.namespace if type_.namespaced else ""
        match target.verb:
            case "get":
                return self._shown(request, type_, self._registry.get(type_, namespace, target.name))
            case "list":
                return self._list(request, type_, namespace)
            case "watch":
                return self._watch(request, type_, namespace)
            case "create":
                obj = self._given(request, target, type_)
                self._no_escalation(user, type_, obj)
                created = self._registry.create(type_, obj, manager_of(request), dry_run=is_dry_run(request))
                return self._shown(request, type_, created, 201)
            case "update" | "patch":
                return self._change(request, user, target, type_)
            case "delete":
                options = decode(request.body, request.headers) if request.body else {}
                dry_run = is_dry_run(request) or options.get("dryRun") == ["All"]
                return self._deleted(type_, self._registry.delete(type_, namespace, target.name, options, dry_run=dry_run))
            case _:
                chosen = selected(request)
                for obj in self._registry.storage.of_type(type_, namespace)[0]:
                    if chosen(obj):
                        self._registry.delete(type_, namespace_of(obj), name_of(obj), {}, dry_run=is_dry_run(request))
                return self._list(request, type_, namespace)

    def _change(self, request: Request, user: User, target: Target, type_: ResourceType) -> Response:
        """Update, or any patch, of an object or its status."""
        namespace = target.namespace if type_.namespaced else ""
        media_type = request.headers.get("content-type", "").partition(";")[0]
        manager, dry_run = manager_of(request), is_dry_run(request)
        if target.verb == "update":
            given = self._given(request, target, type_)

            def change(old: Object) -> Object:  # noqa: ARG001  # a replacement owes the old object nothing
                return given

        else:
            known = discovery.patch_types(type_)
            if media_type not in known:
                raise errors.unsupported_media(media_type, known)
            if media_type == APPLY_PATCH:
                return self._apply(request, user, target, type_)
            patch = decode(request.body, request.headers, patch=True)

            def change(old: Object) -> Object:
                result = patched(old, patch, media_type, type_.topology)
                self._check(request, target, type_, result)
                return result

        def checked(old: Object) -> Object:
            new = change(old)
            self._no_escalation(user, type_, new)
            return new

        obj = self._registry.update(
            type_, namespace, target.name, checked, manager, subresource=target.subresource, dry_run=dry_run
        )
        return self._shown(request, type_, obj)

    def _apply(self, request: Request, user: User, target: Target, type_: ResourceType) -> Response:
        manager = request.query.get("fieldManager", "")
        if not manager:
            cause = errors.required("fieldManager", "is required for apply patch")
            raise errors.invalid("PatchOptions", "meta.k8s.io", "", [cause])
        config = self._given(request, target, type_)
        if self._registry.storage.get(type_, target.namespace if type_.namespaced else "", target.name) is None:
            self._authorize(user, target, "create")
        self._no_escalation(user, type_, config)
        obj, new = self._registry.apply(
            type_,
            config,
            manager,
            force=is_true(request.query.get("force", "")),
            subresource=target.subresource,
            dry_run=is_dry_run(request),
        )
        return self._shown(request, type_, obj, 201 if new else 200)

    def _subresource(self, request: Request, user: User, target: Target, type_: ResourceType) -> Response:
        match target.plural, target.subresource, target.verb:
            case "serviceaccounts", "token", "create":
                asked = decode(request.body, request.headers) if request.body else {}
                return Response(201, self._reviews.token_request(target.namespace, target.name, asked))
            case "pods", "log", "get":
                self._registry.get(type_, target.namespace, target.name)
                log = self.logs(target.namespace, target.name, request.query.get("container", ""))
                return Response(200, text=log_excerpt(log or "", request.query))
            case _, "status", "get" if type_.status:
                namespace = target.namespace if type_.namespaced else ""
                return self._shown(request, type_, self._registry.get(type_, namespace, target.name))
            case _, "status", "update" | "patch" if type_.status:
                return self._change(request, user, target, type_)
            case _:
                raise errors.no_such_path()

    # --- parts of answers -----------------------------------------------------------------------------------

    def _given(self, request: Request, target: Target, type_: ResourceType) -> Object:
        """The object in the body, in the place that the URL names. Raises ApiError (400)."""
        obj = decode(request.body, request.headers)
        self._check(request, target, type_, obj)
        return obj

    def _check(self, request: Request, target: Target, type_: ResourceType, obj: Object) -> None:
        obj.setdefault("apiVersion", type_.api_version)
        obj.setdefault("kind", type_.kind)
        if obj["apiVersion"] != type_.api_version:
            raise errors.bad_request(
                f"the API version in the data ({obj['apiVersion']}) does not match the expected API version "
                f"({type_.api_version})"
            )
        if obj["kind"] != type_.kind:
            raise errors.bad_request(f"no kind {obj['kind']!r} is registered here: expected {type_.kind}")
        meta = metadata(obj)
        if target.name and not meta.get("name"):
            meta["name"] = target.name
        if target.name and meta["name"] != target.name:
            raise errors.bad_request(
                f"the name of the object ({text(meta['name'])}) does not match the name on the URL ({target.name})"
            )
        if type_.namespaced:
            if not target.namespace:
                raise errors.not_allowed()
            if meta.setdefault("namespace", target.namespace) != target.namespace:
                raise errors.bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        else:
            meta.pop("namespace", None)
        if request.query.get("fieldValidation") == "Strict" and (unknown := unknown_fields(type_, obj)):
            told = ", ".join(f'unknown field "{name}"' for name in unknown)
            raise errors.bad_request(
                f"{type_.kind} in version {type_.version!r} cannot be handled: strict decoding error: {told}"
            )

    def _no_escalation(self, user: User, type_: ResourceType, obj: Object) -> None:
        """Nobody grants what he does not hold (RBAC, "Privilege escalation prevention")."""
        namespace = namespace_of(obj)
        if type_.kind in ("Role", "ClusterRole"):
            rules, override = mappings(obj.get("rules")), "escalate"
        elif type_.kind in ("RoleBinding", "ClusterRoleBinding"):
            rules, override = self._authorizer.referenced(obj), "bind"
        else:
            return
        if self._authorizer.may_grant(user, rules, namespace):
            return
        if self._authorizer.allows(user, override, type_.group, type_.plural, namespace, name_of(obj)):
            return
        groups_shown = " ".join(f'"{group}"' for group in user.groups)
        why = f'user "{user.name}" (groups=[{groups_shown}]) is attempting to grant RBAC permissions not currently held'
        raise errors.forbidden(type_.plural, type_.group, name_of(obj), why)

    def _shown(self, request: Request, type_: ResourceType, obj: Object, code: int = 200) -> Response:
        if wants_table(request.headers.get("accept", "")):
            version = text(dig(obj, "metadata", "resourceVersion"))
            return Response(code, table(type_, [obj], version, self._clock(), request.query.get("includeObject", "Metadata")))
        return Response(code, obj)

    def _list(self, request: Request, type_: ResourceType, namespace: str) -> Response:
        chosen = selected(request)
        found, version = self._registry.storage.of_type(type_, namespace)
        objects = [obj for obj in found if chosen(obj)]
        if wants_table(request.headers.get("accept", "")):
            include = request.query.get("includeObject", "Metadata")
            return Response(200, table(type_, objects, str(version), self._clock(), include))
        items: list[Json] = list(objects)
        return Response(
            200,
            {
                "kind": f"{type_.kind}List",
                "apiVersion": type_.api_version,
                "metadata": {"resourceVersion": str(version)},
                "items": items,
            },
        )

    def _watch(self, request: Request, type_: ResourceType, namespace: str) -> Response:
        asked = request.query.get("resourceVersion", "")
        if request.query.get("sendInitialEvents"):
            # Clients then list and watch, as with servers that lack the WatchList feature.
            told = "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            cause: Object = {"reason": "FieldValueForbidden", "message": told, "field": "sendInitialEvents"}
            raise errors.invalid("ListOptions", "meta.k8s.io", "", [cause])
        watch = Watch(
            self._registry.storage,
            type_,
            namespace,
            selected(request),
            since=int(asked) if asked.isdigit() else 0,
            timeout=float(request.query.get("timeoutSeconds", "1800")),
            bookmarks=is_true(request.query.get("allowWatchBookmarks", "")),
            running=self._running,
        )
        if not wants_table(request.headers.get("accept", "")):
            return Response(200, stream=watch.events())
        include = request.query.get("includeObject", "Metadata")
        return Response(200, stream=watch.rows(self._clock, include))

    @staticmethod
    def _deleted(type_: ResourceType, obj: Object) -> Response:
        if metadata(obj).get("deletionTimestamp"):
            return Response(200, obj)
        details: Object = {"name": name_of(obj), "kind": type_.plural, "uid": metadata(obj).get("uid")}
        if type_.group:
            details["group"] = type_.group
        return Response(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
