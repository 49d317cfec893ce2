"""Git passwords: a known answer, and the same as botocore's own signer for anything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from strategies.codecommit import urls
from strategies.codecommit.sigv4 import AwsKeys, git_login, region_of

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def test_the_known_answer() -> None:
    url = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/cluster-config"
    username, password = git_login(url, KEYS, datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert username == "AKIDEXAMPLE"
    assert password == "20250102T030405Z2182d77b2f7f0b99fafd7bd154e95cb006086414d20a01c18fd62c186d3488db"


def test_temporary_credentials_carry_their_token_in_the_user_name() -> None:
    url = urls.clone_url("us-east-2", "x")
    username, _ = git_login(url, AwsKeys("ASIA", "s", "to/ken+="), datetime(2025, 1, 2, tzinfo=UTC))
    assert username == "ASIA%to/ken+="


def test_keys_show_no_secret() -> None:
    assert "wJalr" not in repr(KEYS)


class _GitSigner(SigV4Auth):
    """botocore's signer with the two things that are CodeCommit's own: no payload hash, no Z in the time that is signed."""

    def canonical_request(self, request: AWSRequest) -> str:
        """Method, path, host."""
        headers = self.canonical_headers(self.headers_to_sign(request))
        path = "/" + request.url.split("/", 3)[3]
        return f"GIT\n{path}\n\n{headers}\n\nhost\n"


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
    region=st.sampled_from(["us-east-2", "cn-north-1", "us-gov-west-1", "eu-central-1"]),
    name=st.from_regex(r"[A-Za-z0-9._-]{1,100}", fullmatch=True),
    fips=st.booleans(),
    now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_it_signs_as_botocore_does(secret: str, region: str, name: str, fips: bool, now: datetime) -> None:
    url = urls.clone_url(region, name, fips)
    request = AWSRequest(method="GIT", url=url, headers={"host": urls.git_host(region, fips)})
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%S")
    signer = _GitSigner(Credentials("AKID", secret), "codecommit", region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    _, password = git_login(url, AwsKeys("AKID", secret), now)
    assert password == f"{now:%Y%m%dT%H%M%S}Z{expected}"


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("git-codecommit.us-east-2.amazonaws.com", "us-east-2"),
        ("git-codecommit-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("git-codecommit.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_the_region_is_the_hosts(host: str, region: str) -> None:
    assert region_of(host) == region


@pytest.mark.parametrize("host", ["github.com", "git-codecommit.us-east-2.amazonaws.com.evil.example", ""])
def test_other_hosts_get_no_signature(host: str) -> None:
    with pytest.raises(ValueError, match="not a CodeCommit"):
        region_of(host)
