"""Repositories that are made on the sandbox's servers, used where they are there, and found again by the Secret's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.base import Action, Group, Owner
from strategies.common.servers.credentials import repository_description
from strategies.common.servers.marks import RepositoryMark
from strategies.kinds import ServerAccess, ServerRepositoryResource
from strategies.ports import CancelledByOperatorError, ResourceError
from strategies.resources.git.server_repository import ServerRepositoryHandler
from strategies.resources.git.servers.desk import ServerDesk
from tests.contract.servers.conftest import ADMIN, Offered
from tests.recording import RecordingRun

OWNER, PATH = Owner("prod-east"), "Platform/fresh"
EMPTY = {"name": "app", "owner": "Platform"}


@dataclass
class Place:
    """A server, and what the cluster's Secrets tell of it."""

    offered: Offered
    folder: Path
    told: list[RepositoryMark] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: {"env:ADMIN": ADMIN})

    @property
    def access(self) -> ServerAccess:
        """How the server is reached."""
        ca = self.folder / "server-ca.pem"
        ca.write_text(self.offered.ca or "")
        base = self.offered.recognised().base_url
        return ServerAccess(self.offered.kind, base, ca_file=str(ca), token="env:ADMIN")

    def handler(self, answered: ServerAccess | None = None, wanted: RepositoryMark | None = None) -> ServerRepositoryHandler:
        """The handler under test."""
        desk = ServerDesk(
            self.offered.environ, self._resolve, lambda: datetime.now(UTC), answered=answered, dialer=self.offered.dialer
        )
        return ServerRepositoryHandler(desk, lambda _owner: self.told, wanted)

    def resource(self, path: str = PATH) -> ServerRepositoryResource:
        """What is asked for."""
        return ServerRepositoryResource(
            address="git.server-repository.main", title=path, group=Group.GIT, owner=OWNER, access=self.access, path=path,
            description=repository_description("prod-east"), default_branch="main",
        )  # fmt: skip

    def _resolve(self, reference: str) -> str:
        if reference not in self.secrets:
            raise ResourceError(f"Cannot find the secret {reference}", "it is not set", "Export it.")
        return self.secrets[reference]


@pytest.fixture
def places(started: Callable[..., Offered], tmp_path: Path) -> Callable[[str], Place]:
    """Makes a place with a server of one kind."""
    return lambda kind: Place(started(kind, repositories=(EMPTY,)), tmp_path)


@pytest.fixture
def place(places: Callable[[str], Place]) -> Place:
    """With a Gitea."""
    return places("gitea")


@pytest.mark.parametrize("kind", ["gitlab", "bitbucket", "gitea", "forgejo", "ghes"])
def test_made_private_once_found_without_answers_and_deleted(places: Callable[[str], Place], kind: str) -> None:
    place = places(kind)
    handler, asked, run = place.handler(), place.resource(), RecordingRun()
    change = handler.plan(asked, handler.read(asked))
    assert (change.action, change.kind) == (Action.CREATE, "server-repository")
    handler.create(asked, run)
    handler.create(asked, run)
    assert len(run.calls) == 1
    assert ADMIN not in str(run)
    observed = handler.read(asked)
    assert observed is not None
    assert (observed.owner, observed.filled, observed.fields["private"]) == (OWNER, False, True)
    assert handler.plan(asked, observed).action is Action.NONE
    place.told.append(RepositoryMark(kind, asked.access.base_url, PATH))
    (found,) = place.handler().owned(OWNER)
    assert "no administrator's token" in str(found.fields["stays"])
    seen = place.handler(asked.access)
    (found,) = seen.owned(OWNER)
    assert "stays" not in found.fields
    assert found.provider_id == observed.provider_id
    for _ in range(2):
        seen.delete(found, RecordingRun())
    assert handler.read(asked) is None
    assert list(seen.owned(OWNER)) == []


def test_killed_before_the_call_or_made_by_somebody_meanwhile(place: Place) -> None:
    handler, asked = place.handler(), place.resource()
    with pytest.raises(CancelledByOperatorError):
        handler.create(asked, RecordingRun(stop_before="gitea:create-repository"))
    assert handler.read(asked) is None
    place.offered.api().create_repository(PATH, "somebody's", "main")
    assert handler.create(asked, RecordingRun())["path"] == PATH


def test_one_that_is_there_is_used_as_it_is_and_never_deleted(place: Place) -> None:
    handler, asked = place.handler(place.access), place.resource("Platform/app")
    observed = handler.read(asked)
    assert observed is not None
    assert (observed.owner, observed.filled) == (None, True)
    change = handler.plan(asked, observed)
    assert (change.action, change.conflict) == (Action.NONE, None)
    assert "not ours" in change.reason
    place.told.append(RepositoryMark("gitea", asked.access.base_url, "Platform/app"))
    assert list(handler.owned(OWNER)) == []
    with pytest.raises(ResourceError, match="no longer says that it is ours"):
        handler.delete(observed, RecordingRun())


def test_the_token_never_goes_where_only_a_mark_says(place: Place) -> None:
    place.told.append(RepositoryMark("gitea", "https://evil.example.com", PATH))
    (found,) = place.handler(place.access).owned(OWNER)
    assert "https://evil.example.com" in str(found.fields["stays"])
    with pytest.raises(ResourceError, match="no administrator's token"):
        place.handler(place.access).delete(found, RecordingRun())


def test_a_server_that_the_plan_makes_first_need_not_answer_yet(place: Place) -> None:
    asked = place.resource()
    place.secrets.clear()
    observed = place.handler().read(asked)
    assert observed is not None
    assert "not asked" in place.handler().plan(asked, observed).reason
    assert place.handler().read(replace(asked, depends_on=("aws.gitlab.server",))) is None
    place.told.append(RepositoryMark("gitea", asked.access.base_url, PATH))
    known = place.handler().read(replace(asked, depends_on=("aws.gitlab.server",)))
    assert known is not None
    assert place.handler().plan(asked, known).action is Action.NONE


def test_one_that_is_ours_and_silent_is_taken_as_the_cluster_tells(place: Place) -> None:
    silent = replace(place.access, base_url="https://silent.example.com")
    asked = replace(place.resource(), access=silent)
    with pytest.raises(ResourceError, match=r"silent\.example\.com"):
        place.handler().read(asked)
    ours = replace(asked, depends_on=("aws.gitlab.server",))
    assert place.handler().read(ours) is None
    place.told.append(RepositoryMark("gitea", silent.base_url, PATH))
    known = place.handler().read(ours)
    change = place.handler().plan(ours, known)
    assert (change.action, "silent.example.com" in change.reason) == (Action.NONE, True)
    with pytest.raises(ResourceError, match=r"silent\.example\.com"):
        place.handler().read(asked)


def test_what_the_answers_alone_name_is_told_as_such(place: Place) -> None:
    asked = place.resource()
    mark = RepositoryMark("gitea", asked.access.base_url, PATH)
    handler = place.handler(asked.access, mark)
    assert list(handler.owned(OWNER)) == []
    handler.create(asked, RecordingRun())
    (found,) = handler.owned(OWNER)
    assert found.fields["answered"] is True
    place.told.append(mark)
    (found,) = handler.owned(OWNER)
    assert "answered" not in found.fields
    place.told.clear()
    place.secrets.clear()
    (found,) = handler.owned(OWNER)
    assert found.fields["answered"] is True
    assert found.fields["stays"] == (
        f"if ezgitops made it, the repository stays on {mark.url}: it is not set. Export it. Or remove it there: "
        f'curl -X DELETE -H "Authorization: token $TOKEN" {mark.url}/api/v1/repos/{PATH}'
    )


def test_a_token_that_is_refused_is_as_good_as_none(place: Place) -> None:
    asked = place.resource()
    place.told.append(RepositoryMark("gitea", asked.access.base_url, PATH))
    place.secrets["env:ADMIN"] = "another"
    (found,) = place.handler(asked.access).owned(OWNER)
    assert "401" in str(found.fields["stays"])
