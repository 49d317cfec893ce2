"""What the bastion proxy's answers refuse, in words that say what to do."""

from __future__ import annotations

import pytest

from strategies import forms


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("socks5://10.1.1.10:1080", "SOCKS"),
        ("https://10.1.1.10:3128", "over TLS"),
        ("10.1.1.10:3128", "must be the URL"),
        ("http://user:secret@10.1.1.10:3128", "holds credentials"),
        ("http://10.1.1.10", "must end with a port"),
        ("http://10.1.1.10:99999", "port"),
        ("http://10.1.1.10:3128/x", "must end with the port"),
        ("http://a..b:3128", "host name"),
        ("http://[::1", "can be read"),
    ],
)
def test_what_is_no_proxy_url(text: str, said: str) -> None:
    assert said in (forms.proxy_url(text) or "")
    assert "secret" not in (forms.proxy_url(text) or "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://github.com", "is a URL"),
        (".github.io", "everything below"),
        ("*.github.io", "everything below"),
        ("github.com:443", "has a port"),
        ("10.0.0.1", "is an address"),
        ("localhost", "inside the network"),
        ("ip-10-0-0-1.ec2.internal", "inside the network"),
    ],
)
def test_what_is_no_host_to_be_allowed(text: str, said: str) -> None:
    assert said in (forms.allowed_host(text) or "")


def test_what_is_good_passes() -> None:
    assert forms.proxy_url("http://10.1.1.10:3128") is None
    assert forms.allowed_host("acme.github.io") is None
    assert forms.helm_url("https://acme.github.io/charts") is None
    assert forms.helm_url("https://charts.example.com") is None


@pytest.mark.parametrize(
    "text", ["oci://ghcr.io/acme", "http://charts.example.com", "https://u:p@charts.example.com", "https://[x"]
)
def test_what_is_no_helm_repository(text: str) -> None:
    assert forms.helm_url(text) is not None
