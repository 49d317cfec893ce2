"""What is read from this machine: the disk for the mirror, the proxy variables."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from strategies.facts import Proxy
from strategies.resources.proxies import read_proxies
from strategies.resources.workstation import read_space


def test_the_space_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    found = read_space(tmp_path / "cache" / "mirrors")
    assert (found.folder, found.problem) == (str(tmp_path / "cache" / "mirrors"), None)
    assert found.free > 0
    assert list(tmp_path.iterdir()) == [], "looking leaves no trace"


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    assert read_space(tmp_path / "cache" / "mirrors").problem == f"{tmp_path}/cache is no folder"


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    bound = os.geteuid() != 0  # permissions do not bind root
    assert read_space(tmp_path / "mirrors").problem == (f"{tmp_path} cannot be written to" if bound else None)


@pytest.fixture
def proxy() -> Iterator[str]:
    """The address of something that takes up connections."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_without_variables_there_is_nothing() -> None:
    found = read_proxies({"PATH": "/bin", "https_proxy": "", "HTTPS_PROXY": ""})
    assert (found.https, found.exempt, found.http_only, found.differing) == (None, (), False, ())


def test_a_proxy_that_answers_is_told_without_its_password(proxy: str) -> None:
    found = read_proxies(
        {"HTTPS_PROXY": f"http://user:marker-secret@{proxy}/path", "NO_PROXY": "localhost,.example.com 10.0.0.1"}
    )
    assert found.https == Proxy("HTTPS_PROXY", f"http://{proxy}")
    assert found.exempt == ("localhost", ".example.com", "10.0.0.1")


def test_a_proxy_without_a_scheme_is_an_http_one(proxy: str) -> None:
    assert read_proxies({"ALL_PROXY": proxy}).https == Proxy("ALL_PROXY", f"http://{proxy}")


def test_the_lower_case_wins_and_a_difference_is_told(proxy: str) -> None:
    found = read_proxies({"https_proxy": proxy, "HTTPS_PROXY": "http://other:1", "no_proxy": "a", "NO_PROXY": "a"})
    assert found.https == Proxy("https_proxy", f"http://{proxy}")
    assert found.differing == ("HTTPS_PROXY",)


def test_an_aws_endpoint_of_ones_own_is_told() -> None:
    assert read_proxies({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}).aws_host == "127.0.0.1"
    assert read_proxies({"AWS_ENDPOINT_URL": "http://[::"}).aws_host is None


def test_plain_http_alone_is_told() -> None:
    assert read_proxies({"HTTP_PROXY": "http://proxy:3128"}).http_only


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("http://[::", "it is no URL"),
        ("http://proxy:port", "it is no URL"),
        ("http://:3128", "it names no host"),
        ("http://a b:1", "it names no host"),
        ("socks5://127.0.0.1:1080", "the AWS SDK knows no proxies of the scheme socks5"),
    ],
)
def test_what_names_no_proxy_is_told_without_the_value(value: str, problem: str) -> None:
    found = read_proxies({"HTTPS_PROXY": value}).https
    assert found is not None
    assert found.problem == problem


def test_a_proxy_that_is_not_there_is_told(proxy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    found = read_proxies({"HTTPS_PROXY": f"http://user:marker-secret@127.0.0.1:{port}"}).https
    assert found is not None
    assert found.url == f"http://127.0.0.1:{port}"
    assert (found.problem or "").startswith("it does not answer")
    assert "marker" not in repr(found)
