"""The administrator's token, a token by reference and what is made with them: nowhere but in Argo CD's Secret."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.program import Program, Result
from tests.e2e.servers import OFFERED, cluster_objects, file, secret
from tests.e2e.test_secrets import arguments_of_all_processes, holds
from wizard.sandbox.git.servers.ssh import unavailable

NO_SSH = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
TOKENS = {"gitlab": "GITLAB_TOKEN", "bitbucket": "BITBUCKET_TOKEN", "gitea": "GITEA_TOKEN", "ghes": "GHES_TOKEN"}
SECRET_KEYS = ("password", "bearerToken", "sshPrivateKey")

pytestmark = [pytest.mark.slow, OFFERED]


@contextmanager
def arguments_watched(words: Sequence[bytes]) -> Iterator[set[bytes]]:
    """Each argument of any process, meanwhile, that holds one of the words."""
    seen: set[bytes] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            arguments = arguments_of_all_processes().split(b"\0")
            seen.update(one for one in arguments if any(word in one for word in words))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def spelt(value: str, *users: str) -> list[bytes]:
    """A secret in each form in which it may be met."""
    plain = value.encode()
    return [plain, base64.b64encode(plain), *(base64.b64encode(f"{user}:{value}".encode()) for user in users)]


def left(program: Program) -> list[Path]:
    """Every file that runs have left: state, journals, logs, caches, the folder that they ran in."""
    places = [program.folder, Path(os.environ["HOME"]), Path(program.environ["XDG_STATE_HOME"])]
    places += [Path(program.environ["XDG_CACHE_HOME"])] if "XDG_CACHE_HOME" in program.environ else []
    return [one for place in places if place.exists() for one in place.rglob("*") if one.is_file()]


def whole_road(program: Program, given: Sequence[str], *, renews: bool) -> list[Result]:
    """Everything that uses the token, one after the other."""
    runs = [program.run("check", *given, "--output", "json"), program.run("apply", *given, "--yes", "--output", "json")]
    if renews:
        runs.append(program.run("renew", *given, "--yes", "--output", "json"))
    runs.append(program.run("status", *given))
    for one in runs:
        assert one.code == 0, one.out[-3000:] + one.err
    return runs


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=NO_SSH if kind in ("gitea", "ghes") else ()) for kind in TOKENS])
def test_an_administrators_token_is_used_and_kept_nowhere(program: Program, kind: str) -> None:
    words = spelt(program.environ[TOKENS[kind]], "casey", "oauth2", "x-token-auth", "git")
    with arguments_watched(words) as arguments:
        runs = whole_road(program, file(kind), renews=True)
        assert arguments == set()
        assert not any(word in cluster_objects(program.environ) for word in words)
        held = secret(program.environ)
        made = [base64.b64decode(held[key]).strip() for key in SECRET_KEYS if key in held]
        assert made
        runs.append(program.run("destroy", "prod-east", *file(kind), "--yes", "prod-east", "--output", "json"))
        assert runs[-1].code == 0, runs[-1].out[-3000:] + runs[-1].err
    assert arguments == set()
    # Of a key that is the middle: its first line is every key's.
    words += [part for one in made for part in (one, base64.b64encode(one), one[len(one) // 2 :][:40])]
    files = left(program)
    assert files
    assert [one for one in files if holds(one, words)] == []
    assert not any(word in text.encode() for word in words for run in runs for text in (run.out, run.err))


def test_a_token_by_reference_is_in_argo_cds_secret_alone(program: Program) -> None:
    password = program.environ["GIT_READ_PASSWORD"]
    words = spelt(password, "argocd")
    with arguments_watched(words) as arguments:
        runs = whole_road(program, file("plain"), renews=False)
    assert base64.b64decode(secret(program.environ)["password"]).decode() == password
    assert cluster_objects(program.environ).count(base64.b64encode(password.encode())) == 1
    assert words[0] not in cluster_objects(program.environ)
    assert arguments == set()
    assert [one for one in left(program) if holds(one, words)] == []
    assert not any(word in text.encode() for word in words for run in runs for text in (run.out, run.err))
