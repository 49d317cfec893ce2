"""The readers of a private Git server: what it is, whom it is believed by, and what it tells to the administrator's token.

They read where the private-server strategy is chosen and a URL is answered, and nothing otherwise. What does not apply to an
answer (host keys of an https:// URL, repositories without a token) is read as None at once, so that no check waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.common.servers.address import ServerAddress
from strategies.common.shown import shown
from strategies.facts import (
    SERVER,
    SERVER_ADDRESSES,
    SERVER_AUTHORITY,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_CREDENTIALS,
    SERVER_HOST_KEYS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
    SERVER_SIGNED_IN,
    Caller,
    FactError,
    ReadCredential,
    ServerAddresses,
    ServerAuthority,
    ServerInfo,
    ServerKind,
    ServerRepository,
    SshHostKeys,
    TrustChain,
    TrustFault,
)
from strategies.kinds import ServerAccess
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.private_server import in_effect, place
from strategies.resources.git.program import GitProgram
from strategies.resources.git.servers.api import ServerApi, Token
from strategies.resources.git.servers.authority import authority
from strategies.resources.git.servers.by_key import key_inputs, listed_by_key
from strategies.resources.git.servers.connect import completed, server_api
from strategies.resources.git.servers.dial import CONNECT_TIMEOUT, Dialer, Resolve, TalkError, resolve, said
from strategies.resources.git.servers.errors import Reason, ServerError
from strategies.resources.git.servers.http import HttpClient
from strategies.resources.git.servers.recognise import recognise
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.git.servers.tls import parse_certificates, read_chain
from strategies.resources.parallel import started

T = TypeVar("T")
Inputs: TypeAlias = Callable[[Situation], Hashable | None]

_TIMEOUT = 45.0
_ENDS_IT = (Reason.TOKEN_REFUSED, Reason.RIGHT_MISSING, Reason.NO_API, Reason.REDIRECTED)
"""Why a token is of no use here, now or at an apply; a server that does not answer may answer later, or elsewhere."""
_TRUST = "Look at privateServer.server.caFile or caFingerprint, and at the certificate that the server shows."
_WAY = "Look at the address, and whether this machine has a way to it; the cluster may have one."


def server_readers(
    environ: Mapping[str, str],
    resolve_secret: Callable[[Situation, str], str],
    clock: Callable[[], datetime],
    finder: Resolve = resolve,
) -> tuple[Reader, ...]:
    """One reader for each fact. ``resolve_secret`` finds the secret behind a reference and raises ResourceError."""
    eyes = _Eyes(environ, resolve_secret, clock, finder)
    seen: tuple[tuple[str, Inputs, Callable[[Situation], object]], ...] = (
        (SERVER.id, _seen_inputs, eyes.server),
        (SERVER_CHAIN.id, _trust_inputs, eyes.chain),
        (SERVER_AUTHORITY.id, _trust_inputs, eyes.authority),
        (SERVER_HOST_KEYS.id, in_effect.chosen, eyes.host_keys),
        (SERVER_ADDRESSES.id, in_effect.chosen, eyes.addresses),
    )
    signed_in: tuple[tuple[str, Inputs, Callable[[Situation], object]], ...] = (
        (SERVER_SIGNED_IN.id, _signed_in_inputs, eyes.signed_in),
        (SERVER_CALLER.id, _signed_in_inputs, eyes.caller),
        (SERVER_REPOSITORIES.id, _signed_in_inputs, eyes.repositories),
        (SERVER_REPOSITORY.id, _repository_inputs, eyes.repository),
        (SERVER_CREDENTIALS.id, _signed_in_inputs, eyes.credentials),
    )
    return (
        *(Reader(fact, inputs, read, timeout=_TIMEOUT) for fact, inputs, read in seen),
        *(Reader(fact, inputs, read, timeout=_TIMEOUT, patient=_asks) for fact, inputs, read in signed_in),
    )


def _seen_inputs(situation: Situation) -> Hashable | None:
    """What recognising depends on: nothing that is suggested from it, or it would be read again and again."""
    where, server = in_effect.chosen(situation), situation.answers.private_server.server
    return None if where is None else (where, server.ca_file, server.ca_fingerprint)


def _trust_inputs(situation: Situation) -> Hashable | None:
    """What the look at certificates depends on: also on where the API was found."""
    seen = _seen_inputs(situation)
    return None if seen is None else (seen, in_effect.web(situation), in_effect.web_is_known(situation))


def _signed_in_inputs(situation: Situation) -> Hashable | None:
    """What a look with the administrator's token depends on. Without one there is nothing to wait for."""
    where = in_effect.chosen(situation)
    if where is None:
        return None
    if situation.answers.private_server.server.admin_token is None:
        return (where,)
    # Product and base URL come from the look without a login, where they are not answered.
    if in_effect.kind(situation) is None and not situation.facts.known(SERVER.id):
        return None
    return (where, in_effect.access(situation))


def _repository_inputs(situation: Situation) -> Hashable | None:
    """The same, and what a look with Argo CD's own key depends on, where there is no token."""
    token, key = _signed_in_inputs(situation), key_inputs(situation)
    return None if token is None or key is None else (token, key)


def _asks(situation: Situation) -> bool:
    """Whether a human is asked for the token."""
    return (situation.answers.private_server.server.admin_token or "").startswith("prompt:")


class _Eyes:
    """Looks at the server in one environment. Nothing is kept."""

    def __init__(
        self,
        environ: Mapping[str, str],
        resolve_secret: Callable[[Situation, str], str],
        clock: Callable[[], datetime],
        finder: Resolve,
    ) -> None:
        self._environ = environ
        self._resolve_secret = resolve_secret
        self._clock = clock
        self._finder = finder
        self._dialer = Dialer(environ, finder)
        self._git = GitProgram(environ)

    def server(self, situation: Situation) -> ServerInfo:
        """What answers at the repository's URL, with the CA that the answers name."""
        where = _where(situation)
        ca = _read(lambda: self._ca(situation), _TRUST)
        return recognise(
            self._environ, situation.answers.private_server.repository.url or where.url, ca=ca, dialer=self._dialer
        )

    def chain(self, situation: Situation) -> TrustChain | None:
        """The certificates shown; with a CA in the answers, whether that one and no other believes them."""
        where = in_effect.web(situation)
        if where is None:
            return None
        try:
            ca = self._ca(situation)
        except TalkError:
            ca = None  # SERVER_AUTHORITY says why; the chain is shown all the same
        try:
            found = read_chain(self._dialer, self._environ, *where, ca, alone=ca is not None)
        except TalkError as error:
            if in_effect.web_is_known(situation):
                raise FactFailureError(FactError(error.why, _WAY)) from error
            return None  # over SSH there need not be a web side
        return None if found.fault is TrustFault.NO_TLS and not in_effect.web_is_known(situation) else found

    def authority(self, situation: Situation) -> ServerAuthority | None:
        """The CA that the answers name."""
        pem = _read(lambda: self._ca(situation), _TRUST)
        return None if pem is None else ServerAuthority(pem, parse_certificates(pem))

    def host_keys(self, situation: Situation) -> SshHostKeys | None:
        """The host keys, where Argo CD goes by SSH."""
        where = _where(situation)
        if where.scheme != "ssh":
            return None
        return _read(lambda: read_host_keys(self._environ, where.host, where.port, self._finder), _WAY)

    def addresses(self, situation: Situation) -> ServerAddresses:
        """What the name means to this machine. Behind a proxy it means nothing: the proxy looks it up."""
        where = _where(situation)
        if not self._dialer.direct(where.host):
            return ServerAddresses(where.host, why="this machine reaches it through a proxy, which looks the name up")
        try:
            found = started(lambda: self._finder(where.host, where.port)).result(timeout=CONNECT_TIMEOUT)
        except (OSError, UnicodeError) as error:
            return ServerAddresses(where.host, why=said(error))
        except FutureTimeoutError:
            return ServerAddresses(where.host, why=f"no answer within {CONNECT_TIMEOUT:.0f} s")
        return ServerAddresses(where.host, tuple(sorted({shown(str(one[3][0])) for one in found})))

    def signed_in(self, situation: Situation) -> ServerInfo | None:
        """What the server tells of itself to the token: version, state."""
        known = situation.facts.get(SERVER)
        api = self._api(situation)
        if api is None:
            return None
        about, named = _told(api.about), _named(situation)
        if known is not None and known.kind is ServerKind.PLAIN and about.version is not None:
            # It hides from strangers what it is; to the token its API answers.
            known = replace(known, kind=named.kind, base_url=named.base_url, signs=("its API answers the token",))
        return completed(known or named, about)

    def caller(self, situation: Situation) -> Caller | None:
        """Whose the token is. One that is refused is an answer as well; so is something else than the API."""
        try:
            api = self._bare_api(situation)
            return None if api is None else api.caller()
        except ServerError as error:
            if error.reason in _ENDS_IT:
                return Caller("", refused=_fact_error(error))
            raise FactFailureError(_fact_error(error)) from None
        except ResourceError as error:
            # Nothing was asked: only an apply that has something to make needs the token, and says so.
            raise FactFailureError(_fact_error(error)) from None

    def repositories(self, situation: Situation) -> tuple[ServerRepository, ...] | None:
        """What the server lists for the token."""
        api = self._api(situation)
        return None if api is None else _told(api.repositories)

    def repository(self, situation: Situation) -> ServerRepository | None:
        """The repository of the URL: by the API, else over SSH by what the key of the answers lists."""
        api, path = self._api(situation), self._path(situation)
        if api is None:
            return listed_by_key(self._git, self._resolve_secret, situation)
        return _told(lambda: api.repository(path)) if path else None

    def credentials(self, situation: Situation) -> tuple[ReadCredential, ...] | None:
        """The credentials of that repository; none where it is not there."""
        api, path = self._api(situation), self._path(situation)
        if api is None or not path:
            return None
        try:
            return api.credentials(path)
        except ServerError as error:
            if error.reason is Reason.NOT_FOUND:
                return ()
            raise FactFailureError(_fact_error(error)) from None

    def _path(self, situation: Situation) -> str:
        return place.path_below(situation.answers, in_effect.base_url(situation))

    def _ca(self, situation: Situation) -> str | None:
        server, where = situation.answers.private_server.server, in_effect.web(situation)
        host, port = where if where is not None else ("", 0)
        if where is None and server.ca_file is None:
            return None
        return authority(self._dialer, self._environ, host, port, ca_file=server.ca_file, ca_fingerprint=server.ca_fingerprint)

    def _api(self, situation: Situation) -> ServerApi | None:
        return _told(lambda: self._bare_api(situation))

    def _bare_api(self, situation: Situation) -> ServerApi | None:
        """Raises ServerError where the server cannot be talked to, ResourceError where the token is not to be found."""
        access = in_effect.access(situation)
        if access is None or access.token is None:
            return None
        token = Token(self._resolve_secret(situation, access.token), access.username)
        try:
            client = HttpClient(self._dialer, self._environ, self._ca(situation))
        except TalkError as error:
            raise ServerError("Cannot ask the server", error.why, _TRUST, Reason.UNTRUSTED) from error
        return server_api(_addressed(access), client, token, self._clock)


def _where(situation: Situation) -> ServerAddress:
    """The address; readers are asked only where there is one."""
    where = in_effect.chosen(situation)
    if where is None:
        raise FactFailureError(FactError("no repository URL is answered"))
    return where


def _named(situation: Situation) -> ServerInfo:
    access = in_effect.access(situation)
    if access is None:
        raise FactFailureError(FactError("no product is answered"))
    return _addressed(access)


def _addressed(access: ServerAccess) -> ServerInfo:
    parts = urlsplit(access.base_url)
    return ServerInfo(ServerKind(access.kind), access.base_url, parts.hostname or "", parts.port or 443, parts.path)


def _read(look: Callable[[], T], remedy: str) -> T:
    try:
        return look()
    except TalkError as error:
        raise FactFailureError(FactError(error.why, remedy)) from error


def _told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except ResourceError as error:
        # The cause is left out: what it says may be the server's own words.
        raise FactFailureError(_fact_error(error)) from None


def _fact_error(error: ResourceError) -> FactError:
    return FactError(f"{error.what}: {error.why}", error.remedy)
