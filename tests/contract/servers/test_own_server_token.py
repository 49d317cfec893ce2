"""A GitLab that the plan makes: its groups, and its administrator's token, which ends in a day and is made anew when needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.base import Action, Group, Owner
from strategies.common.servers.credentials import repository_description
from strategies.common.servers.marks import RepositoryMark
from strategies.kinds import ServerAccess, ServerRepositoryResource
from strategies.ports import Execution, ResourceError
from strategies.resources.git.server_repository import ServerRepositoryHandler
from strategies.resources.git.servers.desk import NoTokenError, ServerDesk
from tests.contract.servers.conftest import ADMIN, EXPIRED, NARROW, Offered
from tests.recording import RecordingRun

OWNER, PATH = Owner("prod-east"), "Sites/East/config"


class Scene:
    """A GitLab of ours with the token ``token`` in its secret, and what the cluster's Secrets tell of it."""

    def __init__(self, offered: Offered, folder: Path, token: str) -> None:
        self.token, self.made = token, 0
        self.kept: list[RepositoryMark] = []
        ca = folder / "server-ca.pem"
        ca.write_text(offered.ca or "")
        self.access = ServerAccess("gitlab", offered.recognised().base_url, ca_file=str(ca), token="env:ADMIN", ours=True)
        self.desk = ServerDesk(
            offered.environ, lambda _reference: self.token, lambda: datetime.now(UTC), answered=self.access,
            new_token=self._new, dialer=offered.dialer,
        )  # fmt: skip
        self.handler = ServerRepositoryHandler(self.desk, lambda _owner: self.kept)
        self.asked = ServerRepositoryResource(
            address="git.server-repository.main", title=PATH, group=Group.GIT, owner=OWNER, access=self.access, path=PATH,
            depends_on=("aws.gitlab-server.main",), description=repository_description("prod-east"), default_branch="main",
            make_groups=True,
        )  # fmt: skip

    @property
    def mark(self) -> RepositoryMark:
        """What a Secret says of the repository."""
        return RepositoryMark("gitlab", self.access.base_url, PATH)

    def _new(self, run: Execution) -> None:
        self.made += 1
        with run.mutation("ssm:SendCommand", {}):
            self.token = ADMIN


@pytest.fixture
def scene(started: Callable[..., Offered], tmp_path: Path) -> Callable[[str], Scene]:
    """Makes one with a token."""
    return lambda token: Scene(started("gitlab"), tmp_path, token)


def test_its_groups_are_made_first_and_once(scene: Callable[[str], Scene]) -> None:
    one, run = scene(ADMIN), RecordingRun()
    assert one.handler.plan(one.asked, one.handler.read(one.asked)).action is Action.CREATE
    one.handler.create(one.asked, run)
    one.handler.create(replace(one.asked, path="Sites/East/other"), run)
    assert [call.partition(" ")[0] for call in run.calls] == [
        "gitlab:create-group", "gitlab:create-group", "gitlab:create-repository", "gitlab:create-repository",
    ]  # fmt: skip
    assert one.made == 0
    assert one.handler.plan(one.asked, one.handler.read(one.asked)).action is Action.NONE


def test_without_being_asked_no_group_is_made(scene: Callable[[str], Scene]) -> None:
    one, run = scene(ADMIN), RecordingRun()
    with pytest.raises(ResourceError, match="Sites/East"):
        one.handler.create(replace(one.asked, make_groups=False), run)


def test_a_token_that_has_ended_is_no_drift_and_no_error(scene: Callable[[str], Scene]) -> None:
    one = scene(EXPIRED)
    one.kept.append(one.mark)
    change = one.handler.plan(one.asked, one.handler.read(one.asked))
    assert change.action is Action.NONE
    assert "has ended, as it should" in change.reason
    assert one.made == 0


def test_nothing_is_said_to_stay_on_a_server_that_goes_along(scene: Callable[[str], Scene]) -> None:
    one = scene(EXPIRED)
    one.kept.append(one.mark)
    assert list(one.handler.owned(OWNER)) == []
    one.kept[:] = [replace(one.mark, url="https://git.elsewhere.example")]
    (other,) = one.handler.owned(OWNER)
    assert "stays on https://git.elsewhere.example" in str(other.fields["stays"])


def test_a_change_has_one_new_token_made(scene: Callable[[str], Scene]) -> None:
    one, run = scene(EXPIRED), RecordingRun()
    one.handler.create(one.asked, run)
    one.handler.create(one.asked, run)
    assert one.made == 1
    assert run.calls[0].startswith("ssm:SendCommand")


def test_one_that_may_too_little_is_not_replaced(scene: Callable[[str], Scene]) -> None:
    one = scene(NARROW)
    with pytest.raises(ResourceError) as caught:
        one.handler.create(one.asked, RecordingRun())
    assert not isinstance(caught.value, NoTokenError)
    assert one.made == 0


def test_the_token_of_somebody_elses_server_is_never_made(scene: Callable[[str], Scene]) -> None:
    one = scene(EXPIRED)
    with pytest.raises(ResourceError, match="401"):
        one.handler.create(replace(one.asked, access=replace(one.access, ours=False)), RecordingRun())
    assert one.made == 0


def test_a_destroy_that_was_killed_after_its_machine_went_goes_on(started: Callable[..., Offered]) -> None:
    offered = started("gitlab")
    gone = ServerAccess("gitlab", "https://gone.example.com", token="env:ADMIN", ours=True)
    desk = ServerDesk(
        offered.environ, lambda _reference: ADMIN, lambda: datetime.now(UTC), answered=gone, dialer=offered.dialer
    )
    told = [RepositoryMark("gitlab", gone.base_url, PATH)]
    assert list(ServerRepositoryHandler(desk, lambda _owner: told).owned(OWNER)) == []
