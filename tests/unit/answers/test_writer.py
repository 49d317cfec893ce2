"""What is written is what is read back, whole, private, and never in the place of something foreign."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from strategies.answers import BRANCHES, Answers
from wizard.answers import document, keys, schema, writer
from wizard.answers.draft import Draft
from wizard.answers.faults import AnswersError

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "answers-codecommit.yaml"


def example() -> Answers:
    """The answers of the committed example."""
    return document.load(EXAMPLE).draft().answers()


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    """Valid answers with any keys set."""
    strategy = draw(st.sampled_from(sorted(BRANCHES)))
    draft = Draft({"strategy": strategy})
    for key in keys.leaves():
        other = key.path.partition(".")[0] in set(BRANCHES.values()) - {BRANCHES[strategy]}
        if other or key.path in {"apiVersion", "kind", "strategy"} or draw(st.booleans()):
            continue
        if key.type is keys.Type.YES_NO:
            draft.set(key.path, draw(st.booleans()))
        elif key.type is keys.Type.CHOICE:
            draft.set(key.path, draw(st.sampled_from(key.choices)))
        elif key.form is not None:
            text = draw(st.from_regex(key.form.pattern, fullmatch=True))
            draft.set(key.path, [text] if key.type is keys.Type.LIST else text)
    return draft.answers()


@given(answers())
def test_reading_what_was_written_gives_the_same_answers(given_answers: Answers) -> None:
    if Draft(given_answers.model_dump(mode="json", by_alias=True)).faults():
        return  # two of the drawn values contradict each other
    text = writer.dump(given_answers, file_name="answers.yaml")
    assert document.loads(text.encode(), "answers.yaml").draft().answers() == given_answers


@given(answers())
def test_every_effective_value_is_written(given_answers: Answers) -> None:
    written = yaml.safe_load(writer.dump(given_answers, file_name="answers.yaml"))
    whole = given_answers.model_dump(mode="json", by_alias=True)
    unchosen = {branch for strategy, branch in BRANCHES.items() if strategy != given_answers.strategy}
    assert written == {key: value for key, value in whole.items() if key not in unchosen}


def test_only_the_chosen_branch_is_written() -> None:
    text = writer.dump(Draft({"strategy": "private-server"}).answers(), file_name="a.yaml")
    assert "codecommit" not in yaml.safe_load(text)


@pytest.mark.parametrize(
    "text", ["012345678901", "123456789012", "1e3", "0x1f", "on", "null", "~", "3.14", "2026-01-02", "- a", "a: b", "#x"]
)
def test_texts_that_look_like_something_else_are_quoted(text: str) -> None:
    description = Answers().model_copy(
        update={
            "strategy": "codecommit",
            "codecommit": Draft({"codecommit": {"repository": {"description": text}}}).answers().codecommit,
        }
    )
    [line] = [one for one in writer.dump(description, file_name="a").splitlines() if "description:" in one]
    assert yaml.safe_load(line) == {"description": text}
    assert line.strip()[len("description: ")] in "'\""


def test_a_file_cut_off_anywhere_is_refused() -> None:
    raw = writer.dump(example(), file_name="a.yaml").encode()
    after_lines = [place + 1 for place, byte in enumerate(raw) if byte == ord("\n")]
    for length in sorted({*range(0, len(raw) - 1, 7), *after_lines[:-1], *range(len(raw) - 40, len(raw) - 1)}):
        with pytest.raises(AnswersError):
            document.loads(raw[:length], "a.yaml")


def test_the_header_says_how_to_replay() -> None:
    text = writer.dump(example(), file_name="my answers\n.yaml")
    assert "#   ezgitops apply -f 'my answers?.yaml' --yes\n" in text
    assert text.startswith("# yaml-language-server: $schema=answers.schema.json\n")


def test_written_private_whole_and_without_leftovers(tmp_path: Path) -> None:
    path = tmp_path / "prod-east.ezgitops.yaml"
    writer.write(path, example())
    writer.write(path, example().model_copy(update={"name": "other"}))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert document.load(path).draft().answers().name == "other"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ["foreign", "link", "dangling", "folder", "no-folder"])
def test_foreign_things_are_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    target = tmp_path / "target"
    if kind == "foreign":
        path.write_text("mine: true\n")
    elif kind == "link":
        target.write_text("mine")
        path.symlink_to(target)
    elif kind == "dangling":
        path.symlink_to(target)
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "nowhere" / "a.yaml"
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(AnswersError) as raised:
        writer.write(path, example())
    assert len(raised.value.faults) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    if kind == "foreign":
        assert path.read_text() == "mine: true\n"
    if kind == "link":
        assert target.read_text() == "mine"


def test_the_example_is_what_the_program_would_write() -> None:
    text = EXAMPLE.read_text()
    name = "docs/examples/answers-codecommit.yaml"
    assert text == writer.dump(example(), file_name=name, schema=f"../{schema.FILE_NAME}")
    assert example().strategy == "codecommit"
