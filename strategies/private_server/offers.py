"""What the world offers as answers of the private-server strategy, suggests, and says of an answer given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Choice, Json, Situation, Verdict
from strategies.common import effective
from strategies.common.argo import version_behind
from strategies.common.servers.credentials import LEAST, fitting
from strategies.common.shown import shown
from strategies.common.verdicts import failed, passed, unknown, warned
from strategies.facts import (
    CLUSTER_GITOPS,
    SERVER,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
    Certificate,
    CredentialKind,
    FactError,
    ServerKind,
    TrustChain,
    Trusted,
    TrustFault,
)
from strategies.private_server import place

SERVERS_OWN = (TrustFault.EXPIRED, TrustFault.NOT_YET_VALID, TrustFault.WRONG_NAME)
"""Faults of the server's certificate itself: no CA mends them."""
_HALF = 47
"""Characters of the first sixteen pairs of a fingerprint."""


def suggested_kind(situation: Situation) -> Json:
    """The product that was recognised."""
    found = situation.facts.get(SERVER)
    # Forgejo and Gitea are asked in the same way; each is called by its own name.
    return found.kind.value if found is not None and found.sure else None


def judge_kind(situation: Situation) -> Verdict | None:
    """That it is known only once the server is believed."""
    chain = situation.facts.get(SERVER_CHAIN)
    asked = situation.answers.private_server.server.kind
    if asked is None and chain is not None and chain.trusted is Trusted.NOT and chain.fault is not TrustFault.NO_TLS:
        return unknown("recognised once its certificate is believed")
    return None


def suggested_base(situation: Situation) -> Json:
    """Where the API of the recognised product begins; the origin of the URL where nothing could be looked at."""
    found, where = situation.facts.get(SERVER), place.address(situation.answers)
    if found is not None and found.base_url:
        return found.base_url
    unseen = situation.facts.error(SERVER) is not None
    return where.origin if unseen and where is not None and where.scheme == "https" else None


def judge_url(situation: Situation) -> Verdict | None:
    """What answers there."""
    found, error = situation.facts.get(SERVER), situation.facts.error(SERVER)
    if error is not None:
        return _unrecognised(situation, error)
    if found is None:
        return None
    name = f"{found.kind.product}{f' {shown(found.version)}' if found.version else ''}"
    if found.ready is False:
        return failed(f"{name} says {shown(found.state) or 'that it is not ready'}", "Wait until it is ready.")
    if found.clone is not None and found.clone.redirect is not None:
        return warned(f"redirects to {shown(found.clone.redirect)}", "Argo CD follows no redirect: answer with that URL.")
    return passed(f"{name}{f', which says {shown(found.state)}' if found.state else ''}")


def _unrecognised(situation: Situation, error: FactError) -> Verdict:
    """Why the server is not known: said once, where the cause is."""
    chain = situation.facts.get(SERVER_CHAIN)
    if chain is not None and chain.fault is TrustFault.NO_TLS:
        return failed(f"port {chain.port} speaks plain HTTP, which is not used", "Have it serve HTTPS, or use its ssh:// URL.")
    if chain is not None and chain.trusted is Trusted.NOT:
        return unknown("its certificate is not believed yet")
    return unknown(f"not seen from here, the cluster may reach it all the same: {error.message}", error.remedy, error.command)


def authorities(situation: Situation) -> Sequence[Choice]:
    """The certificates above the server's own, the highest first: one of them may be confirmed as the CA."""
    chain, confirmed = situation.facts.get(SERVER_CHAIN), situation.answers.private_server.server.ca_fingerprint
    if chain is not None and chain.trusted is Trusted.SYSTEM and confirmed is None:
        return ()
    above = (chain.certificates[1:] or chain.certificates) if chain is not None else ()
    offered = [Choice(one.sha256, shown(one.subject), compared(one)) for one in reversed(above)]
    if confirmed is None or (chain is not None and chain.by_fingerprint(confirmed) is not None):
        return offered
    # What was confirmed stays in sight while the server is looked at again, and where it shows another one.
    return [*offered, Choice(confirmed, "confirmed", _halves(confirmed))]


def compared(one: Certificate) -> str:
    """What there is to compare. The fingerprint in two halves, which a narrow terminal puts under each other."""
    issuer = "itself" if one.self_signed else shown(one.issuer)
    dates = f"{one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}"
    return f"{_halves(one.sha256)} (SHA-256), issued by {issuer}, {dates}"


def _halves(fingerprint: str) -> str:
    return f"{fingerprint[:_HALF]} {fingerprint[_HALF + 1 :]}"


def judge_trust(situation: Situation) -> Verdict | None:
    """Whether the certificate is believed, and by what."""
    chain = situation.facts.get(SERVER_CHAIN)
    if chain is None:
        return None
    if chain.trusted is Trusted.NOT:
        return _not_believed(situation, chain)
    ends = chain.expires_at
    until = f" until {ends:%Y-%m-%d}" if ends is not None else ""
    return passed(f"believed by {'this machine' if chain.trusted is Trusted.SYSTEM else 'the CA given'}{until}")


def _not_believed(situation: Situation, chain: TrustChain) -> Verdict:
    why = chain.fault.value if chain.fault is not None else shown(chain.why)
    if chain.fault is TrustFault.NO_TLS:
        return failed(why, "There is no certificate to believe before it serves HTTPS.")
    if chain.fault in SERVERS_OWN:
        return failed(f"the certificate is not believed: {why}", "Have it made anew: no CA mends that.")
    asked = situation.answers.private_server.server
    if asked.ca_file is not None or asked.ca_fingerprint is not None:
        return failed("the CA given is not the one that signed the certificate", "Name its CA, or confirm the one shown.")
    return failed(f"the certificate is not believed: {why}", "Confirm the CA shown, or name its file.")


def host_keys(situation: Situation) -> Sequence[Choice]:
    """The SSH host keys that the server shows, and those that were confirmed and are not shown any more."""
    found = situation.facts.get(SERVER_HOST_KEYS)
    if found is None:
        return ()
    keys = {one.fingerprint for one in found.keys}
    gone = [one for one in situation.answers.private_server.server.host_keys or () if one not in keys]
    offered = [Choice(one.fingerprint, shown(one.type), one.fingerprint) for one in found.keys]
    return [*offered, *(Choice(one, "confirmed, and not shown by the server", one) for one in gone)]


def judge_host_keys(situation: Situation) -> Verdict | None:
    """Whether the keys shown are those that were confirmed."""
    found, error = situation.facts.get(SERVER_HOST_KEYS), situation.facts.error(SERVER_HOST_KEYS)
    confirmed = situation.answers.private_server.server.host_keys or ()
    if error is not None:
        return unknown(f"not seen from here: {error.message}", error.remedy)
    if found is None:
        return None
    if not confirmed:
        return warned("none is confirmed", "Compare them with what the server's administrator knows, then confirm.")
    if set(confirmed) <= {one.fingerprint for one in found.keys}:
        return passed("the server shows what was confirmed")
    remedy = "Ask its administrator before you confirm another: somebody may stand in its place."
    return failed("the server shows other keys than the ones confirmed", remedy)


def repositories(situation: Situation) -> Sequence[Choice]:
    """The repositories that the server lists for this login, by their clone URLs."""
    ssh = place.by_ssh(situation.answers)
    found = situation.facts.get(SERVER_REPOSITORIES) or ()
    listed = [(one.ssh_url if ssh else one.https_url, one) for one in found]
    return [Choice(url, one.path, one.default_branch or "empty") for url, one in listed if url]


def suggested_mode(situation: Situation) -> Json:
    """Made where it is not there."""
    found = situation.facts.get(SERVER_REPOSITORY)
    if found is None:
        return None
    ours = found.instance is not None and found.instance == effective.instance(situation)
    return "existing" if found.exists and not ours else "create"


def judge_mode(situation: Situation) -> Verdict | None:
    """Whether it is there, for the token."""
    found, mode = situation.facts.get(SERVER_REPOSITORY), situation.answers.private_server.repository.mode
    if found is None:
        return None
    if not found.exists:
        if mode == "create":
            return passed("its place is free")
        return failed("there is none, or this token may not see it", "Have it made, or correct the URL.")
    if mode == "existing" or (found.instance is not None and found.instance == effective.instance(situation)):
        return passed("empty" if found.empty else f"default branch {shown(found.default_branch or 'unknown')}")
    return warned("it is there already, and not made by this program", "It is used as it is.")


def judge_token(situation: Situation) -> Verdict | None:
    """Whose token it is, or why the server does not take it."""
    found, error = situation.facts.get(SERVER_CALLER), situation.facts.error(SERVER_CALLER)
    told = found.refused if found is not None else error
    if told is not None:
        return failed(told.message, told.remedy, told.command)
    if found is None:
        return None
    ends = f", until {found.expires_at:%Y-%m-%d}" if found.expires_at is not None else ""
    return passed(f"taken{f', of {shown(found.name)}' if found.name else ''}{ends}")


def suggested_method(situation: Situation) -> Json:
    """What the product can be asked to make for such a URL; else what goes with the URL, from the operator."""
    asked = situation.answers.private_server
    if asked.server.kind is None:
        return None
    ssh = place.by_ssh(situation.answers)
    return "make" if fitting(ServerKind(asked.server.kind), None, ssh=ssh) else "ssh-key" if ssh else "token"


def judge_method(situation: Situation) -> Verdict | None:
    """What will be made."""
    asked = situation.answers.private_server
    if asked.credentials.method != "make" or asked.server.kind in (None, "plain"):
        return _by_other_url(situation)
    gitops = situation.facts.get(CLUSTER_GITOPS)
    version = version_behind(gitops.version) if gitops is not None else None
    product = ServerKind(asked.server.kind)
    kinds = fitting(product, version, ssh=place.by_ssh(situation.answers))
    if not kinds:
        told = f"over HTTPS Argo CD {version or ''} takes nothing that {product.product} makes".replace("  ", " ")
        return failed(told, "Answer with the ssh:// URL: a deploy key is made.")
    words = {
        CredentialKind.DEPLOY_TOKEN: "a deploy token of the project, scope read_repository",
        CredentialKind.ACCESS_TOKEN: "an HTTP access token of the repository, REPO_READ, sent as bearer",
        CredentialKind.DEPLOY_KEY: "a deploy key of the repository, read-only",
    }
    return passed(f"{words[kinds[0]]}; it may read this repository and nothing else")


def _by_other_url(situation: Situation) -> Verdict | None:
    """For a token of a product that makes deploy keys: the URL decides."""
    asked = situation.answers.private_server
    if asked.credentials.method != "token" or asked.server.kind is None:
        return None
    if LEAST[ServerKind(asked.server.kind)] != (CredentialKind.DEPLOY_KEY,):
        return None
    return passed("with the ssh:// URL a deploy key is made instead, which may read this repository alone")
