"""The generated references are what the code says."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from wizard import reference
from wizard.answers import keys, schema


def test_the_committed_pages_are_what_the_code_says(repository_root: Path) -> None:
    assert reference.stale(repository_root / "docs") == []


def test_a_changed_or_missing_page_is_noticed_and_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main([str(tmp_path)]) == 0
    assert reference.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "answers.md").write_text("changed")
    assert reference.main(["--check", str(tmp_path)]) == 1
    assert "answers.md" in capsys.readouterr().err
    assert (tmp_path / "answers.md").read_text() == "changed"


def test_every_key_is_explained() -> None:
    page = reference.answers_page()
    for key in keys.leaves():
        assert f"| `{key.path}` |" in page
        assert key.meaning, key.path


def test_every_command_is_there() -> None:
    page = reference.commands_page()
    for command in ("check", "plan", "apply", "status", "mirror", "destroy", "schema", "sandbox"):
        assert f"## `ezgitops {command}`" in page
    assert "| 130 | INTERRUPTED |" in page


def test_the_schema_is_one_and_refuses_unknown_keys(repository_root: Path) -> None:
    made = schema.schema()
    jsonschema.Draft202012Validator.check_schema(made)
    validator = jsonschema.Draft202012Validator(made)
    whole = yaml.safe_load((repository_root / "docs" / "examples" / "answers-codecommit.yaml").read_text())
    validator.validate(whole)
    for broken in ({**whole, "nam": "x"}, {**whole, "aws": {**whole["aws"], "vpc_id": "x"}}, {"name": "prod-east"}):
        assert not validator.is_valid(broken)


def test_the_schema_has_no_titles_but_its_own_and_no_rst() -> None:
    text = schema.text()
    assert text.count('"title"') == 1
    assert "``" not in text
