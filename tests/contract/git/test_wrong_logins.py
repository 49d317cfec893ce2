"""A source that asks for a login, and what is said of one that does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strategies.answers import Source
from strategies.ports import FactFailureError
from strategies.resources.git.program import GitProgram
from strategies.resources.git.source import read_source
from tests.contract.git.conftest import GitServer, git

TOKEN = "marker-51de-secret"


@pytest.fixture
def url(server: GitServer, source: Path, bare: Callable[[str], Path]) -> str:
    """A private repository."""
    served = bare("private")
    git("push", "-q", "--mirror", str(served), folder=source)
    server.repositories["/acme/private"] = [served]
    server.logins["/acme/private"] = ("x-access-token", TOKEN)
    return f"{server.url}/acme/private"


def asked(url: str, password: str | None) -> Source:
    return Source.model_construct(url=url, revision="main", username=None, password=password)


def test_the_right_token_reads(url: str, program: GitProgram) -> None:
    assert "main" in read_source(program, asked(url, "env:TOKEN"), lambda _reference: TOKEN).branches


@pytest.mark.parametrize(("password", "words"), [(None, "asks for a login"), ("env:TOKEN", "does not accept the user name")])
def test_a_missing_token_and_a_wrong_one_are_told_apart(
    url: str, program: GitProgram, password: str | None, words: str
) -> None:
    with pytest.raises(FactFailureError) as failure:
        read_source(program, asked(url, password), lambda _reference: "marker-77aa-secret")
    assert words in failure.value.error.message
    assert "marker-77aa" not in f"{failure.value.error}"
