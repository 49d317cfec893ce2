"""The proxy variables of the environment, and whether the proxy that they name answers.

Names and their order are those of curl, which git uses (curl(1), "Environment"), and of Python's urllib, which boto3 uses:
the spelling in lower case wins.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from strategies.common.shown import shown
from strategies.facts import Proxy, ProxySettings

PROXY_TIMEOUT = 5.0
"""Seconds in which a proxy must take up a connection."""

_HTTPS = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_SPELT_TWICE = ("https_proxy", "no_proxy")
_PORTS = {"http": 80, "https": 443}


def read_proxies(environ: Mapping[str, str]) -> ProxySettings:
    """What the variables say. One connection is made to the proxy, and nothing is sent."""
    variable = next((name for name in _HTTPS if environ.get(name)), None)
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    differing = tuple(
        name.upper()
        for name in _SPELT_TWICE
        if name in environ and name.upper() in environ and environ[name] != environ[name.upper()]
    )
    return ProxySettings(
        None if variable is None else _proxy(variable, environ[variable]),
        tuple(shown(entry) for entry in exempt.replace(",", " ").split()),
        http_only=variable is None and bool(environ.get("http_proxy") or environ.get("HTTP_PROXY")),
        differing=differing,
        aws_host=_host(environ.get("AWS_ENDPOINT_URL", "")),
    )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _proxy(variable: str, value: str) -> Proxy:
    try:
        url = urlsplit(value if "://" in value else f"http://{value}")
        host, usual = url.hostname, _PORTS.get(url.scheme)
        port = url.port or usual
    except ValueError:
        return Proxy(variable, "(not shown)", "it is no URL")
    if host is None or not host.isprintable() or " " in host:
        return Proxy(variable, "(not shown)", "it names no host")
    told = _told(url, host)
    if usual is None or port is None:
        return Proxy(variable, told, f"the AWS SDK knows no proxies of the scheme {shown(url.scheme)}")
    try:
        socket.create_connection((host, port), timeout=PROXY_TIMEOUT).close()
    except OSError as error:
        return Proxy(variable, told, f"it does not answer: {error.strerror or error}")
    return Proxy(variable, told)


def _told(url: SplitResult, host: str) -> str:
    """The URL without user name and password, path and query."""
    where = f"[{host}]" if ":" in host else host
    return shown(f"{url.scheme}://{where}{f':{url.port}' if url.port is not None else ''}")
