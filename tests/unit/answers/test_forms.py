"""What each text of the answers may look like: every form is seen to take and to refuse."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers import keys, schema
from wizard.answers.draft import Draft

GOOD = {
    "name": ["a", "prod-east", "a" * 30],
    "aws.region": ["us-east-2", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-iso-east-1"],
    "aws.account": ["012345678901"],
    "cluster.oidcIssuer": ["oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"],
    "source.url": ["https://github.com/acme/cluster-config.git", "https://git.corp.example:8443/scm/a/b"],
    "source.revision": ["main", "release/1.2", "v1.0", "HEAD", "3f2c9d1", "feature/a.b"],
    "source.path": [".", "clusters/prod-east", "./a", "a/..b"],
    "source.password": ["env:A_B", "file:/run/secrets/x", "prompt:", "prompt:Token of the bot", "aws-secretsmanager:a/b#token"],
    "codecommit.repository.name": ["a", "A.b_c-d", "x" * 100],
    "codecommit.credentials.path": ["/", "/platform/", "/a/b/"],
    "codecommit.mirror.subject": ["repo:acme/cluster-config:ref:refs/heads/main", "repo:acme@1/x@2:environment:prod"],
}
BAD = {
    "name": ["", "Prod", "1a", "a-", "a" * 31, "a\n", "a_b"],
    "aws.region": ["us-east-2a", "useast2", "US-EAST-2", "us-east-2\n"],
    "aws.account": ["1234", "12345678901x", "١٢٣٤٥٦٧٨٩٠١٢"],
    "cluster.oidcIssuer": ["https://oidc.os1.devshift.org/x"],
    "source.url": [
        "git@github.com:acme/x.git",
        "ssh://git@github.com/acme/x.git",
        "http://github.com/acme/x.git",
        "https://github.com",
        "https://github.com/",
        "https://u:p@github.com/a/b",
        "https://github.com/a/b?ref=x",
        "https://github.com/a/b#x",
        "https://github.com/a/../b",
        "https://github.com:99999/a/b",
        "https://-x.com/a",
        "https://[::1/a",
        "https://github.com/a b",
        "https://github.com/a;rm",
        "ext::sh -c id",
        "file:///etc/passwd",
        "--upload-pack=x",
    ],
    "source.revision": [
        "-x",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "/a",
        "a/",
        "a.lock",
        ".a",
        "@",
        "a@{1}",
        "refs/pull/1/head",
        "a\\b",
    ],
    "source.path": ["/etc", "../x", "a/../b", "a\\b", ""],
    "source.password": ["hunter2", "env:1A", "env:A B", "file:", "vault:x", "ENV:A"],
    "codecommit.repository.name": ["", "x.git", "a b", "x" * 101, "ü"],
    "codecommit.credentials.path": ["platform/", "/platform", "//a b/"],
    "codecommit.mirror.subject": ["repo:acme/*", "a b", "repo:acme/x:ref:refs/heads/?"],
}
CIDRS = {
    "10.0.0.0/16": True,
    "0.0.0.0/0": True,
    "10.0.0.5/16": False,
    "10.0.0.0": False,
    "300.0.0.0/8": False,
    "10.0.0.0/33": False,
}


def complaint(key: str, value: object) -> str | None:
    """What the draft says of one value."""
    draft = Draft()
    draft.set(key, value)  # type: ignore[arg-type]  # any value at all
    return next((f.message for f in draft.faults() if f.key.startswith(key)), None)


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, vs in GOOD.items() for v in vs])
def test_good_values_are_taken(key: str, value: str) -> None:
    assert complaint(key, value) is None


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, vs in BAD.items() for v in vs])
def test_bad_values_are_refused(key: str, value: str) -> None:
    said = complaint(key, value)
    assert said is not None
    assert "Input" not in said


@pytest.mark.parametrize(("value", "good"), CIDRS.items())
def test_networks_really_parse(value: str, good: bool) -> None:
    assert (complaint("cluster.machineCidrs", [value]) is None) is good


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("aws.region", "us-east-2a", "us-east-2"),
        ("source.url", "git@github.com:acme/x.git", "https://github.com/acme/x.git"),
        ("source.url", "https://u:p@github.com/a/b", "source.password"),
        ("source.revision", "refs/pull/1/head", "pull request"),
    ],
)
def test_a_complaint_says_what_to_write(key: str, value: str, words: str) -> None:
    assert words in (complaint(key, value) or "")


@given(st.sampled_from([k for k in keys.leaves() if k.type is keys.Type.TEXT]), st.text(max_size=40), st.text(max_size=5))
def test_no_text_takes_a_control_character(key: keys.Key, before: str, after: str) -> None:
    for character in ("\x00", "\n", "\x1b", "\x7f", "\x85", "\u2028", "\u202e"):
        assert complaint(key.path, before + character + after) is not None


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, vs in GOOD.items() for v in vs])
def test_the_schema_takes_what_the_model_takes(key: str, value: str) -> None:
    draft = Draft()
    draft.set(key, value)
    jsonschema.Draft202012Validator(schema.schema()).validate(draft.data())


@given(st.text(max_size=30))
def test_what_the_schema_refuses_the_model_refuses(text: str) -> None:
    validator = jsonschema.Draft202012Validator(schema.schema())
    for key in ("name", "aws.region", "source.url", "source.revision", "codecommit.repository.name"):
        draft = Draft()
        draft.set(key, text)
        if not validator.is_valid(draft.data()):
            assert draft.faults()
