"""Repositories of private Git servers: made private and empty, used as they are where they are there, known by their mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.servers.by_hand import repository_removal
from strategies.common.servers.marks import RepositoryMark
from strategies.facts import ServerRepository
from strategies.kinds import ServerRepositoryResource
from strategies.ports import Execution, ResourceError
from strategies.resources.git.servers.api import MakesGroups, ServerApi
from strategies.resources.git.servers.desk import (
    ANSWERED,
    STAYS,
    UNSEEN,
    Absent,
    NoTokenError,
    ServerDesk,
    not_asked,
    removal_by_hand,
)
from strategies.resources.git.servers.errors import Reason, ServerError

KIND: Final = "server-repository"


class ServerRepositoryHandler:
    """Reads, makes and deletes repositories by the server's API (``ports.Handler``).

    ``told`` gives the repositories that an instance's Secrets in the cluster tell of, so that an apply has got as far as these,
    and raises ResourceError; ``answered`` is that of the answers, which a run that was killed may have made: no server lists
    what is ours.
    """

    kind = KIND
    # Before the Secret that tells of it, and before the server that it is on.
    rank = 115
    group = Group.GIT
    noun = "repository"
    found_as: str | None = None

    def __init__(
        self,
        desk: ServerDesk,
        told: Callable[[Owner], Iterable[RepositoryMark]],
        answered: RepositoryMark | None = None,
    ) -> None:
        self._desk = desk
        self._told = told
        self._answered = answered

    def read(self, resource: ServerRepositoryResource) -> Observed | None:
        """The repository, or None. ``filled`` unless it is known to be empty. Raises ResourceError.

        Without an administrator's token the server is not asked, and one that this plan may make need not answer:
        ``fields["unseen"]`` says why, and ``filled`` whether the cluster tells of the repository. Where it does not, what is on
        a server that may be made first is None.
        """
        try:
            found = self._desk.api(resource.access).repository(resource.path)
        except ResourceError as error:
            if not resource.depends_on and not isinstance(error, NoTokenError):
                raise
            mark = _mark(resource)
            there = mark in self._told(resource.owner)
            if resource.depends_on and not there:
                return None
            return Observed(_identity(mark), {**_named(mark), UNSEEN: error.why}, None, filled=there)
        return _observed(_mark(resource), found) if found.exists else None

    def plan(self, resource: ServerRepositoryResource, observed: Observed | None) -> Change:
        """Made where it is not there; otherwise used as it is. Pure."""
        unseen = observed.fields.get(UNSEEN) if observed is not None else None
        if observed is not None and unseen is not None and observed.filled:
            return _change(resource, observed, Action.NONE, f"in place, by what the cluster tells; {not_asked(unseen)}")
        if observed is None or unseen is not None:
            diff = (
                FieldDiff("path", None, resource.path),
                FieldDiff("private", None, True),
                FieldDiff("default branch", None, resource.default_branch),
            )
            made = resource.explain or "does not exist yet"
            return _change(
                resource, None, Action.CREATE, made if unseen is None else f"unless it is there; {not_asked(unseen)}", diff
            )
        if observed.fields.get("archived") is True:
            conflict = f"The repository {resource.path} is archived: nothing can be written to it. Choose another path."
            return _change(resource, observed, Action.UPDATE, "in the way", conflict=conflict)
        ours = observed.owner == resource.owner
        return _change(resource, observed, Action.NONE, "in place" if ours else "already there, not ours: used as it is")

    def create(self, resource: ServerRepositoryResource, run: Execution) -> Mapping[str, str]:
        """Make it. One that a run made that was killed right after, or somebody else meanwhile, is used."""
        api = self._desk.working_api(resource.access, run)
        found = api.repository(resource.path)
        if not found.exists:
            if resource.make_groups:
                _make_groups(api, resource, run)
            arguments: dict[str, Json] = {"server": resource.access.base_url, "path": resource.path}
            try:
                with run.mutation(f"{api.kind}:create-repository", arguments):
                    found = api.create_repository(resource.path, resource.description, resource.default_branch)
            except ServerError as error:
                if error.reason is not Reason.EXISTS:
                    raise
                found = api.repository(resource.path)
        return _outputs(found)

    def update(self, resource: ServerRepositoryResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """Nothing is changed of one that is there."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete it, if it is still ours, and empty where it was when that was planned. Raises ResourceError."""
        mark = _parse(observed)
        what = f"Cannot delete the repository {mark.path}"
        api = self._desk.try_api(mark.kind, mark.url)
        if isinstance(api, Absent):
            raise ResourceError(what, api.why, _by_hand(mark, "It", api))
        found = api.repository(mark.path)
        if not found.exists:
            return
        if found.instance != run.owner.instance:
            raise ResourceError(what, "it no longer says that it is ours", "Look at its description on the server.")
        if found.empty is not True and not observed.filled:
            raise ResourceError(what, "something was pushed to it meanwhile", "Look again, then decide.")
        with run.mutation(f"{api.kind}:delete-repository", {"server": mark.url, "path": mark.path}):
            api.delete_repository(mark.path)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Those that are told of and whose description says that they are ours. Raises ResourceError.

        Without a token that was answered for their server they cannot be asked: ``fields["stays"]`` says so. One that the
        answers alone name has ``fields["answered"]``.
        """
        marks = {(mark.url, mark.path): mark for mark in self._told(owner)}
        found = [self._one(owner, mark) for mark in marks.values()]
        if self._answered is not None and (self._answered.url, self._answered.path) not in marks:
            found.append(self._one(owner, self._answered, {ANSWERED: True}))
        return [one for one in found if one is not None]

    def _one(self, owner: Owner, mark: RepositoryMark, more: Mapping[str, Json] | None = None) -> Observed | None:
        found = self._desk.ask(mark.kind, mark.url, lambda api: api.repository(mark.path))
        if isinstance(found, Absent):
            if self._desk.goes_along(mark.url):
                return None
            stays = _by_hand(mark, "if ezgitops made it, the repository", found)
            return Observed(_identity(mark), {**_named(mark), **(more or {}), STAYS: stays}, owner)
        observed = _observed(mark, found) if found.exists and found.instance == owner.instance else None
        return None if observed is None else replace(observed, fields={**observed.fields, **(more or {})})


def _by_hand(mark: RepositoryMark, what: str, absent: Absent) -> str:
    return removal_by_hand(mark.url, what, absent, repository_removal(mark.kind, mark.url, mark.path))


def _make_groups(api: ServerApi, resource: ServerRepositoryResource, run: Execution) -> None:
    if not isinstance(api, MakesGroups):
        return
    for group in api.missing_groups(resource.path):
        with run.mutation(f"{api.kind}:create-group", {"server": resource.access.base_url, "path": group}):
            api.create_group(group)


def _mark(resource: ServerRepositoryResource) -> RepositoryMark:
    return RepositoryMark(resource.access.kind, resource.access.base_url, resource.path)


def _identity(mark: RepositoryMark) -> str:
    return f"{mark.url}/{mark.path}"


def _named(mark: RepositoryMark) -> dict[str, Json]:
    return {"name": mark.path, "kind": mark.kind, "url": mark.url}


def _parse(observed: Observed) -> RepositoryMark:
    name, kind, url = (str(observed.fields.get(key, "")) for key in ("name", "kind", "url"))
    return RepositoryMark(kind, url, name)


def _observed(mark: RepositoryMark, found: ServerRepository) -> Observed:
    fields: dict[str, Json] = {**_named(mark), "archived": found.archived, "private": found.private}
    owner = Owner(found.instance) if found.instance else None
    return Observed(_identity(mark), fields, owner, _outputs(found), filled=found.empty is not True)


def _outputs(found: ServerRepository) -> dict[str, str]:
    return {"path": found.path, "default-branch": found.default_branch or ""}


def _change(
    resource: ServerRepositoryResource, observed: Observed | None, action: Action, reason: str,
    diff: tuple[FieldDiff, ...] = (), conflict: str | None = None,
) -> Change:  # fmt: skip
    return Change(
        address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
        diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
        conflict=conflict, resource=resource,
    )  # fmt: skip
