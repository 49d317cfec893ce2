"""The server itself: whether it answers, is ready, is still mended by its maker, and at which URL it gives the repository."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common.servers.address import differs_in_case
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, passed, skipped, unknown, warned
from strategies.facts import (
    SERVER,
    SERVER_CHAIN,
    SERVER_CREDENTIALS,
    SERVER_REPOSITORY,
    SERVER_SIGNED_IN,
    ServerInfo,
    ServerKind,
    ServerRepository,
    TrustFault,
)
from strategies.private_server import in_effect, place
from strategies.private_server.checks.looks import NO_URL, address, disbelieved, holds, pending, read_at, with_url

_ALIKE = {ServerKind.GITEA.value, ServerKind.FORGEJO.value}
"""They are asked in the same way."""


MOVED = "If the server has moved, and its administrator says the same, answer privateServer.repository.url with"
_FROM_ELSEWHERE = (
    "Run this on a machine that reaches the server, or name a repository that is there (repository.mode: existing) "
    "and a credential by reference (credentials.method: token, bearer or ssh-key)."
)
_NOT_ITS_API = (
    "Look at the address. Where something stands before the server, a page to log in perhaps, have it let the paths of Git and "
    "of the API through; where it is another product, answer privateServer.server.kind."
)


def known(situation: Situation) -> ServerInfo | None:
    """The server, with what it tells to the token where one is answered."""
    return situation.facts.get(SERVER_SIGNED_IN) or situation.facts.get(SERVER)


def reachable(situation: Situation) -> Verdict:
    """Something that is known as a Git server answers, or only the cluster can tell."""
    missing = pending(situation)
    if missing is not None:
        return missing
    found, error = known(situation), situation.facts.error(SERVER)
    if found is not None:
        return _recognised(situation, found)
    if error is None:
        return unknown("not read yet")
    if disbelieved(situation):
        return unknown(f"{error.message}; what it is, is seen once its certificate is believed", error.remedy)
    if in_effect.makes(situation):
        evidence = f"{error.message}. Repository and credential are made by the server's API, from this machine"
        # Where it showed a certificate, it is reached, and another machine would see the same.
        remedy = "" if situation.facts.get(SERVER_CHAIN) is not None else _FROM_ELSEWHERE
        return failed(evidence, f"{error.remedy} {remedy}".strip(), error.command)
    return unknown(f"from this machine: {error.message}; the cluster may reach it all the same", error.remedy, error.command)


def _recognised(situation: Situation, found: ServerInfo) -> Verdict:
    asked = situation.answers.private_server.server.kind
    version, edition = (f" {one}" if one else "" for one in (found.version, found.edition))
    seen = f"{found.kind.product}{edition}{version} at {found.base_url or found.host}"
    if asked is not None and _without_its_api(situation, found):
        sign = shown(next(iter(found.signs), "no known API"))
        evidence = f"what answers at {found.base_url} is not known as {ServerKind(asked).product} ({sign})"
        return failed(f"{evidence}. Repository and credential are made by its API", _NOT_ITS_API)
    if asked is not None and found.sure and asked != found.kind.value:
        remedy = f"Answer privateServer.server.kind with {found.kind.value}."
        if ServerKind.PLAIN.value in (asked, found.kind.value) or {asked, found.kind.value} == _ALIKE:
            return warned(f"{seen}, and the answers say {ServerKind(asked).product}", remedy)
        return failed(f"{seen}, and the answers say {ServerKind(asked).product}", remedy)
    if not found.sure and asked is None:
        return warned(f"{seen}, by signs that do not prove it", "Answer privateServer.server.kind.")
    signs = f" ({shown(found.signs[0])})" if found.signs else ""
    return passed(f"{seen}{signs}")


def _without_its_api(situation: Situation, found: ServerInfo) -> bool:
    """Whether the product's API is needed, and was looked for where it is said to be, and something else answers there."""
    api = situation.answers.private_server.server.base_url or found.base_url
    looked_at = bool(found.base_url) and api.startswith(found.base_url)
    return found.kind is ServerKind.PLAIN and looked_at and in_effect.makes(situation)


def https_only(situation: Situation) -> Verdict:
    """The port speaks TLS. Plain HTTP shows the token to everybody on the way."""
    where, chain = address(situation), situation.facts.get(SERVER_CHAIN)
    missing = pending(situation)
    if where is None or missing is not None:
        return missing or skipped(NO_URL)
    if where.scheme == "ssh":
        return passed("Argo CD reaches it over SSH")
    if chain is None:
        error = situation.facts.error(SERVER_CHAIN)
        return unknown(error.message if error is not None else "not read yet", error.remedy if error is not None else "")
    if chain.fault is TrustFault.NO_TLS:
        evidence = f"port {chain.port} of {chain.host} does not speak TLS ({shown(chain.why)})"
        remedy = "Have the server serve HTTPS, or use SSH: over plain HTTP everybody on the way reads the token and the code."
        return failed(evidence, remedy)
    return passed(f"{chain.host}:{chain.port} speaks {chain.protocol or 'TLS'}")


def state(situation: Situation) -> Verdict:
    """It is ready, in the product's own word; and where something is made on it, it takes changes."""
    found = known(situation)
    if found is None:
        return unknown("the server is not seen from here")
    name, word = found.kind.product, shown(found.state)
    if found.ready is False:
        return failed(f"{name} says {word or 'that it is not ready'}", "Wait until it runs, then check again.")
    if found.writable is False:
        evidence = f"{name} says {word or 'that it takes no changes now'}"
        if in_effect.makes(situation) and not _all_made(situation):
            return failed(f"{evidence}: nothing can be made on it", "Wait until the maintenance is over.")
        return warned(f"{evidence}; it can be cloned from", "What is pushed to it waits until the maintenance is over.")
    if found.ready is None:
        return passed(f"{name} answers; it tells no state to strangers")
    return passed(f"{name} says {word or 'that it is ready'}")


def _all_made(situation: Situation) -> bool:
    """Whether the repository and a credential of ours are there: an apply makes nothing on the server then."""
    found = situation.facts.get(SERVER_REPOSITORY)
    if found is None or not found.exists:
        return False
    return situation.answers.private_server.credentials.method != "make" or holds(situation)


def support(situation: Situation) -> Verdict:
    """The maker still mends this version."""
    found = known(situation)
    if found is None:
        return unknown("the server is not seen from here")
    if found.kind is ServerKind.PLAIN:
        return skipped("a plain Git server has no version that is known here")
    if found.version is None or found.support_ends is None:
        left = next((f"{one.what}: {one.why}" for one in found.unlearnt if one.what in ("version", "end of support")), "")
        return skipped(left or "until when this version is mended is not known")
    today = read_at(situation, SERVER.id).date()
    seen = f"{found.kind.product} {found.version} gets no fixes from {found.support_ends} on ({found.support_source})"
    days = (found.support_ends - today).days
    if days <= 0:
        return warned(seen, "Have it updated: holes that become known stay open. Argo CD works with it all the same.")
    return passed(f"{seen}, in {counted(days, 'day')}")


def redirect(situation: Situation) -> Verdict:
    """The URL is exactly the one by which the server gives the repository: Argo CD follows no redirect.

    argo-cd ``docs/operator-manual/declarative-setup.md``, "Repositories", on GitLab and ``.git``.
    """
    found, repository = situation.facts.get(SERVER), situation.facts.get(SERVER_REPOSITORY)
    url = situation.answers.private_server.repository.url or ""
    if found is None:
        return unknown("the server is not seen from here")
    clone = found.clone
    if clone is not None and clone.redirect is not None:
        mend = with_url(situation, clone.redirect, renamed=clone.renamed)
        evidence = f"{url} sends to {clone.redirect} (HTTP {clone.status}), and Argo CD does not follow"
        if mend is None and clone.renamed:
            return failed(evidence, f"{MOVED} {clone.redirect}: what is typed there is sent there, the token too.")
        if mend is None:
            return failed(evidence, "Look at the URL: what it leads to is a page to log in, or something before the server.")
        return failed(evidence, f"Answer privateServer.repository.url with {clone.redirect}", mend=mend)
    right = _spelt(situation, url, repository)
    if right is not None:
        evidence = f"the server spells it {right}"
        remedy = f"Answer privateServer.repository.url with {right}: a URL in other letters is redirected or not found."
        return failed(evidence, remedy, mend=with_url(situation, right))
    missing_end = found.kind is ServerKind.GITLAB and url.startswith("https://") and not url.endswith(".git")
    if missing_end:
        evidence = f"{url} does not end in .git: GitLab redirects, and Argo CD does not follow"
        return failed(evidence, f"Answer privateServer.repository.url with {url}.git", mend=with_url(situation, f"{url}.git"))
    if clone is not None and clone.status is not None and not clone.git:
        evidence = f"{url} answers HTTP {clone.status}, and not as the Git protocol prescribes"
        if clone.status in (401, 403, 404):
            return passed(f"no redirect; without a login {url} answers HTTP {clone.status}")
        return warned(evidence, "Look at the URL: something before the server may answer.")
    return passed(f"{url} is not redirected")


def _spelt(situation: Situation, url: str, repository: ServerRepository | None) -> str | None:
    """The URL with the path as the server spells it, where nothing but capital letters differ.

    The URLs that the server gives out itself are right: Bitbucket writes the project's key there in small letters.
    """
    if repository is None or not repository.exists or url in (repository.https_url, repository.ssh_url):
        return None
    path = place.path_below(situation.answers, in_effect.base_url(situation))
    return url.replace(path, repository.path, 1) if differs_in_case(path, repository.path) and path in url else None


_AFTER = ("server.reachable", "server.https-only", "server.certificate")

CHECKS: tuple[Check, ...] = (
    Check(
        id="server.https-only",
        title="Encrypted way to the server",
        why="Over plain HTTP everybody on the way reads the token and the code.",
        judge=https_only,
        needs=(SERVER.id, SERVER_CHAIN.id),
        handles_errors=True,
    ),
    Check(
        id="server.reachable",
        title="Git server",
        why="What answers at the URL decides how it is asked, and what it can make.",
        judge=reachable,
        needs=(SERVER.id, SERVER_CHAIN.id, SERVER_SIGNED_IN.id),
        depends_on=("server.https-only",),
        handles_errors=True,
    ),
    Check(
        id="server.state",
        title="State of the server",
        why="A server that starts or is maintained refuses what is asked of it.",
        judge=state,
        needs=(SERVER.id, SERVER_SIGNED_IN.id, SERVER_REPOSITORY.id, SERVER_CREDENTIALS.id),
        depends_on=_AFTER,
        handles_errors=True,
    ),
    Check(
        id="server.support",
        title="Version and end of support",
        why="Argo CD deploys what this server says: holes in it are holes in the cluster.",
        judge=support,
        needs=(SERVER.id, SERVER_SIGNED_IN.id),
        blocking=False,
        depends_on=_AFTER,
        handles_errors=True,
    ),
    Check(
        id="server.redirect",
        title="The repository's URL",
        why="Argo CD follows no redirect: another spelling, or a missing .git, and no sync succeeds.",
        judge=redirect,
        needs=(SERVER.id, SERVER_REPOSITORY.id),
        depends_on=(*_AFTER, "server.state"),
        handles_errors=True,
    ),
)
