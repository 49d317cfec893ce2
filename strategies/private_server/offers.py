"""What the world offers as answers of the private-server strategy, suggests, and says of an answer given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Choice, Json, Situation, Verdict
from strategies.common import effective
from strategies.common.argo import version_behind
from strategies.common.servers.credentials import fitting
from strategies.common.verdicts import failed, passed, unknown, warned
from strategies.facts import (
    CLUSTER_GITOPS,
    SERVER,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
    CredentialKind,
    ServerKind,
    Trusted,
)
from strategies.private_server import place


def suggested_kind(situation: Situation) -> Json:
    """The product that was recognised."""
    found = situation.facts.get(SERVER)
    # Forgejo and Gitea are asked in the same way; each is called by its own name.
    return found.kind.value if found is not None and found.sure else None


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
        return unknown(f"{error.message}; the cluster may reach it all the same", error.remedy, error.command)
    if found is None:
        return None
    version = f" {found.version}" if found.version else ""
    if found.ready is False:
        return failed(f"{found.kind.product}{version} says {found.state}", "Wait until it is ready.")
    if found.clone is not None and found.clone.redirect is not None:
        return warned(f"redirects to {found.clone.redirect}", "Argo CD follows no redirect: answer with that URL.")
    return passed(f"{found.kind.product}{version}{f', {found.state}' if found.state else ''}")


def authorities(situation: Situation) -> Sequence[Choice]:
    """The certificates above the server's own, the highest first: one of them may be confirmed as the CA."""
    chain = situation.facts.get(SERVER_CHAIN)
    if chain is None or chain.trusted is Trusted.SYSTEM:
        return ()
    shown = chain.certificates[1:] or chain.certificates
    return [
        Choice(one.sha256, one.subject, f"issued by {one.issuer}, {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}")
        for one in reversed(shown)
    ]


def judge_trust(situation: Situation) -> Verdict | None:
    """Whether the certificate is believed, and by what."""
    chain = situation.facts.get(SERVER_CHAIN)
    if chain is None:
        return None
    if chain.trusted is Trusted.NOT:
        anchor = chain.anchor
        who = f", signed by {anchor.issuer} ({anchor.sha256})" if anchor is not None else ""
        why = chain.fault.value if chain.fault is not None else chain.why
        return failed(f"the certificate of {chain.host} is not believed: {why}{who}", "Name its CA, or confirm the one shown.")
    ends = chain.expires_at
    until = f" until {ends:%Y-%m-%d}" if ends is not None else ""
    return passed(f"believed by {'this machine' if chain.trusted is Trusted.SYSTEM else 'the CA given'}{until}")


def host_keys(situation: Situation) -> Sequence[Choice]:
    """The SSH host keys that the server shows."""
    found = situation.facts.get(SERVER_HOST_KEYS)
    return [Choice(one.fingerprint, one.fingerprint, one.type) for one in found.keys] if found is not None else ()


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


def suggested_method(situation: Situation) -> Json:
    """What the product can be asked to make; a plain server makes nothing."""
    kind = situation.answers.private_server.server.kind
    return None if kind is None else "token" if kind == "plain" else "make"


def judge_method(situation: Situation) -> Verdict | None:
    """What will be made."""
    asked = situation.answers.private_server
    if asked.credentials.method != "make" or asked.server.kind in (None, "plain"):
        return None
    gitops = situation.facts.get(CLUSTER_GITOPS)
    version = version_behind(gitops.version) if gitops is not None else None
    kinds = fitting(ServerKind(asked.server.kind), version)
    if not kinds:
        remedy = "Name a credential that is there, or update OpenShift GitOps to 1.17 or newer."
        return failed(f"Argo CD {version} takes nothing that {ServerKind(asked.server.kind).product} makes", remedy)
    words = {
        CredentialKind.DEPLOY_TOKEN: "a deploy token of the project, scope read_repository",
        CredentialKind.ACCESS_TOKEN: "an HTTP access token of the repository, REPO_READ, sent as bearer",
        CredentialKind.DEPLOY_KEY: "a deploy key of the repository, read-only",
    }
    return passed(f"{words[kinds[0]]}; it may read this repository and nothing else")
