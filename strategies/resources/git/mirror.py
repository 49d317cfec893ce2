"""The mirror: branches and tags of the source repository on the host that Argo CD reads from, by way of a bare repository here.

Never ``refs/pull`` (hosts keep them for themselves), never ``--mirror`` (it would try to delete what the host keeps), and
nothing is removed from the target unless everything that the source lists has arrived here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from strategies.base import Change, Group, Json, Observed, Owner
from strategies.codecommit.limits import BLOB_LIMIT
from strategies.common.shown import shown, size
from strategies.kinds import MirrorResource
from strategies.ports import Execution, ResourceError
from strategies.resources.git.codecommit import MIRRORED_AT, GitHost, Hosted
from strategies.resources.git.errors import Trouble, resource_error, trouble
from strategies.resources.git.local import LocalMirror
from strategies.resources.git.mirror_change import KIND, change, compared, default_now, not_compared, outputs
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import HEADS, References, list_remote
from strategies.resources.git.server_host import NOTE, ServerHost, target_error
from strategies.resources.git.servers.desk import NoTokenError
from strategies.resources.parallel import both

T = TypeVar("T")

Send: TypeAlias = Callable[[str, GitLogin | None, Sequence[str], Execution], None]

Complaint: TypeAlias = Callable[[str, GitError, str], ResourceError]
"""Makes a ResourceError of what was tried, how git failed, and where."""

_ATTEMPTS = 4
_FIRST_PAUSE = 2.0


class MirrorHandler:
    """Compares, fetches and pushes (``ports.Handler``). Passwords are found at the moment each git command starts.

    ``host`` is CodeCommit, ``server`` gives the private server that a resource names as its target, ``reading`` the same to be
    looked at with the login that Argo CD has. ``kept`` tells whether the cluster knows that target from an apply that has got
    past the mirror.
    """

    kind = KIND
    rank = 0
    group = Group.GIT
    noun = ""
    found_as: str | None = None

    def __init__(
        self,
        git: GitProgram,
        host: GitHost,
        source_login: Callable[[MirrorResource], GitLogin | None],
        cache: Path,
        *,
        blob_limit: int = BLOB_LIMIT,
        server: Callable[[MirrorResource], ServerHost] | None = None,
        reading: Callable[[MirrorResource], ServerHost | None] = lambda _resource: None,
        kept: Callable[[MirrorResource], bool] = lambda _resource: False,
    ) -> None:
        self._reading = reading
        self._kept = kept
        self._git = git
        self._blob_limit = blob_limit
        self._host = host
        self._source_login = source_login
        self._cache = cache
        self._server = server

    def read(self, resource: MirrorResource) -> Observed:
        """Both sides, listed side by side. A target that is not there yet is an empty one. Raises ResourceError.

        Without an administrator's token the private server is looked at with Argo CD's login; where that does not do either, or
        a server that this plan may make does not answer, ``fields["unseen"]`` says why.
        """
        source, seen = both(
            partial(_listing, resource.source_url, partial(self._source, resource)),
            partial(_listing, resource.target_url, partial(self._possible_target, resource)),
        )
        if isinstance(seen, ResourceError):
            looked = self._read_only(resource) if isinstance(seen, NoTokenError) else None
            kept = looked is not None or self._kept(resource)
            if looked is None and (kept or resource.target is None or not resource.target.ours):
                unseen = not_compared(source, seen.why, kept=kept)
                return Observed(resource.target_url, unseen, None, outputs(resource, source, None))
            seen = looked or (None, References())
        hosted, target = seen
        default = self._default_branch(resource, source)
        fields = compared(source, hosted, target, default)
        return Observed(resource.target_url, fields, None, outputs(resource, source, hosted))

    def plan(self, resource: MirrorResource, observed: Observed | None) -> Change:
        """What a push would bring; pure."""
        return change(resource, observed)

    def create(self, resource: MirrorResource, run: Execution) -> Mapping[str, str]:
        """Fetch from the source, push to the target, set its default branch. A second run moves only what is new."""
        try:
            return self._mirror(resource, run)
        except GitError as error:
            raise resource_error(f"Cannot mirror {resource.source_url}", error, resource.source_url) from error

    def _mirror(self, resource: MirrorResource, run: Execution) -> Mapping[str, str]:
        host, url = self._host_of(resource)
        if isinstance(host, ServerHost):
            host.prepare(run)
        source, (hosted, before) = both(
            partial(self._persistently, resource.source_url, run, partial(self._source, resource)),
            partial(self._persistently, url, run, partial(self._target, resource, history=False)),
        )
        if hosted is None:
            raise ResourceError(
                f"Cannot mirror to {url}", f"there is no repository {resource.repository_name}",
                "Run ezgitops apply, which makes it.",
            )  # fmt: skip
        self._default_branch(resource, source)
        with LocalMirror(self._git, self._cache, resource.source_url, run) as local:
            source = self._fetch(resource, local, source, run)
            default = self._default_branch(resource, source)
            self._push(resource, local, source, before, default, run)
            if default_now(hosted, default) != default:
                with run.mutation(*_default_call(resource, default)):
                    host.set_default_branch(resource.repository_name, default)
            # Last, because a host does not let its default branch be deleted.
            self._prune(resource, local, source, before, run)
        at = run.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            with run.mutation(*_note_call(resource, hosted, at)):
                host.note_mirrored(hosted.arn, at)
        except ResourceError as error:
            if resource.target is None:
                raise
            run.progress(f"everything was mirrored, but the server does not keep when: {error.why}")
        return outputs(resource, source, Hosted(hosted.arn, default, at))

    def update(self, resource: MirrorResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same as ``create``: only what differs travels."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Nothing: what was pushed belongs to the repository and goes with it."""

    def owned(self, owner: Owner) -> Iterable[Observed]:  # noqa: ARG002 - the port
        """Nothing of its own: the repository is a resource of another kind."""
        return ()

    def _source(self, resource: MirrorResource) -> References:
        return list_remote(self._git, resource.source_url, self._source_login(resource))

    def _target(self, resource: MirrorResource, *, history: bool = True) -> tuple[Hosted | None, References]:
        """The host's API decides whether the repository is there: Git alone cannot tell "none" from "not for you"."""
        host, url = self._host_of(resource)
        hosted, listed = both(
            partial(host.repository, resource.repository_name, history=history), partial(self._try_target, host, url)
        )
        if hosted is None:
            return None, References()
        if isinstance(listed, GitError):
            if resource.target is not None:
                raise target_error(f"Cannot list {url}", listed, url) from listed
            raise listed
        return hosted, listed

    def _possible_target(self, resource: MirrorResource) -> tuple[Hosted | None, References] | ResourceError:
        """The same, to plan with; or why it cannot be looked at: there is no administrator's token, or a server that the plan
        may make first does not answer. Whatever else goes wrong is raised.
        """
        try:
            return self._target(resource)
        except NoTokenError as error:
            return error
        except (GitError, ResourceError) as error:
            if resource.target is None or not resource.depends_on:
                raise
            url = resource.target_url
            return error if isinstance(error, ResourceError) else target_error(f"Cannot list {url}", error, url)

    def _read_only(self, resource: MirrorResource) -> tuple[Hosted, References] | None:
        """The target as Argo CD's login sees it; None where there is none, or it is not let in."""
        try:
            host = self._reading(resource)
            hosted = host.repository(resource.repository_name) if host is not None else None
            if host is None or hosted is None:
                return None
            return hosted, list_remote(self._git, host.url, host.login(host.url))
        except (GitError, ResourceError):
            return None

    def _host_of(self, resource: MirrorResource) -> tuple[GitHost, str]:
        """The host of the target, and the URL by which it is pushed to."""
        if resource.target is None or self._server is None:
            return self._host, resource.target_url
        server = self._server(resource)
        return server, server.url

    def _try_target(self, host: GitHost, url: str) -> References | GitError:
        try:
            return list_remote(self._git, url, host.login(url))
        except GitError as error:
            return error

    def _fetch(self, resource: MirrorResource, local: LocalMirror, source: References, run: Execution) -> References:
        """Fetch until everything that the source lists is here: it may move while it is being fetched."""
        url = resource.source_url
        for _ in range(_ATTEMPTS):
            self._persistently(url, run, lambda: local.fetch(url, self._source_login(resource), run))
            if local.references().mirrored == source.mirrored:
                return source
            source = self._persistently(url, run, partial(self._source, resource))
        raise ResourceError(
            f"Cannot fetch all of {url}", "what arrived is not what the source lists; nothing was pushed", "Run it again.",
            retryable=True,
        )  # fmt: skip

    def _push(
        self, resource: MirrorResource, local: LocalMirror, source: References, before: References, default: str, run: Execution
    ) -> None:
        changed = [name for name, oid in source.mirrored.items() if before.mirrored.get(name) != oid]
        # The default branch goes first: a host makes the first branch that it is given the default one.
        changed.sort(key=lambda name: (name != f"{HEADS}{default}", name))
        host, url = self._host_of(resource)
        large = local.too_large(self._blob_limit) if changed and resource.target is None else None
        if large is not None:
            raise ResourceError(
                f"Cannot mirror to {url}", f"{shown(large)} is larger than the {size(self._blob_limit)} that CodeCommit takes",
                "Take it out of the source's history (git filter-repo), and keep it outside Git.",
            )  # fmt: skip
        for batch in local.batches(changed):
            with run.mutation("git:push", {"source": resource.source_url, "url": url, "references": len(batch)}):
                self._persistently(url, run, partial(self._send, host, local.push, url, batch, run), _complaint(resource))

    def _prune(
        self, resource: MirrorResource, local: LocalMirror, source: References, before: References, run: Execution
    ) -> None:
        gone = sorted(name for name in before.mirrored if name not in source.mirrored)
        host, url = self._host_of(resource)
        for batch in local.batches(gone):
            with run.mutation("git:push --delete", {"url": url, "references": list(batch)}):
                self._persistently(url, run, partial(self._send, host, local.delete, url, batch, run), _complaint(resource))

    def _send(self, host: GitHost, act: Send, url: str, batch: Sequence[str], run: Execution) -> None:
        act(url, host.login(url), batch, run)

    def _persistently(self, url: str, run: Execution, act: Callable[[], T], complaint: Complaint = resource_error) -> T:
        """Again with growing pauses while the connection is at fault; each attempt signs anew."""
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return act()
            except GitError as error:
                passing = trouble(error) is Trouble.PASSING
                if not passing or attempt == _ATTEMPTS:
                    raise complaint(f"Cannot mirror: {url}", error, url) from error
                run.progress(f"{trouble(error).value}; again in {pause:g} s", None)
            run.sleep(pause)
            pause *= 2
        raise AssertionError  # the last attempt returns or raises

    def _default_branch(self, resource: MirrorResource, source: References) -> str:
        """The branch that becomes the target's default one. Raises ResourceError when the source lacks what Argo CD follows."""
        followed = resource.revision or resource.default_branch
        if not source.branches:
            raise ResourceError(
                f"Cannot mirror {resource.source_url}", "it has no branch at all: it is empty", "Push a first commit to it."
            )
        if source.commit(followed) is None:
            raise ResourceError(
                f"Cannot mirror {resource.source_url}",
                f"it has no branch or tag {followed}",
                "Choose a revision that is there.",
            )
        # A tag may be followed too, but only a branch can be the default one.
        candidates = (resource.default_branch, source.default_branch or "", min(source.branches))
        return next(name for name in candidates if name in source.branches)


def _complaint(resource: MirrorResource) -> Complaint:
    """How it is told that git could not write to the target."""
    return resource_error if resource.target is None else target_error


def _default_call(resource: MirrorResource, branch: str) -> tuple[str, dict[str, Json]]:
    if resource.target is None:
        return "codecommit:UpdateDefaultBranch", {"repositoryName": resource.repository_name, "defaultBranchName": branch}
    arguments: dict[str, Json] = {"server": resource.target.base_url, "path": resource.repository_name, "branch": branch}
    return f"{resource.target.kind}:set-default-branch", arguments


def _note_call(resource: MirrorResource, hosted: Hosted, at: str) -> tuple[str, dict[str, Json]]:
    if resource.target is None:
        return "codecommit:TagResource", {"resourceArn": hosted.arn, "tags": {MIRRORED_AT: at}}
    return "git:push-note", {"url": hosted.arn, "reference": NOTE, "at": at}


def _listing(url: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except GitError as error:
        raise resource_error(f"Cannot list {url}", error, url) from error
