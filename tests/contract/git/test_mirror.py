"""The mirror, against real repositories over smart HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import MirrorResource
from strategies.ports import CancelledByOperatorError, ResourceError
from strategies.resources.git.codecommit import Hosted
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.program import GitLogin, GitProgram
from tests.contract.git.conftest import GitServer, commit, git
from tests.recording import RecordingRun

PASSWORD = "marker-6f1c-secret"


@dataclass
class Host:
    """A host that remembers what it was told about the repository in ``folder``."""

    folder: Path | None
    logins: int = 0
    noted: list[str] = field(default_factory=list)
    password: str = PASSWORD

    def login(self, url: str) -> GitLogin:
        """A fresh login for each command."""
        self.logins += 1
        return GitLogin(url, "user", self.password)

    def repository(self, name: str, *, history: bool = True) -> Hosted | None:
        """Where HEAD stands, once that branch exists."""
        if self.folder is None:
            return None
        head = git("symbolic-ref", "--short", "HEAD", folder=self.folder)
        branches = git("for-each-ref", "--format=%(refname:short)", "refs/heads", folder=self.folder).split()
        return Hosted("arn", head if head in branches else None, self.noted[-1] if self.noted else None)

    def set_default_branch(self, name: str, branch: str) -> None:
        """Move HEAD."""
        assert self.folder is not None
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}", folder=self.folder)

    def note_mirrored(self, arn: str, at: str) -> None:
        """Write it down."""
        self.noted.append(at)


@dataclass
class World:
    """A mirror in the making."""

    server: GitServer
    source: Path
    target: Path
    host: Host
    handler: MirrorHandler
    resource: MirrorResource

    def plan(self) -> Action:
        """What has to be done."""
        return self.handler.plan(self.resource, self.handler.read(self.resource)).action


@pytest.fixture
def world(server: GitServer, source: Path, bare: Callable[[str], Path], program: GitProgram, tmp_path: Path) -> World:
    """A source with content and an empty target that asks for a login."""
    target = bare("target")
    server.repositories = {"/source.git": [source / ".git"], "/v1/repos/target": [target]}
    server.logins = {"/v1/repos/target": ("user", PASSWORD)}
    host = Host(target)
    resource = MirrorResource(
        address="git.mirror.main",
        title="Mirror",
        group=Group.GIT,
        owner=Owner("prod-east"),
        source_url=f"{server.url}/source.git",
        source_username=None,
        source_password=None,
        target_url=f"{server.url}/v1/repos/target",
        repository_name="target",
        default_branch="main",
    )
    return World(server, source, target, host, MirrorHandler(program, host, lambda _r: None, tmp_path / "cache"), resource)


def references(folder: Path, *prefixes: str) -> dict[str, str]:
    """Full names to object ids."""
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", *prefixes, folder=folder).splitlines()
    return dict(line.split() for line in lines)  # type: ignore[misc]


def test_everything_but_pull_requests_arrives(world: World) -> None:
    run = RecordingRun()
    assert world.plan() is Action.CREATE
    outputs = world.handler.create(world.resource, run)
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")
    assert outputs["revision"] == git("rev-parse", "main", folder=world.source)
    assert world.host.noted == ["2026-11-23T14:02:11Z"]
    assert run.calls[-1] == "codecommit:TagResource"
    assert any(message.startswith("push to 127.0.0.1: writing objects") for message, _ in run.told)


def test_a_second_run_has_nothing_to_do(world: World) -> None:
    world.handler.create(world.resource, RecordingRun())
    observed = world.handler.read(world.resource)
    assert world.handler.plan(world.resource, observed).action is Action.NONE
    assert observed.outputs["revision"] == git("rev-parse", "main", folder=world.source)
    assert observed.outputs["mirrored-at"] == "2026-11-23T14:02:11Z"


def test_moves_deletions_and_rewritten_history_follow(world: World) -> None:
    world.handler.create(world.resource, RecordingRun())
    git("branch", "-q", "-D", "feature/a", folder=world.source)
    git("tag", "-d", "v1", folder=world.source)
    git("reset", "-q", "--hard", "HEAD~1", folder=world.source)
    commit(world.source, "another two")
    git("branch", "new", folder=world.source)
    change = world.handler.plan(world.resource, world.handler.read(world.resource))
    assert change.action is Action.UPDATE
    assert {d.path for d in change.diff} >= {"tags", "references changed", "references removed"}
    world.handler.update(world.resource, world.handler.read(world.resource), RecordingRun())
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_the_default_branch_moves_before_the_old_one_is_deleted(world: World) -> None:
    world.handler.create(world.resource, RecordingRun())
    git("branch", "-q", "-m", "main", "trunk", folder=world.source)
    resource = replace(world.resource, default_branch="trunk")
    run = RecordingRun()
    world.handler.create(resource, run)
    assert run.calls == ["git:push", "codecommit:UpdateDefaultBranch", "git:push --delete", "codecommit:TagResource"]
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_a_tag_may_be_followed(world: World) -> None:
    resource = replace(world.resource, default_branch="v2")
    outputs = world.handler.create(resource, RecordingRun())
    assert outputs["revision"] == git("rev-parse", "v2^{commit}", folder=world.source)
    assert git("symbolic-ref", "HEAD", folder=world.target) == "refs/heads/main"


def test_a_revision_that_is_not_there_is_refused_before_anything_moves(world: World) -> None:
    resource = replace(world.resource, default_branch="prod")
    with pytest.raises(ResourceError, match="no branch or tag prod"):
        world.handler.create(resource, RecordingRun())
    assert references(world.target) == {}


def test_nothing_is_pushed_when_the_fetch_was_not_whole(world: World, source: Path, bare: Callable[[str], Path]) -> None:
    world.handler.create(world.resource, RecordingRun())
    before = references(world.target)
    # A host whose mirrors disagree: each listing shows another repository.
    other = bare("other")
    git("push", "-q", str(other), "main", folder=source)
    world.server.repositories["/source.git"] = [source / ".git", other]
    run = RecordingRun()
    with pytest.raises(ResourceError, match="nothing was pushed"):
        world.handler.create(world.resource, run)
    assert references(world.target) == before
    assert run.calls == []


def test_a_file_that_the_host_would_refuse_is_named_before_anything_is_pushed(
    world: World, program: GitProgram, tmp_path: Path
) -> None:
    world.handler = MirrorHandler(program, world.host, lambda _r: None, tmp_path / "cache", blob_limit=1_000)
    world.handler.create(world.resource, RecordingRun())
    commit(world.source, "x" * 1_001)
    commit(world.source, "small again")
    before = references(world.target)
    with pytest.raises(ResourceError, match=r"file is larger than the 1\.0 kB that CodeCommit takes"):
        world.handler.create(world.resource, RecordingRun())
    assert references(world.target) == before


def test_a_large_file_that_left_the_history_is_no_obstacle(world: World, program: GitProgram, tmp_path: Path) -> None:
    world.handler = MirrorHandler(program, world.host, lambda _r: None, tmp_path / "cache", blob_limit=1_000)
    commit(world.source, "x" * 1_001)
    with pytest.raises(ResourceError):
        world.handler.create(world.resource, RecordingRun())
    git("reset", "-q", "--hard", "HEAD~1", folder=world.source)
    world.handler.create(world.resource, RecordingRun())
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_a_wrong_password_is_said_in_plain_words(world: World) -> None:
    world.host.password = "wrong"
    with pytest.raises(ResourceError) as caught:
        world.handler.read(world.resource)
    assert "login" in caught.value.why
    assert "wrong" not in str(caught.value)


def test_a_broken_connection_is_tried_again_with_a_fresh_login(world: World) -> None:
    world.server.failures = ["503 Service Unavailable", "503 Service Unavailable"]
    run = RecordingRun()
    world.handler.create(world.resource, run)
    assert run.slept == [2.0, 4.0]
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_a_missing_repository_is_a_plan_not_an_error(world: World) -> None:
    world.host.folder = None
    assert world.plan() is Action.CREATE
    with pytest.raises(ResourceError, match="there is no repository target"):
        world.handler.create(world.resource, RecordingRun())


def test_a_stop_before_the_push_leaves_the_target_alone_and_the_next_run_goes_on(world: World) -> None:
    with pytest.raises(CancelledByOperatorError):
        world.handler.create(world.resource, RecordingRun(stop_before="git:push"))
    assert references(world.target) == {}
    world.handler.create(world.resource, RecordingRun())
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_a_fetch_that_was_killed_does_not_stop_the_next_one(world: World, tmp_path: Path) -> None:
    world.handler.create(world.resource, RecordingRun())
    (folder,) = (tmp_path / "cache").glob("*.git")
    for name in ("packed-refs.lock", "refs/heads/main.lock", "config.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    commit(world.source, "three")
    world.handler.create(world.resource, RecordingRun())
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_a_cache_that_git_cannot_read_is_made_anew(world: World, tmp_path: Path) -> None:
    world.handler.create(world.resource, RecordingRun())
    (folder,) = (tmp_path / "cache").glob("*.git")
    (folder / "HEAD").write_text("nonsense")
    commit(world.source, "three")
    world.handler.create(world.resource, RecordingRun())
    assert references(world.target) == references(world.source, "refs/heads", "refs/tags")


def test_no_password_stays_on_the_disk(world: World, tmp_path: Path) -> None:
    world.handler.create(world.resource, RecordingRun())
    cache = tmp_path / "cache"
    assert cache.stat().st_mode & 0o077 == 0
    for file in (f for f in cache.rglob("*") if f.is_file()):
        assert PASSWORD.encode() not in file.read_bytes()
