"""Who gets in at the sandbox's GitHub and CodeCommit, and who does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.sandbox.conftest import GITHUB, NAME, URL, Hands

ROUND = 1_500_000


@pytest.fixture(scope="module")
def codecommit(hands: Hands, tmp_path_factory: pytest.TempPathFactory) -> Hands:
    """The module's sandbox with a mirrored repository."""
    hands.aws("codecommit").create_repository(repositoryName=NAME)
    hands.mirror(tmp_path_factory.mktemp("mirror") / "m")
    return hands


def test_github_shows_the_same_commits_every_time(hands: Hands) -> None:
    refs = hands.git("ls-remote", GITHUB).stdout.split()
    names = refs[1::2]
    assert sum(name.startswith("refs/heads/") for name in names) == 14
    assert sum(name.startswith("refs/tags/") and not name.endswith("^{}") for name in names) == 38
    assert "refs/pull/1/head" in names
    assert refs[names.index("refs/heads/main") * 2] == "c9d09a2527922fd19d8416c7402ae02166a5e4e8"


@pytest.mark.parametrize(
    ("url", "variables", "told"),
    [
        (GITHUB, {"GIT_SSL_CAINFO": "/etc/hosts"}, "certificate"),
        (GITHUB, {"HTTPS_PROXY": "http://127.0.0.1:9"}, "connect"),
        ("https://gitlab.com/acme/cluster-config.git", {}, "403"),
        ("https://github.com/acme/nothing.git", {}, "could not read Username"),
    ],
    ids=["missing CA", "no proxy", "not in this world", "unknown repository"],
)
def test_github_refuses(hands: Hands, url: str, variables: dict[str, str], told: str) -> None:
    done = hands.git("ls-remote", url, **variables)
    assert done.returncode != 0
    assert told in done.stderr


def test_github_takes_no_push(hands: Hands, tmp_path: Path) -> None:
    assert hands.git("clone", "-q", "--bare", GITHUB, str(tmp_path / "c")).returncode == 0
    done = hands.git("-C", str(tmp_path / "c"), "push", GITHUB, "main:refs/heads/mine", login=("someone", "guess"))
    assert done.returncode != 0
    assert "could not read Username" in done.stderr


def test_codecommit_lists_what_was_pushed_and_knows_the_default_branch(codecommit: Hands) -> None:
    names = codecommit.git("ls-remote", URL, login=codecommit.login()).stdout.split()[1::2]
    assert "refs/heads/staging" in names
    assert not any(name.startswith("refs/pull/") for name in names)
    assert codecommit.aws("codecommit").get_repository(repositoryName=NAME)["repositoryMetadata"]["defaultBranch"]


def test_a_large_push_arrives_in_chunks(codecommit: Hands, tmp_path: Path) -> None:
    work = tmp_path / "w"
    codecommit.git("init", "-q", "-b", "large", str(work))
    # More than http.postBuffer and not compressible, so git sends it chunked.
    (work / "blob").write_bytes(bytes((index * 2_654_435_761 >> 13) & 0xFF for index in range(ROUND)))
    codecommit.git("-C", str(work), "add", "blob")
    codecommit.git("-C", str(work), "-c", "user.name=t", "-c", "user.email=t@acme.example", "commit", "-q", "-m", "large")
    pushed = codecommit.git("-C", str(work), "push", URL, "large", login=codecommit.login(), GIT_TRACE_CURL="0")
    assert pushed.returncode == 0, pushed.stderr
    cloned = codecommit.git("clone", "-q", "-b", "large", URL, str(tmp_path / "again"), login=codecommit.login())
    assert cloned.returncode == 0, cloned.stderr
    assert (tmp_path / "again" / "blob").stat().st_size == ROUND


@pytest.mark.parametrize("signed", [URL, f"{URL}.git"])
def test_codecommit_has_no_url_that_ends_in_git(codecommit: Hands, signed: str) -> None:
    assert codecommit.git("ls-remote", f"{URL}.git", login=codecommit.login(signed)).returncode != 0


def test_codecommit_names_are_case_sensitive(codecommit: Hands) -> None:
    other = URL.replace(NAME, NAME.upper())
    assert codecommit.git("ls-remote", other, login=codecommit.login(other)).returncode != 0


def test_codecommit_asks_for_a_password(codecommit: Hands) -> None:
    assert "could not read Username" in codecommit.git("ls-remote", URL).stderr


@pytest.mark.parametrize("minutes", [-16, 16])
def test_codecommit_refuses_a_password_of_another_time(codecommit: Hands, minutes: int) -> None:
    login = codecommit.login(at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert "403" in codecommit.git("ls-remote", URL, login=login).stderr


@pytest.mark.parametrize("what", ["signature", "token", "key"])
def test_codecommit_refuses_a_forged_password(codecommit: Hands, what: str) -> None:
    user, password = codecommit.login()
    key, _, token = user.partition("%")
    forged = {
        "signature": (user, password[:-1] + ("0" if password[-1] != "0" else "1")),
        "token": (f"{key}%{token}x", password),
        "key": (f"AKIANOSUCHKEY00000%{token}", password),
    }[what]
    assert "403" in codecommit.git("ls-remote", URL, login=forged).stderr


def test_a_static_password_of_a_user_reads_what_its_policy_says_and_no_more(codecommit: Hands, tmp_path: Path) -> None:
    iam = codecommit.aws("iam")
    iam.create_user(UserName="reader")
    made = iam.create_service_specific_credential(UserName="reader", ServiceName="codecommit.amazonaws.com")
    credential = made["ServiceSpecificCredential"]
    login = (credential["ServiceUserName"], credential["ServicePassword"])
    assert "403" in codecommit.git("ls-remote", URL, login=login).stderr, "no policy yet"
    statement = {
        "Effect": "Allow",
        "Action": "codecommit:GitPull",
        "Resource": f"arn:aws:codecommit:us-east-2:123456789012:{NAME}",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="pull", PolicyDocument=document)
    assert codecommit.git("ls-remote", URL, login=login).returncode == 0
    assert "403" in codecommit.git("ls-remote", URL, login=(login[0], "wrong")).stderr
    assert codecommit.git("clone", "-q", "--bare", URL, str(tmp_path / "c"), login=login).returncode == 0
    assert "403" in codecommit.git("-C", str(tmp_path / "c"), "push", URL, "main:refs/heads/mine", login=login).stderr


def test_a_password_expires_on_the_sandbox_clock(codecommit: Hands) -> None:
    # Last in this file: the clock does not run back.
    login = codecommit.login()
    assert codecommit.git("ls-remote", URL, login=login).returncode == 0
    codecommit.control("/clock/advance", {"seconds": 16 * 60})
    assert "403" in codecommit.git("ls-remote", URL, login=login).stderr
    log = codecommit.control("/log")
    assert any("more than 15 minutes" in str(line) for line in log)  # type: ignore[attr-defined]
