"""The folders of a source repository, read over smart HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from strategies.answers import Answers, Source
from strategies.base import Situation
from strategies.facts import SOURCE, Facts, Reading, SourceRepository
from strategies.ports import FactFailureError
from strategies.resources.git.program import GitProgram
from strategies.resources.git.source import read_tree, tree_reader
from tests.contract.git.conftest import GitServer, git
from tests.fakes import START


@pytest.fixture
def url(server: GitServer, source: Path, bare: Callable[[str], Path]) -> str:
    """A served repository with folders; the file names are awkward ones."""
    for name in ("clusters/prod-east/kustomization.yaml", "apps/a b.yaml", "apps/ümlaut.yaml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("kind: ConfigMap\n")
    git("add", ".", folder=source)
    git("commit", "-q", "-m", "folders", folder=source)
    served = bare("served")
    git("push", "-q", "--mirror", str(served), folder=source)
    server.repositories["/acme/config"] = [served]
    return f"{server.url}/acme/config"


def nobody(reference: str) -> str:
    raise AssertionError(reference)


def answered(url: str, revision: str) -> Source:
    """The answers, past the rule that a URL is an HTTPS one."""
    return Source.model_construct(url=url, revision=revision, username=None, password=None)


def test_every_file_of_the_revision_is_listed(url: str, program: GitProgram) -> None:
    tree = read_tree(program, answered(url, "main"), nobody)
    assert tree.files == ("apps/a b.yaml", "apps/ümlaut.yaml", "clusters/prod-east/kustomization.yaml", "file")
    assert read_tree(program, answered(url, "v1"), nobody).files == ("file",)


def test_nothing_is_left_on_the_disk(url: str, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = (
        "import os, sys\n"
        "from tests.contract.git.test_source import answered, nobody\n"
        "from strategies.ports import FactFailureError\n"
        "from strategies.resources.git.program import GitProgram\n"
        "from strategies.resources.git.source import read_tree\n"
        "print(len(read_tree(GitProgram(dict(os.environ)), answered(sys.argv[1], 'main'), nobody).files))\n"
        "try:\n    read_tree(GitProgram(dict(os.environ)), answered(sys.argv[1], 'nowhere'), nobody)\n"
        "except FactFailureError:\n    print('refused')\n"
    )
    environ = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run([sys.executable, "-c", code, url], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4", "refused"]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("path", "revision"), [("/acme/config", "nowhere"), ("/acme/none", "main")])
def test_what_is_not_there_is_said(url: str, server: GitServer, program: GitProgram, path: str, revision: str) -> None:
    with pytest.raises(FactFailureError) as failure:
        read_tree(program, answered(server.url + path, revision), nobody)
    assert failure.value.error.message


def test_it_is_read_again_when_the_branch_has_moved(program: GitProgram) -> None:
    reader = tree_reader(program, lambda _situation, reference: nobody(reference))
    answers = Answers.model_validate({"source": {"url": "https://h/r.git", "revision": "main"}})

    def inputs(branches: dict[str, str] | None) -> object:
        if branches is None:
            return reader.inputs(Situation(answers, Facts()))
        found = SourceRepository("https://h/r.git", "main", branches, {})
        return reader.inputs(Situation(answers, Facts({SOURCE.id: Reading(found, None, START, 0.1)})))

    assert inputs(None) is None
    assert inputs({"other": "a" * 40}) is None
    assert inputs({"main": "a" * 40}) != inputs({"main": "b" * 40})
