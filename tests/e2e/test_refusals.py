"""Bad input of every kind: a clear error, exit code 2, and nothing touched."""

from __future__ import annotations

import pytest

from tests.e2e.program import SAMPLE, Program, calls

SAMPLE_TEXT = SAMPLE.read_text(encoding="utf-8") if SAMPLE.exists() else ""


def replaced(old: str, new: str) -> bytes:
    """The sample answers with one line changed."""
    assert old in SAMPLE_TEXT
    return SAMPLE_TEXT.replace(old, new, 1).encode()


def secret_missing() -> bytes:
    """The sample answers with a source password taken from a variable that is not set."""
    return replaced("  password: null", "  password: env:EZ_NOT_SET").replace(b"  username: null", b"  username: git")


BAD = {
    "typo": (lambda: replaced("  revision: main", "  revison: main"), ["revison", "did you mean", "revision"]),
    "two-faults": (
        lambda: replaced("  revision: main", "  revison: main").replace(b"strategy: codecommit", b"strategy: codecomit"),
        ["revison", "codecomit"],
    ),
    "wrong-type": (lambda: replaced("prune: false", "prune: 7"), ["prune"]),
    "missing-secret": (secret_missing, ["EZ_NOT_SET"]),
    "truncated": (lambda: SAMPLE_TEXT.encode()[: len(SAMPLE_TEXT) // 2] + b'\n  "', ["answers.yaml"]),
    "empty": (lambda: b"", ["empty"]),
    "binary": (lambda: bytes(range(256)) * 8, ["answers.yaml"]),
}


CASES = [
    # `check` tells a missing secret as a failed check.
    (name, command)
    for name in BAD
    for command in ("check", "plan", "apply")
    if (name, command) != ("missing-secret", "check")
]


@pytest.mark.parametrize(("name", "command"), CASES)
def test_bad_answers_are_refused_and_nothing_is_touched(name: str, command: str, looking: Program, shared_sandbox) -> None:  # type: ignore[no-untyped-def]
    make, words = BAD[name]
    content = make()
    file = looking.folder / "answers.yaml"
    file.write_bytes(content)
    before = len([c for c in calls(shared_sandbox.control) if c["mutating"]])
    arguments = ["--yes"] if command == "apply" else []
    result = looking.run(command, "-f", str(file), *arguments)
    said = result.out + result.err
    assert result.code == 2, said
    for word in words:
        assert word in said
    assert "Traceback" not in said
    assert file.read_bytes() == content
    assert [c for c in calls(shared_sandbox.control) if c["mutating"]][before:] == []


def test_faults_name_file_line_and_key(looking: Program) -> None:
    file = looking.folder / "answers.yaml"
    file.write_bytes(replaced("  revision: main", "  revison: main"))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "revison" in text)
    result = looking.run("plan", "-f", str(file))
    assert f"answers.yaml:{line}" in result.err
    assert "source.revison" in result.err


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_files_that_are_no_files(kind: str, looking: Program) -> None:
    path = looking.folder / "nothing" if kind == "missing" else looking.folder
    result = looking.run("plan", "-f", str(path))
    assert result.code == 2
    assert "Traceback" not in result.err


def test_without_a_terminal_missing_answers_are_listed(looking: Program) -> None:
    file = looking.folder / "part.yaml"
    file.write_text("apiVersion: ezgitops.dev/v1\nkind: Answers\nstrategy: codecommit\n")
    result = looking.run("apply", "-f", str(file), "--yes")
    assert result.code == 2
    assert "source.url" in result.err


def test_apply_without_a_terminal_wants_yes(looking: Program) -> None:
    result = looking.run("apply", "-f", str(SAMPLE))
    assert result.code == 2
    assert "--yes" in result.err


def test_the_wizard_without_a_terminal_says_what_to_run(looking: Program) -> None:
    result = looking.run()
    assert result.code == 2
    assert "apply -f" in result.err


def test_set_and_environment_override_the_file(looking: Program) -> None:
    result = looking.run("plan", "-f", str(SAMPLE), "--set", "codecommit.repository.name=another", "--output", "json")
    assert result.code == 0, result.err
    assert "another" in result.out
    wrong = looking.run("plan", "-f", str(SAMPLE), "--set", "codecommit.repository.nam=another")
    assert wrong.code == 2
    assert "did you mean" in wrong.err
