"""Opens the API of the server that a resource names, for as long as it is used.

The administrator's token is looked up each time an API is opened, and kept by nobody afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Final, TypeVar
from urllib.parse import urlsplit

from strategies.base import Json
from strategies.common.shown import shown
from strategies.facts import ServerInfo, ServerKind, SshHostKeys
from strategies.kinds import ServerAccess
from strategies.ports import Execution, ResourceError
from strategies.resources.git.servers.api import ServerApi, Token
from strategies.resources.git.servers.authority import authority
from strategies.resources.git.servers.connect import server_api
from strategies.resources.git.servers.dial import Dialer, TalkError
from strategies.resources.git.servers.errors import Reason, ServerError
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.git.servers.tls import read_chain

UNSEEN: Final = "unseen"
"""The field of an ``Observed`` that says why the server was not asked."""
STAYS: Final = "stays"
"""The field of an ``Observed`` that says why it cannot be removed from here, and how it is removed by hand."""
ANSWERED: Final = "answered"
"""The field of an ``Observed`` that was looked for because of the answers, and not found by a mark."""
_ENDED = "the administrator's token that was made with it has ended, as it should"


T = TypeVar("T")
_NO_USE = (Reason.TOKEN_REFUSED, Reason.RIGHT_MISSING)


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a server that a mark names is not asked, and what would help."""

    why: str
    remedy: str


class NoTokenError(ResourceError):
    """There is no administrator's token: none was answered, or what was answered leads to none. The server was not asked."""


class ServerDesk:
    """``resolve`` gives the secret behind a reference and raises ResourceError; ``answered`` is the server of the answers.

    ``new_token`` has a server that is ours put a new administrator's token into its secret; ``scan`` reads the keys that a host
    shows at an SSH port, and raises TalkError.

    Every method raises ResourceError.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        resolve: Callable[[str], str],
        clock: Callable[[], datetime],
        *,
        answered: ServerAccess | None = None,
        new_token: Callable[[Execution], None] | None = None,
        dialer: Dialer | None = None,
        scan: Callable[[str, int], SshHostKeys] | None = None,
    ) -> None:
        self._environ = environ
        self._resolve = resolve
        self._clock = clock
        self._answered = answered
        self._new_token = new_token
        self._renewing = Lock()
        self._dialer = dialer or Dialer(environ)
        self._scan = scan or partial(read_host_keys, environ)

    def api(self, access: ServerAccess) -> ServerApi:
        """The server's API, with the administrator's token. Raises NoTokenError where a server of ours does not take it now."""
        token = self.token(access)
        made = server_api(server_info(access), HttpClient(self._dialer, self._environ, self.ca(access)), token, self._clock)
        if access.ours:
            try:
                made.caller()
            except ServerError as error:
                if error.reason is not Reason.TOKEN_REFUSED:
                    raise
                raise NoTokenError(error.what, _ENDED, "Apply what has to be changed: that makes a new one.") from None
        return made

    def working_api(self, access: ServerAccess, run: Execution) -> ServerApi:
        """The same, to change something: a server of ours makes a new token where the one that is kept does not serve."""
        try:
            return self.api(access)
        except NoTokenError:
            if not access.ours or self._new_token is None:
                raise
        # Several may need it at once, and the first has it made for all.
        with self._renewing:
            try:
                return self.api(access)
            except NoTokenError:
                self._new_token(run)
            return self.api(access)

    def token(self, access: ServerAccess) -> Token:
        """The administrator's token. Raises NoTokenError."""
        if access.token is None:
            raise NoTokenError(
                f"Cannot ask {access.base_url or 'the server'}", "no administrator's token was answered",
                "Answer privateServer.server.adminToken, such as env:NAME.",
            )  # fmt: skip
        return Token(self.secret(access.token), access.username)

    def secret(self, reference: str) -> str:
        """The secret behind the reference of an administrator's login. Raises NoTokenError."""
        try:
            return self._resolve(reference)
        except ResourceError as error:
            raise NoTokenError(error.what, error.why, error.remedy) from None

    def ca(self, access: ServerAccess) -> str | None:
        """The CA that the answers name for the server, in PEM; None where the CAs of this machine decide."""
        where = urlsplit(access.base_url)
        try:
            return authority(
                self._dialer, self._environ, where.hostname or "", where.port or 443,
                ca_file=access.ca_file, ca_fingerprint=access.ca_fingerprint,
            )  # fmt: skip
        except TalkError as error:
            raise ResourceError(
                f"Cannot trust {access.base_url}", error.why,
                "Look at privateServer.server.caFile and caFingerprint, and at who answers at this address.",
            ) from error  # fmt: skip

    def shown_certificate(self, host: str, port: int, fingerprint: str) -> str:
        """The certificate with this fingerprint among those that the server shows, in PEM."""
        what = f"Cannot take the certificate {fingerprint[:23]}... from {host}"
        try:
            found = read_chain(self._dialer, self._environ, host, port).by_fingerprint(fingerprint)
        except TalkError as error:
            raise ResourceError(what, error.why, "Look at the network, or name the CA's file instead.") from error
        if found is None:
            raise ResourceError(
                what, "it shows no such certificate any more",
                "Somebody else may answer there now, or the CA was changed: look at the chain, then confirm it anew.",
            )  # fmt: skip
        return found.pem

    def known_hosts(self, access: ServerAccess, url: str) -> str | None:
        """The confirmed ones of the host keys that the server of an SSH URL shows, as lines of sshd(8).

        None where none is confirmed.
        """
        if not access.host_keys:
            return None
        where = urlsplit(url)
        host = where.hostname or ""
        what = f"Cannot trust {shown(host)} over SSH"
        try:
            found = self._scan(host, where.port or 22)
        except TalkError as error:
            raise ResourceError(what, error.why, "Look at the network, VPN or firewall between this machine and it.") from error
        confirmed = tuple(one for one in found.keys if one.fingerprint in access.host_keys)
        if not confirmed:
            seen = ", ".join(f"{one.type} {one.fingerprint}" for one in found.keys)
            raise ResourceError(
                what, f"it shows other host keys than those confirmed: {seen}",
                "Somebody else may answer there now, or its keys were changed: compare them, then answer "
                "privateServer.server.hostKeys anew.",
            )  # fmt: skip
        return replace(found, keys=confirmed).known_hosts

    def goes_along(self, url: str) -> bool:
        """Whether the server of a mark is the one that is ours: what is on it stays on its data volume, or goes with that."""
        return self._answered is not None and self._answered.ours and self._answered.base_url == url

    def at_hand(self, kind: str, url: str) -> ServerAccess | Absent:
        """How a server that a mark names is reached with what was answered: Absent where that was for another server, and where
        its token is not to be found.

        A mark may have been written by anybody who may change the Secret: a token never goes to an address that it alone says.
        """
        answered = self._answered
        if answered is None or answered.token is None or answered.base_url != url:
            return _NOT_ANSWERED
        try:
            if answered.ours:
                self.api(answered)
            else:
                self.secret(answered.token)
        except NoTokenError as error:
            return Absent(error.why, error.remedy)
        return answered if answered.kind != ServerKind.PLAIN else replace(answered, kind=kind)

    def try_api(self, kind: str, url: str) -> ServerApi | Absent:
        """The API of a server that a mark names; Absent as above. Raises only for a CA and the server."""
        access = self.at_hand(kind, url)
        return access if isinstance(access, Absent) else self.api(access)

    def ask(self, kind: str, url: str, question: Callable[[ServerApi], T]) -> T | Absent:
        """What such a server answers; Absent too where it refuses the token, and where it is ours and does not answer: nothing
        else waits for a server that goes away itself.
        """
        try:
            api = self.try_api(kind, url)
            return api if isinstance(api, Absent) else question(api)
        except ResourceError as error:
            refused = isinstance(error, ServerError) and error.reason in _NO_USE
            if not refused and not self.goes_along(url):
                raise
            return Absent(error.why, error.remedy)


def server_info(access: ServerAccess) -> ServerInfo:
    """The server as the answers name it, unseen."""
    where = urlsplit(access.base_url)
    try:
        kind = ServerKind(access.kind)
    except ValueError:
        kind = ServerKind.PLAIN
    return ServerInfo(kind, access.base_url, where.hostname or "", where.port or 443, where.path.rstrip("/"))


def not_asked(why: Json) -> str:
    """How it is told that something was taken as it was left."""
    return f"the server was not asked: {why}"


def removal_by_hand(url: str, what: str, absent: Absent, command: str) -> str:
    """What is said where something stays on a server because it is not asked: why, and every way to have it removed."""
    return f"{what} stays on {url}: {absent.why}. {absent.remedy} Or remove it there{f': {command}' if command else ''}"


_NOT_ANSWERED = Absent(
    "no administrator's token for that server is at hand",
    "Destroy with the answers file (-f FILE), or with --set privateServer.server.baseUrl=URL "
    "--set privateServer.server.adminToken=env:NAME.",
)
