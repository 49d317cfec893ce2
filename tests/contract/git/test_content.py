"""What is found in the files of a source repository, read over smart HTTP."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from strategies.facts import LargeFile, LfsRule, SourceContent, Submodule, Unreadable
from strategies.ports import FactFailureError
from strategies.resources.git.content import CONTENT_LIMIT, object_size, read_content
from strategies.resources.git.program import GitProgram
from tests.contract.git.conftest import GitServer, git
from tests.contract.git.test_source import answered, nobody
from wizard.sandbox.git.zeros import add_zeros

HUGE = 2 * 10**8
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 3412288\n"
FILES = {
    "clusters/a/kustomization.yaml": "resources:\n- app.yaml\n- https://github.com/acme/bases//x?ref=v1\n",
    "clusters/a/app.yaml": "kind: ConfigMap\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n"
    "  source:\n    repoURL: https://charts.example.com\n    chart: web\n",
    "clusters/b/kustomization.yaml": "resources: [\n",
    "chart/Chart.yaml": "dependencies:\n- {name: redis, repository: 'oci://ghcr.io/acme'}\n",
    "chart/templates/app.yaml": "{{ if .Values.on }}\n  repoURL: https://github.com/acme/x\n{{ end }}\n",
    ".gitattributes": "# rules\n*.bin filter=lfs diff=lfs merge=lfs -text\n",
    "data/a.bin": POINTER,
    ".gitmodules": '[submodule "p"]\n\tpath = modules/p\n\turl = ../policies.git\n',
}


@pytest.fixture
def served(server: GitServer, source: Path, bare: Callable[[str], Path]) -> tuple[str, Path]:
    """A served repository that holds one of everything, and its folder on the server."""
    for name, text in FILES.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "data/large.db").write_bytes(b"x" * (CONTENT_LIMIT + 1))
    (source / "data/limit.yaml").write_bytes(b"x" * CONTENT_LIMIT)
    git("add", ".", folder=source)
    git("update-index", "--add", "--cacheinfo", f"160000,{'5' * 40},modules/p", folder=source)
    git("commit", "-q", "-m", "everything", folder=source)
    folder = bare("served")
    git("push", "-q", "--mirror", str(folder), folder=source)
    git("config", "uploadpack.allowFilter", "true", folder=folder)
    server.repositories["/acme/config"] = [folder]
    return f"{server.url}/acme/config", folder


def found_in(content: SourceContent) -> list[str]:
    return [f"{link.file}:{link.line} {link.target}" for link in content.links]


def test_everything_that_matters_is_found_with_its_place(served: tuple[str, Path], program: GitProgram) -> None:
    content = read_content(program, answered(served[0], "main"), nobody)
    assert found_in(content) == [
        "chart/Chart.yaml:2 oci://ghcr.io/acme",
        "chart/templates/app.yaml:2 https://github.com/acme/x",
        "clusters/a/app.yaml:7 https://charts.example.com",
        "clusters/a/kustomization.yaml:2 app.yaml",
        "clusters/a/kustomization.yaml:3 https://github.com/acme/bases//x?ref=v1",
    ]
    assert [one.file for one in content.unreadable] == ["clusters/b/kustomization.yaml"]
    assert content.lfs_files == ("data/a.bin",)
    assert content.lfs_rules == (LfsRule(".gitattributes", 2, "*.bin"),)
    assert content.submodules == (Submodule("modules/p", "../policies.git", 3),)
    assert content.large == (LargeFile("data/large.db", CONTENT_LIMIT + 1),)
    assert (content.files, content.omitted) == (len(FILES) + 3, None)
    assert 0 < content.stored < CONTENT_LIMIT, "the large file was left out"


def test_only_the_revision_asked_for_is_seen(served: tuple[str, Path], program: GitProgram) -> None:
    content = read_content(program, answered(served[0], "v1"), nobody)
    assert (content.files, content.links, content.large) == (1, (), ())


def test_a_server_that_leaves_nothing_out_is_read_all_the_same(served: tuple[str, Path], program: GitProgram) -> None:
    git("config", "uploadpack.allowFilter", "false", folder=served[1])
    content = read_content(program, answered(served[0], "main"), nobody)
    assert content.large == (LargeFile("data/large.db", CONTENT_LIMIT + 1),)
    assert len(content.links) == 5


def test_more_than_the_budget_ends_the_reading(server: GitServer, source: Path, program: GitProgram) -> None:
    (source / "noise").write_bytes(bytes((n * n) % 251 for n in range(70_000)) * 16)
    git("add", ".", folder=source)
    git("commit", "-q", "-m", "noise", folder=source)
    server.repositories["/acme/noise"] = [source / ".git"]
    with pytest.raises(FactFailureError, match="sends more than 0 MiB"):
        read_content(program, answered(f"{server.url}/acme/noise", "main"), nobody, budget=1)


def test_the_size_of_a_huge_file_is_learnt_without_fetching_it(
    server: GitServer, bare: Callable[[str], Path], program: GitProgram
) -> None:
    folder = bare("huge")
    entry = f"100644 blob {add_zeros(folder, HUGE)}\thuge.db\n"
    made = subprocess.run(["git", "mktree"], cwd=folder, input=entry, capture_output=True, text=True, check=True)
    commit = git("commit-tree", made.stdout.strip(), "-m", "huge", folder=folder)
    git("update-ref", "refs/heads/main", commit, folder=folder)
    git("config", "uploadpack.allowFilter", "true", folder=folder)
    server.repositories["/acme/huge"] = [folder]
    content = read_content(program, answered(f"{server.url}/acme/huge", "main"), nobody)
    assert content.large == (LargeFile("huge.db", HUGE),)
    assert content.stored < 100_000


def test_a_file_that_cannot_be_parsed_says_where(served: tuple[str, Path], program: GitProgram) -> None:
    [broken] = read_content(program, answered(served[0], "main"), nobody).unreadable
    assert isinstance(broken, Unreadable)
    assert "line" in broken.why
    assert broken.why.isprintable()


@pytest.mark.parametrize(("path", "revision"), [("/acme/config", "nowhere"), ("/acme/none", "main")])
def test_what_is_not_there_is_said(
    served: tuple[str, Path], server: GitServer, program: GitProgram, path: str, revision: str
) -> None:
    with pytest.raises(FactFailureError) as failure:
        read_content(program, answered(server.url + path, revision), nobody)
    assert failure.value.error.remedy


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\x30", 0),
        (b"\x3f", 15),
        (b"\xb5\x01x", 21),
        (b"\xb0\xb4\x89\x13rest", 5_000_000),
        (b"\xb0\xb4\x89", None),
        (b"\xb0", None),
        (b"", None),
        (b"\x95\x01", None),
        (b"\xe5\x01", None),
    ],
)
def test_the_size_stands_at_the_beginning_of_a_pack(head: bytes, size: int | None) -> None:
    """gitformat-pack(5): type and size, four bits of it in the first byte, seven in each that follows; a commit is no file."""
    assert object_size(b"PACK\0\0\0\x02\0\0\0\x01" + head) == size
    assert object_size(b"none") is None
