"""From the answers to the probes to what the server is. Pure: the same judgement for a look from here and one from a pod."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from strategies.base import Json
from strategies.common.servers.address import ServerAddress
from strategies.common.servers.probes import Probe, ProbeAnswer, Sign
from strategies.common.servers.support import support
from strategies.common.shown import shown
from strategies.facts import CloneAnswer, ServerInfo, ServerKind, Unlearnt

ADVERTISEMENT = "application/x-git-upload-pack-advertisement"
"""The media type of a smart Git server's first answer (gitprotocol-http(5), "Smart Server Response")."""

_BITBUCKET_STATES = {
    "STARTING": False, "STOPPING": False, "FIRST_RUN": False, "RUNNING": True, "MAINTENANCE": False, "ERROR": False,
}  # fmt: skip
"""State -> whether repositories can be cloned (Atlassian KB 975014635)."""
_VERSION = re.compile(r"v?\d+(\.\d+){0,3}([-+~.][0-9A-Za-z.+-]{1,60})?")
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]{0,30})(?=\s|$|,)")

Answers = Mapping[Sign, ProbeAnswer]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one product's signs say. ``certain`` from 1 (a hint) to 3 (it says its own name)."""

    kind: ServerKind
    certain: int
    sign: str
    version: str | None = None
    edition: str = ""
    state: str = ""
    ready: bool | None = None
    unlearnt: tuple[Unlearnt, ...] = ()


def judge(address: ServerAddress, answers: Sequence[tuple[Probe, ProbeAnswer]]) -> ServerInfo | None:
    """The server behind the answers; None where nothing but errors came back, so that nothing can be said.

    Where several context paths answer, the surest finding counts, then the shortest path.
    """
    contexts: dict[str, dict[Sign, ProbeAnswer]] = {}
    clone: CloneAnswer | None = None
    for probe, answer in answers:
        if probe.sign is Sign.CLONE:
            clone = clone_answer(address.url, answer)
        else:
            contexts.setdefault(probe.context, {})[probe.sign] = answer
    found = [
        (finding, context)
        for context, given in contexts.items()
        for product in _PRODUCTS
        if (finding := product(given)) is not None
    ]
    if found:
        finding, context = min(found, key=lambda one: (-one[0].certain, len(one[1])))
        return _info(address, context, finding, clone)
    if not any(answer.status is not None for _probe, answer in answers):
        return None
    sure = clone is not None and clone.git
    plain = Finding(ServerKind.PLAIN, 3 if sure else 1, "it answers as the Git protocol prescribes" if sure else "no known API")
    return _info(address, "", plain, clone)


def clone_answer(url: str, answer: ProbeAnswer) -> CloneAnswer:
    """The first answer to ``git clone``: 200 with the advertisement, or 401 with a challenge, speak for a Git server."""
    schemes = tuple(_SCHEME.findall(answer.headers.get("www-authenticate", "")))
    advertised = answer.status == 200 and answer.media_type == ADVERTISEMENT
    location = answer.headers.get("location") if answer.status in (301, 302, 303, 307, 308) else None
    redirect = None if location is None else shown(location.removesuffix(Sign.CLONE.value), 300)
    renamed = location is not None and location.endswith(Sign.CLONE.value)
    return CloneAnswer(url, answer.status, advertised or (answer.status == 401 and bool(schemes)), schemes, redirect, renamed)


def _info(address: ServerAddress, context: str, finding: Finding, clone: CloneAnswer | None) -> ServerInfo:
    https = address.scheme == "https"
    port, origin = (address.port, address.origin) if https else (443, f"https://{address.host}")
    until = support(finding.kind, finding.version)
    unlearnt = list(finding.unlearnt)
    if until is None and finding.version is not None and finding.kind is not ServerKind.PLAIN:
        unlearnt.append(Unlearnt("end of support", f"the maker's calendar says nothing of {finding.version}"))
    return ServerInfo(
        finding.kind, origin + context, address.host, port, context, sure=finding.certain > 1, version=finding.version,
        edition=finding.edition, state=finding.state, ready=finding.ready, support_ends=until.ends if until else None,
        support_source=until.source if until else "", clone=clone, signs=(finding.sign,), unlearnt=tuple(unlearnt),
    )  # fmt: skip


def _gitlab(given: Answers) -> Finding | None:
    """Without a token the version is not told: 401 shows that the API is alive (GitLab "Version API")."""
    version, sign_in = _answer(given, Sign.GITLAB_VERSION), _answer(given, Sign.GITLAB_SIGN_IN)
    health = _answer(given, Sign.GITLAB_READINESS)
    ready: bool | None = None
    state = ""
    if health.status == 200 and (word := _text(health.json.get("status"))):
        state, ready = word, word == "ok"
    elif version.status in (502, 503):
        state, ready = str(version.status), False
    told = _version(version.json) if version.status == 200 else None
    why = "it tells its version only to a token" if version.status == 401 else f"{Sign.GITLAB_VERSION} answers {version.status}"
    unlearnt = () if told else (Unlearnt("version", why),)
    if told and "revision" in version.json:
        return Finding(ServerKind.GITLAB, 3, f"{Sign.GITLAB_VERSION} tells its version", told, "", state, ready)
    marked = next((one for one in (version, sign_in, health) if "x-gitlab-meta" in one.headers), None)
    if marked is not None:
        return Finding(ServerKind.GITLAB, 3, "header X-Gitlab-Meta", told, "", state, ready, unlearnt)
    if version.status == 401 and version.json.get("message") == "401 Unauthorized":
        return Finding(ServerKind.GITLAB, 2, f"{Sign.GITLAB_VERSION} asks for a token", None, "", state, ready, unlearnt)
    if "GitLab" in sign_in.body and sign_in.status in (200, 502, 503):
        return Finding(ServerKind.GITLAB, 1, "its sign-in page names GitLab", None, "", state, ready, unlearnt)
    return None


def _bitbucket(given: Answers) -> Finding | None:
    """While it starts, only ``/status`` answers, and Jira and Confluence have the same: a hint, no proof."""
    status, properties = _answer(given, Sign.BITBUCKET_STATUS), _answer(given, Sign.BITBUCKET_PROPERTIES)
    state = _text(status.json.get("state"))
    ready = _BITBUCKET_STATES.get(state)
    if properties.status == 200 and _text(properties.json.get("displayName")) == "Bitbucket":
        told = _version(properties.json)
        edition = "Server or Data Center" if told and re.match(r"v?[0-7]\.", told) else ""
        return Finding(
            ServerKind.BITBUCKET, 3, "application-properties name Bitbucket", told, edition, state, ready,
            () if state else (Unlearnt("state", f"/status answers {status.status}"),),
        )  # fmt: skip
    if state in _BITBUCKET_STATES:
        why = f"application-properties answer {properties.status or properties.error}"
        return Finding(
            ServerKind.BITBUCKET, 1, f"/status says {state}, as Atlassian's servers do", None, "", state, ready,
            (Unlearnt("version", why),),
        )  # fmt: skip
    return None


GITEA_SIGN_IN = "Only signed in user is allowed to call APIs"
"""What Gitea and Forgejo answer to strangers, and to a token that they do not know (``routers/api/v1/api.go``, ``apiAuth``)."""


def _gitea(given: Answers) -> Finding | None:
    """Forgejo's versions end in that of the Gitea whose API it has: ``11.0.1+gitea-1.22.0`` (Forgejo "Release management").

    With REQUIRE_SIGNIN_VIEW it tells strangers nothing, in words of its own; before 1.17 its health neither.
    """
    version, health = _answer(given, Sign.GITEA_VERSION), _answer(given, Sign.GITEA_HEALTH)
    forgejo = _answer(given, Sign.FORGEJO_VERSION)
    word = _text(health.json.get("status"))
    alive = word in ("pass", "warn", "fail") and isinstance(health.json.get("checks"), Mapping)
    state, ready = (word, word != "fail") if alive else ("", None)
    own = _version(forgejo.json) if forgejo.status == 200 else None
    told = own or (_version(version.json) if version.status == 200 else None)
    kind = ServerKind.FORGEJO if own or (told and "+gitea-" in told) else ServerKind.GITEA
    if told:
        return Finding(kind, 3 if alive else 2, f"{Sign.GITEA_VERSION} tells its version", told, "", state, ready)
    strangers = version.status == 403 and _text(version.json.get("message")).startswith(GITEA_SIGN_IN)
    if alive or strangers:
        closed = "it tells its version only to those who signed in" if version.status in (401, 403) else "it tells no version"
        left = (Unlearnt("version", closed), Unlearnt("product", "Gitea or Forgejo: only the version tells them apart"))
        sign = f"{Sign.GITEA_HEALTH if alive else Sign.GITEA_VERSION} answers as Gitea's does"
        return Finding(ServerKind.GITEA, 2, sign, None, "", state, ready, left)
    return None


def _ghes(given: Answers) -> Finding | None:
    """In private mode it tells nothing to strangers ("Must authenticate to access this API."), but for its header."""
    meta, status = _answer(given, Sign.GHES_META), _answer(given, Sign.BITBUCKET_STATUS)
    header = meta.headers.get("x-github-enterprise-version", "")
    named = header if _VERSION.fullmatch(header) else None
    told = _text(meta.json.get("installed_version")) if meta.status == 200 else ""
    version = told if _VERSION.fullmatch(told) else named
    lives = "GitHub lives" in status.body[:200]
    ready = False if meta.status == 503 or status.status == 503 else True if lives else None
    state = "503" if ready is False else ""
    why = "it is in private mode, and tells its version to a token only"
    left = () if version else (Unlearnt("version", why if meta.status == 401 else f"it answers {meta.status}"),)
    if version or header:
        return Finding(ServerKind.GHES, 3, "/api/v3/meta names its version", version, "", state, ready, left)
    refused = _text(meta.json.get("documentation_url")) if meta.status in (401, 403) else ""
    if "x-github-request-id" in meta.headers or "/enterprise" in refused:
        return Finding(ServerKind.GHES, 2, "/api/v3/meta answers as GitHub's API does", None, "", state, ready, left)
    if lives:
        return Finding(ServerKind.GHES, 2, "/status says that GitHub lives", None, "", state, ready, left)
    if status.status == 503 and "GitHub Enterprise" in status.body:
        return Finding(ServerKind.GHES, 1, "its page for maintenance names GitHub Enterprise", None, "", state, ready, left)
    return None


_PRODUCTS: tuple[Callable[[Answers], Finding | None], ...] = (_gitlab, _bitbucket, _gitea, _ghes)
_NOTHING = ProbeAnswer(None)

_BANNERS = (
    (re.compile(r"babeld"), ServerKind.GHES),
    (re.compile(r"GitLab-SSHD"), ServerKind.GITLAB),
    (re.compile(r"APACHE-SSHD|SSHD-CORE", re.IGNORECASE), ServerKind.BITBUCKET),
    (re.compile(r"(?i)forgejo"), ServerKind.FORGEJO),
    (re.compile(r"(?i)gitea"), ServerKind.GITEA),
)
"""What SSH servers call themselves: GitHub's babeld, GitLab's gitlab-sshd, Apache MINA SSHD in Bitbucket."""


def judge_banner(address: ServerAddress, banner: str, web: ServerInfo | None) -> ServerInfo:
    """A server reached by SSH: what its web side says where there is one, else what its version string hints at."""
    if web is not None and web.kind is not ServerKind.PLAIN:
        return web
    kind = next((found for sign, found in _BANNERS if sign.search(banner)), ServerKind.PLAIN)
    left = (Unlearnt("product and version", "only SSH answers, and it says little: answer the kind of the server"),)
    known = ServerInfo(
        kind,
        "",
        address.host,
        address.port,
        sure=False,
        signs=(f"SSH server {shown(banner)}",) if banner else (),
        unlearnt=left,
    )
    return known if web is None else replace(known, base_url=web.base_url)


def _answer(given: Answers, sign: Sign) -> ProbeAnswer:
    return given.get(sign, _NOTHING)


def _text(value: Json) -> str:
    return shown(value) if isinstance(value, str) else ""


def _version(document: Mapping[str, Json]) -> str | None:
    told = _text(document.get("version"))
    return told if _VERSION.fullmatch(told) else None
