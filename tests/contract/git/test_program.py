"""How git is run: where passwords stand, what is switched off, what errors are called."""

from __future__ import annotations

import base64
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from strategies.resources.git.errors import Trouble, explain, trouble
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote, parse
from tests.contract.git.conftest import GitServer, git

LOGIN = ("user", "marker-9b2e-secret")


def fake_git(folder: Path, script: str) -> GitProgram:
    """A program named git that is this shell script."""
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return GitProgram({"PATH": f"{folder}:{os.environ['PATH']}", "GIT_TRACE": "1", "GIT_CONFIG_COUNT": "1"})


def test_a_password_stands_in_no_argument(tmp_path: Path) -> None:
    out = tmp_path / "seen"
    program = fake_git(tmp_path, f'echo "$@" > {out}.args; env > {out}.env')
    program.run(["ls-remote", "--", "https://h/r"], login=GitLogin("https://h/r", *LOGIN))
    header = base64.b64encode(":".join(LOGIN).encode()).decode()
    arguments, environment = Path(f"{out}.args").read_text(), Path(f"{out}.env").read_text()
    assert LOGIN[1] not in arguments
    assert header not in arguments
    assert f"Authorization: Basic {header}" in environment
    assert "GIT_TRACE" not in environment
    assert "GIT_TERMINAL_PROMPT=0" in environment
    assert "GIT_CONFIG_KEY_1=credential.helper" in environment, "settings of the caller keep their places"


def test_the_login_has_no_password_in_its_repr() -> None:
    assert LOGIN[1] not in repr(GitLogin("https://h/r", *LOGIN))


def test_a_git_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    program = fake_git(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(GitError) as caught:
        program.run(["ls-remote"], timeout=0.5)
    assert caught.value.code is None
    child = int((tmp_path / "child").read_text())
    ended = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < ended, "the child is still there"
        time.sleep(0.02)


def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    program = fake_git(tmp_path, "yes '0000000000000000000000000000000000000000	refs/heads/x'")
    with pytest.raises(GitError) as caught:
        program.output(["ls-remote"], limit=100_000)
    assert trouble(caught.value) is Trouble.ENDLESS
    assert "more than any repository holds" in explain(caught.value, "https://h/r").message


def test_a_line_without_end_is_cut_into_pieces(tmp_path: Path) -> None:
    program = fake_git(tmp_path, "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'fatal: \033[31mno' >&2; exit 128")
    lengths: list[int] = []
    with pytest.raises(GitError) as caught:
        program.run(["ls-remote"], on_line=lambda line: lengths.append(len(line)))
    assert sum(lengths) > 1_000_000
    assert max(lengths) < 200_000
    assert explain(caught.value, "https://h/r").message.isprintable()


def test_standard_input_and_the_pack_as_it_arrives(source: Path, program: GitProgram, tmp_path: Path) -> None:
    oid = git("rev-parse", "HEAD:file", folder=source)
    said = program.output(["cat-file", "--batch"], folder=source, stdin=f"{oid}\n".encode())
    assert said == f"{oid} blob 3\ntwo\n".encode()
    pack = tmp_path / "arrived"
    program.output(["clone", "-q", "--bare", f"file://{source}", str(tmp_path / "copy")], packfile=pack)
    assert pack.read_bytes().startswith(b"PACK")


def test_git_is_ended_when_it_is_enough(tmp_path: Path) -> None:
    program = fake_git(tmp_path, f"echo begun; touch {tmp_path}/there; exec sleep 600")
    said = program.output(["fetch"], enough=(tmp_path / "there").exists)
    assert said in (b"begun\n", b"")
    assert fake_git(tmp_path, "echo whole").output(["fetch"], enough=lambda: False) == b"whole\n"


def test_what_a_listener_raises_ends_git(tmp_path: Path) -> None:
    program = fake_git(tmp_path, "echo go >&2; exec sleep 600")

    def stop(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="go"):
        program.run(["fetch"], on_line=stop)


def _runs(process: int) -> bool:
    """False once it has ended; on a machine without an init it stays as a zombie."""
    try:
        os.kill(process, 0)
        return not re.search(r"\) Z ", Path(f"/proc/{process}/stat").read_text())
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()


def test_references_as_listed(server: GitServer, source: Path, program: GitProgram) -> None:
    server.repositories["/source.git"] = [source / ".git"]
    found = list_remote(program, f"{server.url}/source.git", every=True)
    assert found.default_branch == "main"
    assert set(found.branches) == {"main", "staging", "feature/a"}
    assert set(found.tags) == {"v1", "v2"}
    assert found.commit("v2") == git("rev-parse", "v2^{commit}", folder=source)
    assert found.others == 1


def test_the_users_credential_helper_is_not_asked(
    server: GitServer, source: Path, bare: Callable[[str], Path], program: GitProgram, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(f'[credential]\n\thelper = "!touch {asked}; :"\n')
    server.repositories["/private.git"] = [bare("private")]
    server.logins["/private.git"] = LOGIN
    with pytest.raises(GitError) as caught:
        list_remote(program, f"{server.url}/private.git")
    assert trouble(caught.value) is Trouble.DENIED
    assert not asked.exists()


def test_names_that_git_refuses_are_left_out() -> None:
    oid = "a" * 40
    listed = f"{oid}\trefs/heads/main\n{oid}\trefs/heads/\x1b[2Jx\n{oid}\trefs/heads/a\x85b\n{oid}\trefs/tags/a\tb\nnoise\n"
    found = parse(listed)
    assert set(found.branches) == {"main", "a\x85b"}, "one line each, whatever Unicode calls a line's end"
    assert not found.tags


@pytest.mark.parametrize(
    ("stderr", "login", "words"),
    [
        ("remote: Token expired.\nfatal: could not read Username for 'https://x': x", True, "for https://x/r: Token expired."),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", False, "asks for a login"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", True, "does not accept the user name"),
        (
            "fatal: unable to access 'https://x/': The requested URL returned error: 403",
            True,
            "refuses https://x/r to this login",
        ),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", False, "to those without a login"),
        ("fatal: repository 'https://x/' not found", True, "or this login may not see it"),
        ("fatal: repository 'https://x/' not found", False, "there is no repository at"),
    ],
)
def test_refusals_are_told_apart_as_far_as_hosts_do(stderr: str, login: bool, words: str) -> None:
    said = explain(GitError("ls-remote", 128, stderr), "https://x/r", login=login)
    assert words in said.message
    assert said.remedy


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ("fatal: unable to access 'https://x/': Could not resolve host: x", Trouble.NAME),
        ("fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", Trouble.TLS),
        ("fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none", Trouble.TLS),
        ("fatal: unable to access 'https://x/': CONNECT tunnel failed, response 403", Trouble.PROXY),
        ("fatal: unable to access 'https://x/': Received HTTP code 403 from proxy after CONNECT", Trouble.PROXY),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", Trouble.FORBIDDEN),
        ("fatal: Authentication failed for 'https://x/'", Trouble.DENIED),
        ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", Trouble.DENIED),
        ("remote: Not Found\nfatal: repository 'https://x/' not found", Trouble.NOT_FOUND),
        ("error: RPC failed; HTTP 503 curl 22 The requested URL returned error: 503", Trouble.PASSING),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 429", Trouble.PASSING),
        ("fatal: early EOF", Trouble.PASSING),
        ("fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused", Trouble.UNREACHABLE),
        (" ! [remote rejected] main -> main (pre-receive hook declined)", Trouble.REJECTED),
        ("fatal: something new", Trouble.OTHER),
    ],
)
def test_what_git_says_is_understood(stderr: str, kind: Trouble) -> None:
    error = GitError("fetch", 128, stderr)
    assert trouble(error) is kind
    said = explain(error, "https://x/")
    assert said.message
    assert said.remedy
