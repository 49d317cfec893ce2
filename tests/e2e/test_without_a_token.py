"""An administrator's token that is used once: looking takes none, an apply with work for it ends before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import Program, Result
from tests.e2e.servers import ACCESS, OFFERED, actions, file, secret

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.sandbox.launch import Sandbox

pytestmark = OFFERED
WHY = "the environment variable {} is not set"


def without(program: Program, *names: str) -> Program:
    """The same program, started where these variables are not set."""
    return Program(program.folder, {key: value for key, value in program.environ.items() if key not in names})


def said(result: Result) -> str:
    """Everything that was told beside the events of the plan."""
    return "\n".join(f"{one['summary']} {one['detail']}" for one in result.of("diagnostic"))


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
def test_looking_takes_no_administrators_token(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    places = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = Program(tmp_path, {**sandbox.environ, **places})
    variable = ACCESS[kind].variable
    bare, why = without(program, variable), WHY.format(variable)

    first = bare.run("plan", *file(kind), "--output", "json", "--detailed-exitcode")
    assert first.code == 4, first.out[-3000:] + first.err
    if kind == "gitlab":
        assert actions(first)["git.server-repository.main"] == "create"
        assert why in said(first)
    refused = bare.run("apply", *file(kind), "--yes", "--output", "json")
    assert refused.code == 2, refused.out[-3000:] + refused.err
    assert why in said(refused)
    assert "needed for " in said(refused)
    assert not refused.of("apply_start")
    assert not [change for change in changes(first) if change["action"] == "none"]

    made = program.run("apply", *file(kind), "--yes", "--output", "json")
    assert made.code == 0, made.out[-3000:] + made.err
    before = secret(program.environ)
    checked = bare.run("check", *file(kind), "--output", "json")
    assert checked.code == 0, checked.out[-3000:] + checked.err
    for command in (("plan", "--detailed-exitcode"), ("status",), ("apply", "--yes")):
        again = bare.run(*command, *file(kind), "--output", "json")
        assert again.code == 0, (command, again.out[-3000:] + again.err)
        assert set(actions(again).values()) == {"none"}
        assert why in said(again)
    assert secret(program.environ) == before
    for command in ("renew", "mirror") if kind == "gitlab" else ("renew",):
        ended = bare.run(command, *file(kind), *(("--yes",) if command == "renew" else ()), "--output", "json")
        assert ended.code == 2, (command, ended.out[-3000:])
        assert why in said(ended)

    # Without answers, by the labels alone: what only the server can take back is said, with how to do it by hand.
    credentials = ACCESS[kind].credentials(program.environ)
    assert credentials
    gone = bare.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    kept = {str(one["address"]): str(one["reason"]) for one in changes(gone) if one["action"] == "none"}
    stays = ["read-credential", "server-repository"] if kind == "gitlab" else ["read-credential"]
    assert sorted(address.partition("/")[0] for address in kept) == stays
    assert all("no administrator's token for that server is at hand" in reason for reason in kept.values())
    assert all("Or remove it there: curl -X DELETE" in reason for reason in kept.values())
    assert ACCESS[kind].credentials(program.environ) == credentials


@pytest.mark.parametrize("kind", ["gitlab", "bitbucket"])
def test_destroy_with_answers_whose_token_is_gone_says_what_stays(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    places = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = Program(tmp_path, {**sandbox.environ, **places})
    assert program.run("apply", *file(kind), "--yes").code == 0
    variable = ACCESS[kind].variable
    gone = without(program, variable).run("destroy", *file(kind), "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    kept = [str(one["reason"]) for one in changes(gone) if one["action"] == "none"]
    assert kept
    for reason in kept:
        assert f"{WHY.format(variable)}. Export {variable} before you start the program. Or remove it there: curl" in reason
    assert ACCESS[kind].credentials(program.environ)

    # No Secret tells of it any more; with the token it is found by its name.
    again = program.run("destroy", *file(kind), "--yes", "prod-east", "--output", "json")
    assert again.code == 0, again.out[-3000:] + again.err
    assert ACCESS[kind].credentials(program.environ) == []


def changes(result: Result) -> list[dict[str, object]]:
    """The planned changes."""
    return [one for event in result.of("planned_change") if isinstance(one := event["change"], dict)]
