"""Loading: what is wrong is said at once, with file, line and key, and a file is only ever read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.answers.texts import HEAD, faults
from wizard.answers import document
from wizard.answers.faults import AnswersError, Fault

MARKER = "s3cr3t-M4rker-value-9f2c"
TOKEN = "ghp_" + "a1B2" * 9


def one(text: str) -> Fault:
    """The only fault of the text."""
    [fault] = faults(text)
    return fault


def test_every_fault_is_told_with_line_key_and_suggestion() -> None:
    found = faults(HEAD + "source:\n  revison: main\n  path: 7\nstrategy: codecomit\n")
    assert [(f.line, f.key, f.suggestion) for f in found] == [
        (4, "source.revison", "revision"),
        (5, "source.path", None),
        (6, "strategy", "codecommit"),
    ]
    assert all(f.file == "answers.yaml" for f in found)
    assert str(found[0]) == "answers.yaml:4: source.revison is not a key of the answers; did you mean revision?"


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("aws: {vpc_id: vpc-0a1b2c3d}\n", "aws.vpc_id", "vpcId"),
        ("region: us-east-2\n", "region", "aws.region"),
        ("aws: {url: x}\n", "aws.url", "source.url"),
        ("syncPolicy: {prune: true}\n", "syncPolicy", "application.syncPolicy"),
        ("xyzzy: 1\n", "xyzzy", None),
    ],
)
def test_an_unknown_key_is_answered_with_the_one_that_was_meant(text: str, key: str, suggestion: str | None) -> None:
    fault = one(HEAD + text)
    assert (fault.key, fault.suggestion) == (key, suggestion)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("aws: {account: 123456789012}\n", "aws.account", "put it in quotes"),
        ("source: {revision: 2026-01-02}\n", "source.revision", "put it in quotes"),
        ("source: {revision: 2026-02-31}\n", "source.revision", "put it in quotes"),
        ("source: {revision: on}\n", "source.revision", "put it in quotes"),
        ("application: {syncPolicy: {prune: 7}}\n", "application.syncPolicy.prune", "true or false"),
        ('application: {syncPolicy: {prune: "true"}}\n', "application.syncPolicy.prune", "true or false"),
        ("aws: {subnetIds: subnet-0aaaaaaa}\n", "aws.subnetIds", "a list"),
        ("aws: {subnetIds: [subnet-0aaaaaaa, 7]}\n", "aws.subnetIds[1]", "not a number"),
        ("aws: [a]\n", "aws", "a section"),
        ("aws: null\n", "aws", "a section"),
        ("aws:\n  region:\n", "aws.region", "cut off"),
        ("name: a\nname: b\n", "name", "on line 2"),
        ("aws: &a\n  profile: *a\n", "aws.profile", "itself"),
        ("name: !!python/name:os.system x\n", "name", "tag"),
        ("aws:\n  <<: {region: us-east-2}\n", "aws", "<<"),
        ("1: a\n", "", "not text"),
        ('name: "a\\nb"\n', "name", "control character"),
        ("kind: Pod\n", "kind", "Answers"),
    ],
)
def test_values_of_the_wrong_kind(text: str, key: str, words: str) -> None:
    fault = one("apiVersion: ezgitops.dev/v1\n" + text)
    assert fault.key == key
    assert words in fault.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n  \n", "empty"),
        ("# only a comment\n", "empty"),
        ("- a\n", "keys and values"),
        ("just text\n", "keys and values"),
        ("name: 'a\n", "cut off"),
        ("name: {a: b\n", "bracket"),
        ("aws:\n\tregion: x\n", "tab"),
        ("a: b: c\n", "colon"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("[" * 5000, "deeper"),
        ("name: a\x07\n", "control character"),
        ("x: *nothing\n", "alias"),
        ("aws:\n    a: b\n  c: d\n", "indented"),
    ],
)
def test_text_that_is_no_answers_file(text: str, words: str) -> None:
    fault = faults(text)[0]
    assert fault.key == ""
    assert words in fault.message


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (bytes(range(256)), "binary"),
        (b"\x89PNG\r\n\x1a\n\xff", "UTF-8"),
        ("name: a\n".encode("utf-16"), "UTF-16"),
        (b"#" * (1024 * 1024 + 1), "1024 KiB"),
    ],
)
def test_bytes_that_are_no_text(raw: bytes, words: str) -> None:
    with pytest.raises(AnswersError) as raised:
        document.loads(raw, "answers.yaml")
    [fault] = raised.value.faults
    assert words in fault.message


def test_aliases_that_stand_for_gigabytes_are_refused_at_once() -> None:
    layers = "".join(f"{chr(c)}: &{chr(c)} [{', '.join([f'*{chr(c - 1)}'] * 9)}]\n" for c in range(98, 111))
    fault = one(f"a: &a [x, x, x, x, x, x, x, x, x]\n{layers}")
    assert "far more values" in fault.message


def test_a_few_aliases_are_fine() -> None:
    text = HEAD + 'aws: {account: &account "123456789012"}\napplication: {name: *account}\n'
    assert document.loads(text.encode(), "a").draft().answers().application.name == "123456789012"


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "missing"), ("ezgitops.dev/v2", "newer"), ("ezgitops.dev/v1beta9", "newer"), ("v1", "it reads"), ("7", "it reads")],
)
def test_versions_that_cannot_be_read(version: str | None, words: str) -> None:
    text = "name: prod-east\n" if version is None else f"apiVersion: {version}\nname: prod-east\n"
    fault = one(text)
    assert fault.key == "apiVersion"
    assert words in fault.message
    assert "ezgitops.dev/v1" in fault.message


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    raw = b"\xef\xbb\xbf" + (HEAD + "name: prod-east\n").replace("\n", "\r\n").encode()
    assert document.loads(raw, "a").draft().answers().name == "prod-east"


@pytest.mark.parametrize("kind", ["missing", "folder", "unreadable", "nul"])
def test_places_without_a_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("a\0b" if kind == "nul" else "answers.yaml")
    if kind == "folder":
        path.mkdir()
    if kind == "unreadable":
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        path.write_text(HEAD)
        path.chmod(0)
    with pytest.raises(AnswersError) as raised:
        document.load(path)
    assert len(raised.value.faults) == 1


def test_the_file_is_only_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(HEAD + "name: prod-east\n")
    path.chmod(0o400)
    before = path.stat()
    document.load(path)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ino, before.st_size) == (after.st_mtime_ns, after.st_ino, after.st_size)
    assert [p.name for p in tmp_path.iterdir()] == ["answers.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        f"source: {{username: bot, password: {MARKER}}}\n",
        f"source: {{username: bot, password: [{MARKER}]}}\n",
        f"source: {{username: bot, password: {TOKEN}}}\n",
        f'source: {{username: bot, password: "prompt:{TOKEN}"}}\n',
        f'source: {{username: bot, password: "prompt:{MARKER * 3}"}}\n',
        f"source: {{url: 'https://bot:{MARKER}@github.com/acme/x.git'}}\n",
        f"source: {{url: 'https://{TOKEN}@github.com/acme/x.git'}}\n",
        f"name: {TOKEN}\n",
        f"strategy: {TOKEN}\n",
        f"{TOKEN}: 1\n",
        f"aws: {{profile: {TOKEN}}}\n",
        f"source: {{username: bot, password: 'env:{MARKER}'}}\n",
        f"source: {{password: {MARKER}: x}}\n",
        f"source: {{password: '{MARKER}\n",
    ],
)
def test_no_fault_repeats_a_secret(text: str) -> None:
    found = faults(HEAD + text)
    assert found
    said = "\n".join(map(str, found))
    assert MARKER not in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("source: {username: bot}\n", "source.password"),
        ("aws: {subnetIds: [subnet-0aaaaaaa, subnet-0aaaaaaa]}\n", "aws.subnetIds[1]"),
        ("aws: {subnetIds: []}\n", "aws.subnetIds"),
        ("cluster: {machineCidrs: [10.0.0.0/16, 10.0.0.0/16]}\n", "cluster.machineCidrs[1]"),
        (
            "aws: {account: '123456789012'}\ncodecommit: {credentials: {permissionsBoundary: 'arn:aws:iam::21:policy/B'}}\n",
            "codecommit.credentials.permissionsBoundary",
        ),
        (
            "aws: {region: us-gov-west-1}\ncodecommit: {credentials: {permissionsBoundary: 'arn:aws:iam::aws:policy/B'}}\n",
            "codecommit.credentials.permissionsBoundary",
        ),
        (
            "codecommit: {credentials: {permissionsBoundary: 'arn:aws:iam::123456789012:role/B'}}\n",
            "codecommit.credentials.permissionsBoundary",
        ),
        (
            "aws: {region: us-east-2}\ncodecommit: {repository: {kmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/1'}}\n",
            "codecommit.repository.kmsKeyId",
        ),
    ],
)
def test_answers_that_contradict_each_other(text: str, key: str) -> None:
    assert one(HEAD + text).key == key


def test_the_section_of_another_strategy_is_a_fault() -> None:
    text = "apiVersion: ezgitops.dev/v1\nkind: Answers\nstrategy: private-server\ncodecommit:\n  secretName: repo\n"
    with pytest.raises(AnswersError) as caught:
        document.loads(text.encode(), "a.yaml")
    [fault] = caught.value.faults
    assert (fault.key, fault.line) == ("codecommit", 4)
    assert "strategy is private-server" in str(fault)


def test_a_section_before_any_strategy_is_chosen_is_none() -> None:
    text = "apiVersion: ezgitops.dev/v1\nkind: Answers\ncodecommit:\n  secretName: repo\n"
    assert document.loads(text.encode(), "a.yaml").draft().get("codecommit.secretName") == "repo"
