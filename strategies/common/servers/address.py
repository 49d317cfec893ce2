"""The address of a Git server as an operator types it, and clone URLs as the products want them. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from strategies.common.shown import shown
from strategies.facts import ServerInfo, ServerKind, Transport

_PORTS = {"https": 443, "ssh": 22}
_BITBUCKET_SSH_PORT = 7999
"""Bitbucket's SSH server listens there unless an administrator says otherwise (Atlassian, "Enable SSH access to Git")."""
_SCP = re.compile(r"^(?:(?P<user>[A-Za-z0-9._-]+)@)?(?P<host>[A-Za-z0-9._-]+):(?P<path>[^/\s][^\s]*)$")
_HOST = re.compile(r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*\.?$")
_CONTEXTS_MOST = 3


class AddressError(ValueError):
    """The text is no address that can be used; the message says why, in the operator's words."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """``scheme`` is ``https`` or ``ssh``; ``host`` in lower case; ``path`` as typed, without slashes at its ends."""

    scheme: str
    host: str
    port: int
    path: str = ""
    username: str = ""

    @property
    def authority(self) -> str:
        """Host and port as a URL has them: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}/{self.path}" if self.path else self.origin

    @property
    def contexts(self) -> tuple[str, ...]:
        """Context paths under which the product may live: none, then the first segments of the path, at most three in all.

        The segment ``scm`` is where Bitbucket's clone URLs begin, so what follows is no context path, nor is a repository.
        """
        segments = self.path.split("/") if self.path else []
        end = next((number for number, one in enumerate(segments) if one == "scm" or one.endswith(".git")), len(segments))
        segments = segments[:end]
        found = ["".join(f"/{one}" for one in segments[:length]) for length in range(len(segments) + 1)]
        return tuple(found[:_CONTEXTS_MOST])


def parse_address(text: str) -> ServerAddress:
    """The address in ``text``: ``https://HOST[:PORT][/PATH]``, ``ssh://[USER@]HOST[:PORT]/PATH`` or ``[USER@]HOST:PATH``.

    Raises AddressError; what is refused: plain HTTP, a password in the URL, a query, link-local and metadata addresses.
    """
    typed = text.strip()
    if "://" not in typed and (found := _SCP.match(typed)):
        return _checked("ssh", found["host"], 22, found["path"], found["user"] or "")
    try:
        url = urlsplit(typed if "://" in typed else f"https://{typed}")
        port = url.port
    except ValueError as error:
        raise AddressError(f"{shown(typed)} is no URL: {error}") from error
    if url.scheme == "http":
        raise AddressError("plain HTTP shows the token to everybody on the way: the server must be reached by HTTPS or SSH")
    if url.scheme not in _PORTS:
        raise AddressError(f"{shown(url.scheme)}:// is not supported: use https:// or ssh://")
    if url.password is not None or (url.scheme == "https" and url.username):
        raise AddressError("a user name or password does not belong into the URL: it is answered separately")
    if url.query or url.fragment:
        raise AddressError("the URL of a server has no ? and no #")
    return _checked(url.scheme, url.hostname or "", port or _PORTS[url.scheme], url.path, url.username or "")


def ssh_url(text: str) -> str:
    """A clone URL over SSH in the form ``ssh://``: where the port is 22, products show ``git@HOST:PATH``. Else as it is."""
    found = _SCP.match(text) if "://" not in text else None
    return f"ssh://{found['user'] or 'git'}@{found['host']}/{found['path']}" if found else text


def forbidden(host: str) -> bool:
    """Whether a host is an address at which no Git server can be, and which gives secrets away: link-local addresses, the
    metadata service of AWS among them (169.254.169.254 and fd00:ec2::254), multicast, and no address at all.
    """
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA


_METADATA = ipaddress.ip_network("fd00:ec2::/32")
"""Link services of EC2 over IPv6 (EC2 user guide, "Instance metadata")."""


def clone_url(server: ServerInfo, path: str, transport: Transport = Transport.HTTPS, ssh_port: int | None = None) -> str:
    """The URL by which Argo CD clones ``path`` (``group/name``, ``KEY/slug``), spelt as the server spells it.

    GitLab answers an HTTPS URL without ``.git`` with a redirect, which Argo CD does not follow
    (``docs/operator-manual/declarative-setup.md``); the others take the form with it as well. Bitbucket's repositories are
    under ``/scm`` by HTTPS, and its SSH port is 7999 unless it was changed. The context path is no part of SSH URLs.
    """
    spelt = quote(path.strip("/").removesuffix(".git"), safe="/~.-_")
    if transport is Transport.SSH:
        port = ssh_port or (_BITBUCKET_SSH_PORT if server.kind is ServerKind.BITBUCKET else 22)
        where = server.host if port == 22 else f"{server.host}:{port}"
        return f"ssh://git@{where}/{spelt}.git"
    below = "/scm" if server.kind is ServerKind.BITBUCKET else ""
    return f"{server.base_url}{below}/{spelt}" + ("" if server.kind is ServerKind.PLAIN else ".git")


def repository_path(address: ServerAddress, context_path: str = "") -> str:
    """The path of the repository that a clone URL names, without context path, ``scm`` and ``.git``; else empty."""
    path = f"/{address.path}" if address.path else ""
    if context_path and (path == context_path or path.startswith(f"{context_path}/")):
        path = path[len(context_path) :]
    path = unquote(path).strip("/").removesuffix(".git")
    return path.removeprefix("scm/")


def differs_in_case(asked: str, real: str) -> bool:
    """Whether two paths differ in nothing but capital letters: the server redirects, and Argo CD does not follow."""
    return asked != real and asked.lower() == real.lower()


def _checked(scheme: str, host: str, port: int, path: str, username: str) -> ServerAddress:
    name = host.lower().rstrip(".")
    if forbidden(name):
        raise AddressError(f"{shown(host)} is a link-local or metadata address: no Git server is there")
    if not name or not (_HOST.match(name) or _address(name)):
        raise AddressError(f"{shown(host) or 'the URL'} names no host")
    if not 0 < port < 65536:
        raise AddressError(f"{port} is no port")
    clean = "/".join(segment for segment in path.split("/") if segment)
    if any(not character.isprintable() or character == "\\" for character in clean) or ".." in clean.split("/"):
        raise AddressError(f"the path {shown(clean)} has characters that no repository has")
    return ServerAddress(scheme, name, port, clean, username)


def _address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
