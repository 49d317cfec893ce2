"""A read-only credential of a private Git server, and Argo CD's Secret that holds it, as one thing.

The server shows it once, so the Secret is the only place where it is kept. Which one it is, the Secret's annotation says.
A credential is exchanged in this order: the new one is made, it is put into the Secret, Argo CD lists the repository with it,
the old one is removed. Whatever ends a run in between, the next one goes on: a credential of ours that is not in the Secret is
found by its name on the server. That name tells of the cluster too, so that the same answers in two clusters that share a
repository do not take each other's away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.servers.credentials import LEAST, credential_name
from strategies.common.servers.marks import CREDENTIAL_MARK, CredentialMark, RepositoryMark, credential_mark
from strategies.facts import CredentialKind, ReadCredential, ServerKind
from strategies.kinds import ReadCredentialResource
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import SECRET, strings, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.credential_marks import by_hand, listed_at, moment, ours
from strategies.resources.cluster.credential_secret import (
    KEYS,
    SECRETS,
    Held,
    as_object,
    digest,
    held_by,
    namespace_of,
    url_of,
)
from strategies.resources.cluster.credential_use import wait_until_used
from strategies.resources.cluster.diff import HIDDEN
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.marked_secrets import marked_secrets
from strategies.resources.cluster.objects import ClusterObjectHandler, describe, outputs, secret_id
from strategies.resources.git.servers.api import Issued, ServerApi
from strategies.resources.git.servers.desk import ANSWERED, STAYS, UNSEEN, Absent, NoTokenError, ServerDesk, not_asked

KIND: Final = "read-credential"
SOON: Final = timedelta(days=14)
"""A credential that ends within these days is made anew, unless it was made for so few that a third of them is less."""


class ReadCredentialHandler:
    """Reads, plans, makes and exchanges (``ports.Handler``). Nothing secret is in an event, a journal or an ``Observed``.

    ``answered`` is the repository for which the answers want a credential made.
    """

    kind = KIND
    rank = 110
    group = Group.GIT
    noun = "read credential"
    found_as: str | None = "cluster-object"

    def __init__(
        self,
        client: KubeClient,
        objects: ClusterObjectHandler,
        desk: ServerDesk,
        clock: Callable[[], datetime],
        namespace: str | None = None,
        answered: RepositoryMark | None = None,
    ) -> None:
        self._client = client
        self._objects = objects
        self._desk = desk
        self._clock = clock
        self._namespace = namespace
        self._answered = answered

    def read(self, resource: ReadCredentialResource) -> Observed | None:
        """The Secret as an object of its own, and what is to be said of its credential.

        ``fields``: ``renew`` why a new one is needed, ``extra`` how many of ours the server knows besides, ``unseen`` why it
        was not asked. Raises ResourceError.
        """
        held = self._held(resource)
        observed = self._objects.read(as_object(resource, held))
        if observed is None:
            return None
        fields: dict[str, Json] = dict(observed.fields)
        renew, ends = self._fault(resource, held), held.mark.ends if held is not None else ""
        if not renew and held is not None:
            try:
                listed = self._desk.api(resource.access).credentials(resource.path)
            except ResourceError as error:
                # What holds is not taken away because its server, or the token for it, is not at hand.
                if resource.renewed and not (resource.access.ours and isinstance(error, NoTokenError)):
                    raise
                fields[UNSEEN] = error.why
            else:
                known = next((one for one in listed if _is(one, held.mark)), None)
                renew = _unfit(known)
                fields["extra"] = len(self._others(resource, listed, held.mark))
                ends = moment(known.expires_at) if known is not None and known.expires_at is not None else ends
        fields |= {"renew": renew or ("a new one is asked for" if resource.renewed else "")}
        return replace(observed, fields=fields, outputs={**observed.outputs, **_told(held, ends)})

    def plan(self, resource: ReadCredentialResource, observed: Observed | None) -> Change:
        """The Secret's own plan, and a new credential where the Secret holds none that works. Pure."""
        change = self._objects.plan(as_object(resource, None), observed)
        change = replace(change, kind=KIND, resource=resource)
        fresh = tuple(FieldDiff(f"data.{key}", None, HIDDEN) for key in KEYS[_wanted(resource)])
        if observed is None:
            return replace(change, diff=(*change.diff, *fresh))
        renew, extra, unseen = (text(observed.fields, "renew"), observed.fields.get("extra"), text(observed.fields, UNSEEN))
        if change.conflict is not None:
            return change
        if renew:
            if observed.owner != resource.owner:
                return replace(change, conflict=f"{describe(resource.secret)} is not ours and holds no credential of ours.")
            exchanged = tuple(FieldDiff(one.path, HIDDEN, HIDDEN) for one in fresh)
            others = tuple(one for one in change.diff if one.path.removeprefix("data.") not in SECRETS)
            action = change.action if change.action is Action.REPLACE else Action.UPDATE
            return replace(change, action=action, reason=renew, diff=(*others, *exchanged))
        if change.action is Action.NONE and extra:
            reason = f"{extra} of ours that nobody uses any more: removed from the server"
            return replace(change, action=Action.UPDATE, reason=reason, diff=(FieldDiff("unused credentials", extra, 0),))
        if change.action is Action.NONE and unseen:
            return replace(change, reason=f"in place, by what the Secret says; {not_asked(unseen)}")
        return change

    def create(self, resource: ReadCredentialResource, run: Execution) -> Mapping[str, str]:
        """Exchange or make the credential. A second run after one that was killed at any point ends in the same."""
        held = self._held(resource)
        try:
            api = self._desk.working_api(resource.access, run)
            listed = api.credentials(resource.path)
        except ResourceError as error:
            if held is None or resource.renewed or self._fault(resource, held):
                raise
            # Only the object itself has drifted, which nobody but the cluster is needed for.
            run.progress(f"the server was not asked: {error.why}")
            return {**self._write(resource, held, run), **_told(held, held.mark.ends)}
        known = next((one for one in listed if held is not None and _is(one, held.mark)), None)
        fault = self._fault(resource, held) or _unfit(known)
        if held is None or fault or resource.renewed:
            # Of those that are in no Secret nobody has the secret: they go before another one comes.
            self._remove(api, resource, self._others(resource, listed, held.mark if held is not None else None), run)
            issued = self._make(api, resource, {one.name for one in listed}, run)
            new = Held(_mark(resource, issued), issued.argocd)
            left = [known] if known is not None else []
        else:
            new, left = held, self._others(resource, listed, held.mark)
        result = self._write(resource, new, run)
        if left:
            wait_until_used(self._client, namespace_of(resource), url_of(resource), run)
            self._remove(api, resource, left, run)
        if held is not None and new.mark.id != held.mark.id and not _same_place(resource, held.mark):
            self._leave(held.mark, run)
        return {**result, **_told(new, new.mark.ends)}

    def update(self, resource: ReadCredentialResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same: one that works is kept, unless a new one is asked for."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Revoke the credential where a token is at hand, and remove the Secret that held it."""
        mark = credential_mark({CREDENTIAL_MARK: text(observed.fields, "mark")})
        if mark is not None:
            self._leave(mark, run)
        if ANSWERED not in observed.fields:
            self._objects.delete(observed, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """The credentials that the instance's Secrets tell of, known by their Secret. Raises ResourceError.

        Without a token that was answered for their server they cannot be revoked: ``fields["stays"]`` says so. Those that no
        Secret holds - a run was killed, or nobody could revoke them - are found by their names in the repository of the
        answers, and have ``fields["answered"]``.
        """
        secrets = marked_secrets(self._client, owner, self._namespace)
        marked = [(one, mark) for one in secrets if (mark := credential_mark(strings(one, "metadata", "annotations")))]
        answered = () if self._answered is None else (self._answered,)
        places = (*(RepositoryMark(mark.kind, mark.url, mark.path) for _, mark in marked), *answered)
        listed = {where: listed_at(self._desk, where) for where in dict.fromkeys(places)}
        found = []
        for one, mark in marked:
            fields: dict[str, Json] = {"name": f"{mark.id} of {mark.path}", "mark": mark.text}
            seen = listed[RepositoryMark(mark.kind, mark.url, mark.path)]
            if isinstance(seen, Absent):
                if self._desk.goes_along(mark.url):
                    continue
                fields[STAYS] = by_hand(mark, seen)
            identity = secret_id(text(one, "metadata", "namespace"), text(one, "metadata", "name"))
            found.append(Observed(identity, fields, owner, outputs(one)))
        held = {(mark.url, mark.path, mark.id) for _, mark in marked}
        for mark in (one for where in answered for one in ours(where, listed[where], self._scope(owner.instance))):
            if (mark.url, mark.path, mark.id) not in held:
                fields = {"name": f"{mark.id} of {mark.path}", "mark": mark.text, ANSWERED: True}
                found.append(Observed(f"{mark.url}/{mark.path}/{mark.id}", fields, owner))
        return found

    # --- inside -------------------------------------------------------------------------------------------------

    def _held(self, resource: ReadCredentialResource) -> Held | None:
        with as_resource_error(f"Cannot read {describe(resource.secret)}"):
            live = self._client.get(SECRET, text(resource.secret, "metadata", "name"), namespace_of(resource))
        return None if live is None else held_by(live)

    def _fault(self, resource: ReadCredentialResource, held: Held | None) -> str:
        """Why what the Secret holds cannot stay, as far as it says so itself; empty where it can."""
        if held is None:
            return "holds no credential that was made for it; one is made"
        if held.values is None:
            return "was changed by hand and holds another credential than the one made for it; a new one is made"
        mark = held.mark
        if not _same_place(resource, mark):
            return f"holds a credential of {mark.path} on {mark.url}; one is made for {resource.path}"
        if mark.credential != _wanted(resource):
            return f"holds a {mark.credential}; a {_wanted(resource)} is made"
        ends = _parsed(mark.ends)
        if ends is not None and ends - self._clock() <= min(SOON, timedelta(days=resource.expires_days) / 3):
            return f"its credential ends {mark.ends}; a new one is made"
        return ""

    def _make(self, api: ServerApi, resource: ReadCredentialResource, taken: Container[str], run: Execution) -> Issued:
        now = at = self._clock()
        # Some products refuse a second one of the same name, and a name tells seconds.
        while (name := credential_name(self._scope(resource.name), at)) in taken:
            at += timedelta(seconds=1)
        kind = _wanted(resource)
        arguments: dict[str, Json] = {"server": resource.access.base_url, "path": resource.path, "name": name}
        with run.mutation(f"{api.kind}:create-{kind}", arguments):
            return api.create_credential(resource.path, kind, name, now + timedelta(days=resource.expires_days))

    def _remove(
        self, api: ServerApi, resource: ReadCredentialResource, which: Iterable[ReadCredential], run: Execution
    ) -> None:
        for one in which:
            arguments: dict[str, Json] = {"server": resource.access.base_url, "path": resource.path, "id": one.id}
            with run.mutation(f"{api.kind}:remove-{one.kind}", arguments):
                api.remove_credential(resource.path, one.kind, one.id)

    def _leave(self, mark: CredentialMark, run: Execution) -> None:
        """Revoke a credential of another place than the resource's, where a token for its server is at hand."""
        api = self._desk.try_api(mark.kind, mark.url)
        if isinstance(api, Absent):
            run.progress(by_hand(mark, api))
            return
        arguments: dict[str, Json] = {"server": mark.url, "path": mark.path, "id": mark.id}
        with run.mutation(f"{api.kind}:remove-{mark.credential}", arguments):
            api.remove_credential(mark.path, CredentialKind(mark.credential), mark.id)

    def _others(
        self, resource: ReadCredentialResource, listed: Iterable[ReadCredential], held: CredentialMark | None
    ) -> list[ReadCredential]:
        """Credentials of ours, made for this cluster, that are not the one in the Secret."""
        scope = self._scope(resource.name)
        return [one for one in listed if one.active and one.instance == scope and not (held is not None and _is(one, held))]

    def _scope(self, name: str) -> str:
        """Instance and cluster, as credentials of ours are named by."""
        return f"{name}-{hashlib.sha256(self._client.server.encode()).hexdigest()[:6]}"

    def _write(self, resource: ReadCredentialResource, held: Held, run: Execution) -> Mapping[str, str]:
        secret = as_object(resource, held).manifest
        namespace, name = namespace_of(resource), text(secret, "metadata", "name")
        with (
            as_resource_error(f"Cannot apply {describe(secret)}"),
            run.mutation(f"kubernetes:apply {SECRET.resource}", {"namespace": namespace, "name": name}),
        ):
            # By force: the plan has said that what a person changed here is set back.
            live = self._client.apply(secret, force=True)
        return {**outputs(live), "id": secret_id(namespace, name)}


def _wanted(resource: ReadCredentialResource) -> CredentialKind:
    """The least that the product gives for how Argo CD clones. Raises ResourceError where it gives none."""
    if resource.ssh:
        return CredentialKind.DEPLOY_KEY
    try:
        least = next((one for one in LEAST[ServerKind(resource.access.kind)] if one is not CredentialKind.DEPLOY_KEY), None)
    except ValueError:
        least = None
    if least is None:
        raise ResourceError(
            f"Cannot make a credential for {resource.path}", f"{resource.access.kind} makes none that clones over HTTPS",
            "Answer the repository's ssh:// URL, or a token that is there (privateServer.credentials.method=token).",
        )  # fmt: skip
    return least


def _mark(resource: ReadCredentialResource, issued: Issued) -> CredentialMark:
    one = issued.credential
    place = (resource.access.kind, resource.access.base_url, resource.path)
    return CredentialMark(*place, one.kind.value, one.id, moment(one.expires_at), digest(issued.argocd))


def _same_place(resource: ReadCredentialResource, mark: CredentialMark) -> bool:
    return (mark.url, mark.path) == (resource.access.base_url, resource.path)


def _is(one: ReadCredential, mark: CredentialMark) -> bool:
    return (one.kind.value, one.id) == (mark.credential, mark.id)


def _unfit(known: ReadCredential | None) -> str:
    """What the server has against the credential in the Secret; empty where it is good."""
    if known is None or not known.active:
        return "its credential is not known to the server any more; a new one is made"
    return "its credential may write; one that may only read is made" if known.read_only is False else ""


def _told(held: Held | None, ends: str) -> dict[str, str]:
    return {"ends": ends, "credential": held.mark.id} if held is not None else {}


def _parsed(when: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
