"""Secret references: every kind found, every failure named without the secret."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from strategies.ports import CancelledByOperatorError, ResourceError
from strategies.resources.secrets import SecretResolver


def nowhere(identity: str) -> str:
    """No Secrets Manager."""
    raise AssertionError(identity)


def resolver(ask: Callable[[str], str] | None = None, **environ: str) -> SecretResolver:
    """A resolver in this environment."""
    return SecretResolver(environ, ask)


def test_from_the_environment() -> None:
    assert resolver(TOKEN="t").resolve("env:TOKEN", nowhere) == "t"
    with pytest.raises(ResourceError, match="TOKEN is not set"):
        resolver(TOKEN="").resolve("env:TOKEN", nowhere)


def test_from_a_file_without_the_editors_newline(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" t \n")
    assert resolver().resolve(f"file:{file}", nowhere) == " t "
    file.write_text("\n")
    with pytest.raises(ResourceError, match="empty"):
        resolver().resolve(f"file:{file}", nowhere)
    file.write_bytes(b"\xff")
    with pytest.raises(ResourceError, match="not text"):
        resolver().resolve(f"file:{file}", nowhere)
    with pytest.raises(ResourceError, match="No such file"):
        resolver().resolve(f"file:{file}.none", nowhere)


def test_asked_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return "t"

    one = resolver(ask)
    assert one.resolve("prompt:GitHub token", nowhere) == "t"
    assert one.resolve("prompt:GitHub token", nowhere) == "t"
    assert asked == ["GitHub token"]


@pytest.mark.parametrize("left", ["", None])
def test_who_waits_while_the_operator_leaves_the_question_does_not_ask_it_again(left: str | None) -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        while len(asked) == 1 and waiting() < 3:
            sleep(0.01)
        sleep(0.05)
        if left is None:
            raise CancelledByOperatorError
        return left

    def waiting() -> int:
        return sum(frame.f_code.co_name == "_prompt" for frame in sys._current_frames().values())

    def resolve() -> str:
        return one.resolve("prompt:x", nowhere)

    one = resolver(ask)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(resolve) for _ in range(4)]
        errors = [answer.exception() for answer in answers]
    assert [isinstance(error, ResourceError) and "it was not typed" in str(error) for error in errors] == [True] * 4
    assert asked == ["x"]
    with pytest.raises(ResourceError):
        one.resolve("prompt:x", nowhere)
    assert asked == ["x", "x"]


def test_nobody_is_asked_without_a_terminal() -> None:
    with pytest.raises(ResourceError, match="without a terminal"):
        resolver().resolve("prompt:x", nowhere)


@pytest.mark.parametrize(
    ("reference", "stored", "found"),
    [
        ("aws-secretsmanager:git", "t", "t"),
        ("aws-secretsmanager:git#token", '{"token": "t"}', "t"),
        ("aws-secretsmanager:git#none", '{"token": "marker"}', None),
        ("aws-secretsmanager:git#token", "marker", None),
        ("aws-secretsmanager:git#token", '{"token": 5}', None),
        ("aws-secretsmanager:git", "", None),
    ],
)
def test_from_secrets_manager(reference: str, stored: str, found: str | None) -> None:
    def fetch(identity: str) -> str:
        assert identity == "git"
        return stored

    if found is not None:
        assert resolver().resolve(reference, fetch) == found
        return
    with pytest.raises(ResourceError) as caught:
        resolver().resolve(reference, fetch)
    assert reference in caught.value.what
    assert "marker" not in f"{caught.value} {caught.value.remedy}"


def test_a_secret_that_the_operator_does_not_tell_is_no_mistake_of_the_program() -> None:
    def refused(_prompt: str) -> str:
        raise CancelledByOperatorError

    with pytest.raises(ResourceError, match="it was not typed"):
        SecretResolver({}, refused).resolve("prompt:x", nowhere)
