"""What git's words mean (in the C locale) and what to do about it."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

from strategies.common.shown import shown
from strategies.facts import FactError
from strategies.ports import ResourceError
from strategies.resources.git.program import TOO_MUCH, GitError


class Trouble(StrEnum):
    """Why git failed."""

    MISSING_PROGRAM = "git is not installed"
    DENIED = "access is denied"
    FORBIDDEN = "the login has no right to it"
    NOT_FOUND = "there is no such repository"
    NAME = "the host name does not resolve"
    TLS = "the certificate is not trusted"
    HOST_KEY = "the SSH host key is not trusted"
    PROXY = "the proxy refuses"
    UNREACHABLE = "the host cannot be reached"
    PASSING = "the connection broke off"
    REJECTED = "references were rejected"
    ENDLESS = "the answer has no end"
    OTHER = "git failed"


_SIGNS: tuple[tuple[str, Trouble], ...] = (
    (r"git is not installed", Trouble.MISSING_PROGRAM),
    (re.escape(TOO_MUCH), Trouble.ENDLESS),
    (r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known for", Trouble.HOST_KEY),
    (r"Permission denied \((publickey|password|keyboard)", Trouble.DENIED),
    (r"CONNECT tunnel failed|from proxy after CONNECT|Could not resolve proxy|proxy", Trouble.PROXY),
    (r"SSL certificate problem|certificate verif|unable to get local issuer|SSL: no alternative certificate", Trouble.TLS),
    (r"Could not resolve host", Trouble.NAME),
    (r"remote rejected|\[rejected\]|pre-receive hook declined", Trouble.REJECTED),
    (r"returned error: (429|5\d\d)|early EOF|RPC failed|unexpected disconnect|hung up|reset by peer|recv error|empty reply",
     Trouble.PASSING),
    (r"returned error: 403", Trouble.FORBIDDEN),
    (r"Authentication failed|could not read (Username|Password)|returned error: 401|Invalid username or", Trouble.DENIED),
    (r"repository '.*' not found|returned error: 404|does not appear to be a git repository|does not exist", Trouble.NOT_FOUND),
    (r"repository not found|could not be found", Trouble.NOT_FOUND),
    (r"Failed to connect|timed out|Connection refused|Operation too slow|no end after|Network is unreachable|No route to host",
     Trouble.UNREACHABLE),
)  # fmt: skip


def trouble(error: GitError) -> Trouble:
    """The kind of failure, from git's words."""
    return next((kind for sign, kind in _SIGNS if re.search(sign, error.stderr, re.IGNORECASE)), Trouble.OTHER)


def explain(error: GitError, url: str, *, login: bool = False) -> FactError:
    """Why git failed at ``url``, and the way to mend it. ``login``: a user name and password were sent along.

    Hosts answer 401 alike for a private repository and one that does not exist, and 404 where a login may not see it.
    """
    host = urlsplit(url).hostname or url
    said = _last_words(error)
    match trouble(error):
        case Trouble.MISSING_PROGRAM:
            return FactError("git is not installed on this machine", "Install git 2.31 or newer.", "git --version")
        case Trouble.DENIED | Trouble.FORBIDDEN if "git-codecommit" in host:
            return FactError(
                f"{host} does not let these AWS credentials in: {said}",
                "They need codecommit:GitPull and codecommit:GitPush on the repository; this machine's clock must be right.",
            )
        case Trouble.DENIED if url.startswith("ssh://"):
            return FactError(f"{host} does not let this SSH key in", "Add its public half on the server, or name another key.")
        case Trouble.HOST_KEY:
            return FactError(
                f"the SSH host key of {host} is not trusted",
                "Compare its fingerprint with what the server's administrator publishes, then confirm it "
                "(privateServer.server.hostKeys) or put it into ~/.ssh/known_hosts.",
                f"ssh-keyscan -p {urlsplit(url).port or 22} {host} | ssh-keygen -lf -",
            )
        case Trouble.DENIED if login:
            return FactError(
                f"{host} does not accept the user name and password for {url}{_from_the_host(error)}",
                "Look at source.username and source.password: is the token whole, and has it not expired?",
            )
        case Trouble.DENIED:
            return FactError(
                f"{url} asks for a login, or there is no such repository{_from_the_host(error)}",
                "Look at the URL. For a private repository answer source.username and source.password (such as env:TOKEN).",
            )
        case Trouble.FORBIDDEN:
            return FactError(
                f"{host} refuses {url} to {'this login' if login else 'those without a login'}: {said}",
                "Give the token the right to read this repository; an organisation may ask for single sign-on besides."
                if login
                else "Answer source.username and source.password (such as env:TOKEN).",
            )
        case Trouble.NOT_FOUND if login:
            return FactError(
                f"there is no repository at {url}, or this login may not see it",
                "Look at the URL, letter by letter, and at the repositories that the token was made for.",
            )
        case Trouble.NOT_FOUND:
            return FactError(f"there is no repository at {url}", "Look at the URL: hosts compare it letter by letter.")
        case Trouble.NAME:
            return FactError(f"the name {host} does not resolve on this machine", "Look at the URL, at DNS and at HTTPS_PROXY.")
        case Trouble.TLS:
            return FactError(
                f"the certificate of {host} is not trusted: {said}",
                "Let SSL_CERT_FILE or GIT_SSL_CAINFO name a bundle that holds the CA.",
            )
        case Trouble.PROXY:
            return FactError(f"the proxy does not let {host} through: {said}", "Look at HTTPS_PROXY and NO_PROXY.")
        case Trouble.UNREACHABLE | Trouble.PASSING:
            return FactError(
                f"{host} does not answer as it should: {said}", "Look at the network, HTTPS_PROXY and NO_PROXY, then try again."
            )
        case Trouble.REJECTED:
            return FactError(f"{host} rejected references: {said}", "Look at the named reference in the source repository.")
        case Trouble.ENDLESS:
            return FactError(
                f"{host} answers git {error.command} with more than any repository holds",
                "Look at the URL: no usual Git host does.",
            )
        case Trouble.OTHER:
            return FactError(f"git {error.command} failed: {said}", "Run the same git command by hand to see more.")


def resource_error(what: str, error: GitError, url: str) -> ResourceError:
    """The same as a ResourceError; what passes by itself may be tried again."""
    said = explain(error, url)
    remedy = said.remedy if said.command is None else f"{said.remedy} ({said.command})"
    return ResourceError(what, said.message, remedy, retryable=trouble(error) in (Trouble.PASSING, Trouble.UNREACHABLE))


def _from_the_host(error: GitError) -> str:
    """What the host itself wrote, if it did: git's own words on a refused login are about terminals."""
    lines = [line.strip() for line in error.stderr.splitlines() if line.startswith("remote: ")]
    return f": {shown(lines[-1].removeprefix('remote: '), 300)}" if lines else ""


def _last_words(error: GitError) -> str:
    lines = [line.strip() for line in error.stderr.splitlines() if re.match(r"\s*(fatal|error|remote| ! )", line)]
    found = lines[-1] if lines else error.stderr.strip().splitlines()[-1:] or ["no reason given"]
    return shown(found if isinstance(found, str) else found[0], 300)
