"""What the administrator's token may do, whether the repository is there, and which credential Argo CD gets."""

from __future__ import annotations

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.argo import version_behind
from strategies.common.servers.credentials import BEARER_SINCE, LEAST, fitting, takes_bearer
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, passed, skipped, unknown, warned
from strategies.facts import (
    CLUSTER_GITOPS,
    SERVER,
    SERVER_CALLER,
    SERVER_CREDENTIALS,
    SERVER_REPOSITORY,
    Caller,
    CredentialKind,
    ReadCredential,
    ServerKind,
    ServerRepository,
)
from strategies.private_server import in_effect, place
from strategies.private_server.checks.looks import NO_TOKEN, RENEWED, pending, read_at

_REFUSED = "not looked at: the administrator's token is refused, or asked of something else than the API"
_SUFFICIENT = {
    ServerKind.GITLAB: ("api",),
    ServerKind.BITBUCKET: ("REPO_ADMIN", "PROJECT_ADMIN"),
    ServerKind.GITEA: ("all", "write:repository"),
    ServerKind.FORGEJO: ("all", "write:repository"),
    ServerKind.GHES: ("repo",),
}
"""Any of these scopes lets a token make a credential (each product's API reference)."""
_MADE = {
    CredentialKind.DEPLOY_TOKEN: "a deploy token of the project (read_repository)",
    CredentialKind.ACCESS_TOKEN: "an HTTP access token of the repository (REPO_READ), sent as bearer",
    CredentialKind.DEPLOY_KEY: "a deploy key of the repository, read-only",
}
_BOUND = "; GitHub deletes it with the token that made it: regenerate that token, and do not delete it"
"""docs.github.com/enterprise-server/rest, "REST API endpoints for deploy keys"."""


def token(situation: Situation) -> Verdict:
    """The administrator's token is found, taken, and may do what is asked for."""
    if not in_effect.makes(situation):
        return skipped("nothing is made on the server: no administrator's token is needed")
    if situation.answers.private_server.server.admin_token is None:
        if situation.answers.private_server.own.make:
            return skipped("apply makes the server first, and a token with it")
        return failed(
            "no administrator's token is answered", "Answer privateServer.server.adminToken with a reference (env:NAME)."
        )
    missing = pending(situation)
    found, error = situation.facts.get(SERVER_CALLER), situation.facts.error(SERVER_CALLER)
    if missing is not None:
        return missing
    if error is not None:
        return unknown(error.message, error.remedy, error.command)
    if found is None:
        return unknown("the server's product is not known yet")
    if found.refused is not None and situation.answers.private_server.own.make:
        return passed("the one that was made with the server has ended, as it should: a change makes a new one")
    if found.refused is not None:
        return failed(found.refused.message, found.refused.remedy, found.refused.command)
    return _rights(situation, found)


def _refused(situation: Situation) -> bool:
    """Whether the token is known not to be taken, which the check of the token tells."""
    found = situation.facts.get(SERVER_CALLER)
    return found is not None and found.refused is not None


def _rights(situation: Situation, found: Caller) -> Verdict:
    kind, at = in_effect.kind(situation) or ServerKind.PLAIN, read_at(situation, SERVER_CALLER.id)
    whose = f"of {shown(found.name)}" if found.name else "of somebody whom the server does not name"
    seen = f"a token {whose}"
    if found.expires_at is not None and found.expires_at <= at:
        return failed(f"{seen}, which ended on {found.expires_at:%Y-%m-%d}", "Make a new one.")
    enough = _SUFFICIENT.get(kind, ())
    if found.scopes is not None and not set(enough) & set(found.scopes):
        has = ", ".join(shown(one) for one in found.scopes) or "none"
        wanted = " or ".join(enough)
        return failed(f"{seen} with the scopes {has}: {wanted} is missing", f"Make a token with the scope {wanted}.")
    scopes = f" with the scopes {', '.join(shown(one) for one in found.scopes)}" if found.scopes else ""
    ends = f", until {found.expires_at:%Y-%m-%d}" if found.expires_at is not None else ""
    told = "" if found.scopes is not None else "; what it may do, the server does not say before it is used"
    return passed(f"{seen}{scopes}{ends}{told}. It is used for this and not kept")


def repository(situation: Situation) -> Verdict:
    """The repository is there, or can be made in its place."""
    missing = pending(situation)
    if missing is not None:
        return skipped(missing.evidence)
    if _refused(situation):
        return skipped(_REFUSED)
    asked = situation.answers.private_server
    found, error = situation.facts.get(SERVER_REPOSITORY), situation.facts.error(SERVER_REPOSITORY)
    if error is not None:
        return unknown(error.message, error.remedy, error.command)
    path = place.path_below(situation.answers, in_effect.base_url(situation))
    if found is None:
        return _without_token(situation)
    if found.refused is not None:
        return failed(found.refused.message, found.refused.remedy, found.refused.command)
    if not found.exists:
        return _absent(situation, path)
    return _there(situation, found, made=asked.repository.mode == "create")


def _absent(situation: Situation, path: str) -> Verdict:
    asked, kind = situation.answers.private_server, in_effect.kind(situation)
    if asked.repository.mode == "create":
        return passed(f"{path} is free: apply makes it, private")
    evidence = f"there is no {path}, or this token may not see it"
    mend = None
    if kind not in (None, ServerKind.PLAIN):
        says = "Answers privateServer.repository.mode with create: apply makes it, private and empty."
        mend = Mend("Let the plan make it", says, edits={"privateServer.repository.mode": "create"})
    return failed(evidence, "Correct privateServer.repository.url, or answer repository.mode: create.", mend=mend)


def _there(situation: Situation, found: ServerRepository, *, made: bool) -> Verdict:
    asked, name = situation.answers.private_server, shown(found.path)
    instance = effective.instance(situation)
    ours = found.instance is not None and found.instance == instance
    if found.archived:
        return failed(f"{name} is archived: nothing can be written to it", "Have it unarchived, or name another repository.")
    if found.administered is False and asked.credentials.method == "make":
        return failed(f"the token may make no credential of {name}", "Use a token of somebody who administers it.")
    if found.instance is not None and not ours:
        evidence = f"{name} was made for the instance {shown(found.instance)}"
        return warned(evidence, "It is used as it is. Make sure that both instances may sync from it.")
    if made and not ours:
        filled = "" if found.empty or found.default_branch is None else " and is not empty"
        evidence = f"{name} is there{filled}, and was not made by this program"
        if asked.repository.fill == "mirror":
            remedy = (
                "The mirror would go over its branches. Name a repository that is free, or answer repository.mode: existing."
            )
            return failed(evidence, remedy, mend=_existing())
        remedy = "It is used as it is, and stays when this is taken back: answer repository.mode: existing."
        return warned(evidence, remedy, mend=_existing())
    if (found.default_branch is None or found.empty) and asked.repository.fill == "none":
        return warned(f"{name} is empty", "Argo CD has nothing to sync before something is pushed.")
    public = "; anybody who reaches the server may read it" if found.private is False else ""
    branch = f", default branch {shown(found.default_branch)}" if found.default_branch is not None else ""
    return passed(f"{name} is there{' and ours' if ours else ''}{branch}{public}")


def _existing() -> Mend:
    says = "Answers privateServer.repository.mode with existing: it is used as it is."
    return Mend("Use it as it is", says, edits={"privateServer.repository.mode": "existing"})


def _without_token(situation: Situation) -> Verdict:
    """What the first answer of the Git protocol says to somebody without a login."""
    info = situation.facts.get(SERVER)
    clone = info.clone if info is not None else None
    if place.by_ssh(situation.answers):
        return skipped(f"{NO_TOKEN}, and nothing else lists it over SSH before Argo CD does")
    if clone is None or clone.status is None:
        return skipped(f"{NO_TOKEN}; the look from inside lists it with Argo CD's own Secret")
    if clone.status == 200 and clone.git:
        return passed(f"{clone.url} is there, and anybody who reaches the server may read it")
    if clone.status == 401:
        return passed(f"{clone.url} asks for a login: whether it is there, is seen with the credential")
    if clone.status == 404 and situation.answers.private_server.credentials.method == "none":
        return failed(f"{clone.url} answers HTTP 404", "Correct privateServer.repository.url, or answer with a credential.")
    return unknown(f"{clone.url} answers HTTP {clone.status} without a login")


def credential(situation: Situation) -> Verdict:
    """What is made, or named, is something that the product gives and this Argo CD takes; and how long it still holds."""
    asked = situation.answers.private_server.credentials
    gitops = situation.facts.get(CLUSTER_GITOPS)
    version = version_behind(gitops.version) if gitops is not None else None
    since = ".".join(str(one) for one in BEARER_SINCE)
    if asked.method == "bearer":
        if takes_bearer(version) is False:
            evidence = f"Argo CD {version} sends no bearer token: it can from {since} on (OpenShift GitOps 1.17)"
            return failed(evidence, "Update OpenShift GitOps, or name another credential (credentials.method).")
        return passed(f"Argo CD {version or ''} sends the bearer token answered".replace("  ", " "))
    if asked.method != "make":
        return passed("anybody may read it" if asked.method == "none" else f"a {asked.method} by reference: {asked.secret}")
    kind = in_effect.kind(situation)
    if kind is None:
        return unknown("the server's product is not known yet", "Answer privateServer.server.kind.")
    kinds = fitting(kind, version, ssh=place.by_ssh(situation.answers))
    if not kinds:
        return _nothing_fits(kind, version, since)
    return _standing(situation, kinds[0])


def _nothing_fits(kind: ServerKind, version: str | None, since: str) -> Verdict:
    if kind is ServerKind.BITBUCKET and takes_bearer(version) is False:
        evidence = (
            f"{kind.product} gives access tokens that go as bearer alone, and Argo CD {version} sends none: it can from "
            f"{since} on (OpenShift GitOps 1.17)"
        )
        remedy = "Update OpenShift GitOps, or write the repository's ssh:// URL: a read-only key of the repository is made."
        return failed(evidence, remedy)
    what = ", ".join(_MADE[one] for one in LEAST[kind]) or "nothing"
    evidence = f"{kind.product} makes {what}, which does not go with the URL answered"
    return failed(evidence, "Write the ssh:// URL, or name a credential that is there (credentials.method).")


def _standing(situation: Situation, kind: CredentialKind) -> Verdict:
    if _refused(situation):
        return skipped(_REFUSED)
    instance, error = effective.instance(situation), situation.facts.error(SERVER_CREDENTIALS)
    if error is not None:
        return unknown(error.message, error.remedy, error.command)
    found = situation.facts.get(SERVER_CREDENTIALS) or ()
    ours = [one for one in found if one.instance is not None and one.instance == instance]
    holding = [one for one in ours if one.active and one.kind is kind]
    if not holding:
        gone = f"; {counted(len(ours), 'older one')} of ours that ended goes" if ours else ""
        bound = _BOUND if in_effect.kind(situation) is ServerKind.GHES else ""
        return passed(f"apply makes {_MADE[kind]}{gone}. It may read this repository and nothing else{bound}")
    newest = max(holding, key=lambda one: one.created_at.timestamp() if one.created_at is not None else 0.0)
    if newest.read_only is False:
        return warned(f"{shown(newest.name)} may do more than read", "Take that right away, or run `ezgitops renew`.")
    return _ending(situation, newest, kind)


def _ending(situation: Situation, newest: ReadCredential, kind: CredentialKind) -> Verdict:
    seen = f"{_MADE[kind]} of ours: {shown(newest.name)}"
    if newest.expires_at is None:
        return passed(f"{seen}, without an end")
    left = newest.expires_at - read_at(situation, SERVER_CREDENTIALS.id)
    evidence = f"{seen}, until {newest.expires_at:%Y-%m-%d}"
    if left <= RENEWED:
        return warned(evidence, "Apply makes a new one, and so does this command.", "ezgitops renew")
    return passed(evidence)


_AFTER = ("server.reachable", "server.https-only", "server.certificate", "server.state")

CHECKS: tuple[Check, ...] = (
    Check(
        id="server.token",
        title="Administrator's token",
        why="Repository and credential are made with it; it is looked up when it is used, and kept nowhere.",
        judge=token,
        needs=(SERVER.id, SERVER_CALLER.id),
        depends_on=_AFTER,
        handles_errors=True,
    ),
    Check(
        id="server.repository",
        title="Repository on the server",
        why="Argo CD syncs from it: it has to be there, or its place has to be free.",
        judge=repository,
        needs=(SERVER.id, SERVER_CALLER.id, SERVER_REPOSITORY.id),
        depends_on=(*_AFTER, "server.redirect"),
        handles_errors=True,
    ),
    Check(
        id="server.credential",
        title="Argo CD's credential",
        why="The least that the product has: it may read one repository, and ends by itself where the product lets it.",
        judge=credential,
        needs=(SERVER.id, SERVER_CALLER.id, SERVER_CREDENTIALS.id, CLUSTER_GITOPS.id),
        depends_on=(*_AFTER, "gitops.operator"),
        handles_errors=True,
    ),
)
