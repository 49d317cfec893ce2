"""The whole configuration that Squid gets: CONNECT to port 443 of the listed hosts for the cluster's nodes, no more. Pure.

Directives: squid-cache.org, "Squid configuration directives"; all of them are in Squid 5 (RHEL 9, Amazon Linux 2023) and newer.
What the answers hold has been validated when it was read; it is validated again here, since each line of the text is obeyed.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FORMAT = 1
"""Version of what stands in the file; another one is another configuration."""
PORTS = range(1, 65536)
LOCALHOST = "127.0.0.1/32"
"""Always a client: who is on the machine has its way out without the proxy, so nothing is given away, and the proxy can be
tried from there - by whoever mends it, too - whatever address the machine has."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_INSTANCE = re.compile(_LABEL)
_LONGEST_HOST = 253
_MARKER = re.compile(rf"# ezgitops\.dev/squid instance=({_LABEL}) format=([0-9]{{1,9}})")

_INSIDE_4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "224.0.0.0/3",
)  # fmt: skip
_INSIDE_6 = ("::/127", "fc00::/7", "fe80::/10", "ff00::/8")
"""Where no host of the list may lead, whatever its name resolves to: this machine, private and link-local networks (instance
metadata: 169.254.169.254 and fd00:ec2::254), multicast (IANA special-purpose address registries, RFC 6890). Without this, who
owns the name of a listed host could point it at the network that the proxy stands in. ``to_linklocal`` is predefined only in
newer Squids, so it is not used."""

_REST = (
    "# What passes is encrypted from end to end: there is nothing to keep.",
    "cache deny all",
    "cache_mem 8 MB",
    "# Neither side learns of the other more than it must.",
    "via off",
    "forwarded_for delete",
    "httpd_suppress_version_string on",
    "visible_hostname ezgitops-proxy",
    "email_err_data off",
    "shutdown_lifetime 3 seconds",
    "# Time, client, method, host:port, status, what Squid did, bytes, milliseconds.",
    "logformat ezgitops %{%Y-%m-%dT%H:%M:%SZ}tg %>a %rm %>rd:%>rP %>Hs %Ss %<st %tr",
    "access_log stdio:/var/log/squid/access.log logformat=ezgitops",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a configuration of ours lets through: these hosts, for these networks (and the machine itself), at this port."""

    instance: str
    hosts: tuple[str, ...]
    clients: tuple[str, ...]
    port: int


def configuration(hosts: Iterable[str], client_cidrs: Iterable[str], port: int, instance: str) -> str:
    """The text of our file.

    ``hosts`` are whole names in lower case, ``client_cidrs`` IPv4 networks; both are sorted and merged, because Squid refuses
    what it is told twice. Raises ValueError for what the answers' model would refuse.
    """
    names = sorted({_host(one) for one in hosts})
    clients = _merged((LOCALHOST, *client_cidrs))
    if port not in PORTS:
        raise ValueError(f"no port: {port!r}")
    if not _INSTANCE.fullmatch(instance):
        raise ValueError(f"no name of an instance: {instance!r}")
    lines = [
        f"# ezgitops.dev/squid instance={instance} format={FORMAT}",
        "# Written by ezgitops. What is changed here is undone by the next apply.",
        f"http_port {port}",
        "",
        *(f"acl clients src {one}" for one in clients),
        "acl tunnel method CONNECT",
        "acl https_port port 443",
        # -n: an address in the place of a name is not looked up backwards, where its owner could call it anything.
        *(f"acl allowed dstdomain -n {name}" for name in names),
        f"acl inside dst {' '.join(_INSIDE_4)}",
        f"acl inside dst {' '.join(_INSIDE_6)}",
        "",
        "http_access deny !clients",
        "http_access deny !tunnel",
        "http_access deny !https_port",
        *(("http_access deny !allowed", "http_access deny inside", "http_access allow allowed") if names else ()),
        "http_access deny all",
        "",
        *_REST,
    ]
    return "\n".join(lines) + "\n"


def digest(text: str) -> str:
    """SHA-256 of a configuration, in hexadecimal, as ``sha256sum`` prints it."""
    return hashlib.sha256(text.encode()).hexdigest()


def asked_by(text: str) -> Asked | None:
    """What a configuration of ours asks for; None when it is not one. Whatever else stands in it is not taken up."""
    lines = text.splitlines()
    marker = _MARKER.fullmatch(lines[0]) if lines else None
    if marker is None:
        return None
    ports = [int(one) for one in _values(lines, "http_port ") if re.fullmatch("[0-9]{1,5}", one)]
    return Asked(
        instance=marker[1],
        hosts=tuple(one for one in _values(lines, "acl allowed dstdomain -n ") if _is_host(one)),
        clients=tuple(one for one in _values(lines, "acl clients src ") if one != LOCALHOST and _is_network(one)),
        port=ports[0] if ports else 0,
    )


def _values(lines: Iterable[str], start: str) -> Iterator[str]:
    return (line.removeprefix(start) for line in lines if line.startswith(start))


def _host(text: str) -> str:
    if not _is_host(text):
        raise ValueError(f"no host name that can be allowed: {text!r}")
    return text


def _is_host(text: str) -> bool:
    return len(text) <= _LONGEST_HOST and _HOST.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)


def _is_network(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Network(text)) == text
    except ValueError:
        return False


def _merged(cidrs: Iterable[str]) -> tuple[str, ...]:
    found = []
    for one in cidrs:
        if not _is_network(one):
            raise ValueError(f"no IPv4 network: {one!r}")
        found.append(ipaddress.IPv4Network(one))
    return tuple(str(one) for one in ipaddress.collapse_addresses(found))
