"""What a server's refusals mean, in the operator's words, and what to do about them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strategies.base import Json
from strategies.common.servers.judge import GITEA_SIGN_IN
from strategies.common.shown import shown
from strategies.facts import ServerKind
from strategies.ports import ResourceError
from strategies.resources.git.servers.dial import TalkError, Trouble
from strategies.resources.git.servers.http import HttpAnswer

_WHY_MOST = 300


class Reason(StrEnum):
    """Why a server did not do what it was asked."""

    TOKEN_REFUSED = "token-refused"
    RIGHT_MISSING = "right-missing"
    NOT_FOUND = "not-found"
    """Or hidden: servers do not tell one from the other."""
    EXISTS = "exists"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    TOO_MANY = "too-many"
    REDIRECTED = "redirected"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    NO_API = "no-api"
    """Something else than the product's API answered."""
    OTHER = "other"


class ServerError(ResourceError):
    """A ResourceError with the reason as a word. No token is ever part of it."""

    def __init__(self, what: str, why: str, remedy: str, reason: Reason) -> None:
        retryable = reason in (Reason.UNAVAILABLE, Reason.TOO_MANY, Reason.UNREACHABLE)
        super().__init__(what, why, remedy, retryable=retryable)
        self.reason = reason


class RefusedError(Exception):
    """An answer that is no success; translated where it is known what was asked."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Complaints:
    """Translates for one server. ``secret`` is the token: a server may quote it, and then it is taken out."""

    kind: ServerKind
    host: str
    secret: str = field(repr=False, default="")

    @contextlib.contextmanager
    def about(self, what: str, needs: str = "") -> Iterator[None]:
        """Raise what goes wrong inside as ServerError. ``what`` was tried; ``needs`` is the right or scope that it takes."""
        try:
            yield
        except RefusedError as error:
            # The cause is left out: tracebacks show the request, and the request holds the token.
            raise self.refused(what, needs, error.answer) from None
        except TalkError as error:
            raise self._unspoken(what, error) from None

    def refused(self, what: str, needs: str, answer: HttpAnswer) -> ServerError:
        """What an answer that is no success means."""
        said = self._clean(said_in(answer))
        told = f"{self.host} answers {answer.status}" + (f": {said}" if said else "")
        need = f" It takes {needs}." if needs else ""
        match answer.status:
            case 401 if _without_right(answer):
                return ServerError(what, told, f"Give the token's owner the right.{need}", Reason.RIGHT_MISSING)
            case 401 | 403 if answer.status == 401 or said.startswith(GITEA_SIGN_IN):
                remedy = f"Make a new token and look whether it is whole: this one is refused, expired or revoked.{need}"
                return ServerError(what, told, remedy, Reason.TOKEN_REFUSED)
            case 403 if _read_only(said):
                return ServerError(what, told, "Wait until the server's maintenance is over.", Reason.UNAVAILABLE)
            case 403:
                told += self._clean(_scopes(answer))
                return ServerError(what, told, f"Make a token with more rights.{need}", Reason.RIGHT_MISSING)
            case 404:
                remedy = f"Look at the spelling: it does not exist, or this token may not see it.{need}"
                return ServerError(what, told, remedy, Reason.NOT_FOUND)
            case 409:
                return ServerError(what, told, "Use what is there, or choose another name.", Reason.EXISTS)
            case 400 | 422 if re.search(r"already (exists|been taken|in use)|has already", said, re.IGNORECASE):
                return ServerError(what, told, "Use what is there, or choose another name.", Reason.EXISTS)
            case 400 | 422:
                return ServerError(
                    what, told, "Look at the names that were answered, and at the server's rules.", Reason.INVALID
                )
            case 429:
                wait = self._clean(answer.headers.get("retry-after", ""))
                remedy = f"Try again in {wait} s." if wait.isdigit() else "Try again in a few minutes."
                return ServerError(what, told, remedy, Reason.TOO_MANY)
            case status if 300 <= status < 400:
                where = self._clean(answer.location or "another address")
                remedy = (
                    "Look at the address of the API (privateServer.server.baseUrl): nothing is followed, and no token sent on."
                )
                return ServerError(what, f"{self.host} sends to {where}", remedy, Reason.REDIRECTED)
            case status if status >= 500:
                remedy = "Wait until the server runs again: it starts, is under maintenance, or is overloaded."
                return ServerError(what, told, remedy, Reason.UNAVAILABLE)
            case _:
                return ServerError(what, told, "Look at the server's own log.", Reason.OTHER)

    def odd(self, what: str, why: str) -> ServerError:
        """An answer that is a success and not what the product's API promises."""
        remedy = f"Look whether {self.kind.product} really answers at this address, and not something before it."
        return ServerError(what, f"{self.host}: {self._clean(why)}", remedy, Reason.NO_API)

    def _unspoken(self, what: str, error: TalkError) -> ServerError:
        why = f"{self.host}: {self._clean(error.why)}"
        if error.trouble is Trouble.TLS:
            return ServerError(what, why, "Supply the CA that signed the server's certificate.", Reason.UNTRUSTED)
        if error.trouble in (Trouble.CONTENT, Trouble.TOO_MUCH, Trouble.PROTOCOL):
            remedy = f"Something else than {self.kind.product} answers, a login page perhaps: let its API through."
            return ServerError(what, why, remedy, Reason.NO_API)
        if error.trouble is Trouble.REDIRECT:
            return ServerError(what, why, "Look at the server's own address in its settings.", Reason.REDIRECTED)
        return ServerError(what, why, "Look at the network, HTTPS_PROXY and NO_PROXY, then try again.", Reason.UNREACHABLE)

    def _clean(self, text: str) -> str:
        return shown(text.replace(self.secret, "***") if self.secret else text, _WHY_MOST)


def said_in(answer: HttpAnswer) -> str:
    """What the server says went wrong, from the places where these products put it; empty where it is no JSON."""
    if not answer.declares_json:
        return ""
    try:
        found = answer.json()
    except TalkError:
        return ""
    if not isinstance(found, Mapping):
        return ""
    errors = found.get("errors")
    if isinstance(errors, list):
        texts = [_flat(one.get("message") if isinstance(one, Mapping) else one) for one in errors[:3]]
        detail = "; ".join(text for text in texts if text)
    else:
        detail = ""
    main = [_flat(found.get(key)) for key in ("message", "error_description", "error")]
    head = next((text for text in main if text), "")
    return f"{head} ({detail})" if head and detail else head or detail


def _flat(value: Json) -> str:
    """GitLab's ``message`` may be text, a list, or lists by the name of a field."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_flat(one)}" for key, one in list(value.items())[:5])
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in value[:5])
    return ""


def _without_right(answer: HttpAnswer) -> bool:
    """Bitbucket answers 401 also to a token that is good and has no right (REST reference, "Errors")."""
    return "com.atlassian.bitbucket.AuthorisationException" in answer.text


def _read_only(said: str) -> bool:
    """GitLab in maintenance mode (docs.gitlab.com/administration/maintenance_mode): writing is refused, reading is not."""
    return "read-only" in said or "maintenance" in said.lower()


def _scopes(answer: HttpAnswer) -> str:
    """GitHub says which scopes would do and which the token has (REST reference, "Scopes for OAuth apps")."""
    wanted, has = answer.headers.get("x-accepted-oauth-scopes", ""), answer.headers.get("x-oauth-scopes", "")
    return f" (one of the scopes {wanted} is needed; the token has {has or 'none'})" if wanted else ""
