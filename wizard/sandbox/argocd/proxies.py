"""Which proxy Argo CD and its children use for a URL.

argo-cd ``util/proxy/proxy.go``: the ``proxy`` and ``noProxy`` of a repository's Secret, where it names a proxy; else what is in
the repo-server's environment. What ``noProxy`` means differs: golang.org/x/net/http/httpproxy for what is asked in process and
by helm, curl(1) for git.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import unquote, urlsplit

_VARIABLES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """What decides for one repository: its Secret's ``proxy`` and ``no_proxy``, and the repo-server's ``environ``."""

    proxy: str
    no_proxy: str
    environ: Mapping[str, str]

    def in_process(self, host: str, port: int) -> str:
        """The proxy for an HTTPS request that Argo CD makes itself; empty for none."""
        if self.proxy:
            chosen, without = self.proxy, self.no_proxy
        else:
            chosen, without = (_first(self.environ, name.upper(), name) for name in ("https_proxy", "no_proxy"))
        return "" if go_goes_past(host, port, without) else chosen

    def of_git(self, host: str) -> str:
        """The proxy for an HTTPS request of the git program; empty for none. curl looks at the small letters first."""
        environ = self.children()
        chosen = _first(environ, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        return "" if curl_goes_past(host, _first(environ, "no_proxy", "NO_PROXY")) else chosen

    def children(self) -> dict[str, str]:
        """The environment of a child: with a proxy in the Secret, its three variables in the place of all others."""
        if not self.proxy:
            return dict(self.environ)
        kept = {name: value for name, value in self.environ.items() if not name.lower().startswith(_VARIABLES)}
        return kept | {"http_proxy": self.proxy, "https_proxy": self.proxy, "no_proxy": self.no_proxy}


def place(proxy: str) -> tuple[str, int]:
    """Host and port of a proxy's URL. One without a scheme is taken for an HTTP proxy, as Go and curl do; port 80 is usual."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname or "", parts.port or 80


def login(proxy: str) -> tuple[str, str] | None:
    """User name and password in a proxy's URL, decoded."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))


def go_goes_past(host: str, port: int, no_proxy: str) -> bool:
    """What ``noProxy`` means to Go: separated by commas alone, ``.name`` below a name only, ports and networks count.

    Loopback never goes through a proxy.
    """
    host = host.lower().strip("[]").rstrip(".")
    address = _address(host)
    if host in {"", "localhost"} or (address is not None and address.is_loopback):
        return True
    return any(_go_holds(entry.strip().lower(), host, port) for entry in no_proxy.split(",") if entry.strip())


def _go_holds(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        try:
            return address is not None and address in ip_network(entry, strict=False)
        except ValueError:
            return False
    name, _, wanted = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if wanted and wanted != str(port):
        return False
    name = name.strip("[]")
    if _address(name) is not None:
        return name == host
    if address is not None:
        return False
    name = name.removeprefix("*") if name.startswith("*.") else name
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def curl_goes_past(host: str, no_proxy: str) -> bool:
    """What ``no_proxy`` means to curl: separated by commas or spaces, a name with or without a dot and all below it, no ports.

    ``*`` counts alone only. Networks count since curl 7.86, which is newer than that of the repo-server's image.
    """
    host = host.lower().strip("[]").rstrip(".")
    if no_proxy.strip() == "*":
        return True
    entries = [entry.strip("[]").strip(".").lower() for entry in no_proxy.replace(",", " ").split()]
    if _address(host) is not None:
        return host in entries
    return any(host == entry or host.endswith(f".{entry}") for entry in entries if entry)


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
