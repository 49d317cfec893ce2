"""What must hold in Argo CD for the Secret of the repository, and what a mirrored source may hold."""

from __future__ import annotations

from dataclasses import replace

from strategies.answers import Answers
from strategies.base import Check, Situation, Verdict
from strategies.common.checks.content import mirror_checks
from strategies.common.checks.repository_in_argocd import PlannedRepository, repository_checks
from strategies.common.verdicts import passed, skipped
from strategies.facts import ARGOCD_CERTIFICATES
from strategies.private_server import place

_CERTIFICATES = "argocd.tls-certs"


def planned(answers: Answers) -> PlannedRepository | None:
    """The repository Secret of these answers; None while its URL or name are not known.

    One that anybody may read, or that a template of ours serves, has no credential of its own.
    """
    asked = answers.private_server
    if asked.repository.url is None or asked.secret_name is None:
        return None
    return PlannedRepository(asked.repository.url, asked.secret_name, starts_empty=asked.credentials.method == "none")


def _with_answered_ca(check: Check) -> Check:
    """The check of Argo CD's certificates, which lets pass the one that these answers ask for."""

    def judge(situation: Situation) -> Verdict:
        server, where = situation.answers.private_server.server, place.address(situation.answers)
        if where is not None and where.scheme == "ssh":
            return skipped("Argo CD reaches it over SSH")
        answered = server.ca_file is not None or server.ca_fingerprint is not None
        if answered and where is not None and where.host in (situation.facts.get(ARGOCD_CERTIFICATES) or ()):
            return passed(f"{where.host} is trusted by a CA of its own, as answered; the plan says whether it is that one")
        return check.judge(situation)

    return replace(check, judge=judge)


def _where_mirrored(check: Check) -> Check:
    """What a copy of the source may hold does not matter where nothing is copied."""

    def judge(situation: Situation) -> Verdict:
        if situation.answers.private_server.repository.fill != "mirror":
            return skipped("nothing is copied: the repository is written to directly")
        return check.judge(situation)

    return replace(check, judge=judge)


def _own_url(situation: Situation) -> str:
    return situation.answers.private_server.repository.url or ""


CHECKS: tuple[Check, ...] = (
    *(_with_answered_ca(one) if one.id == _CERTIFICATES else one for one in repository_checks(planned)),
    *(_where_mirrored(one) for one in mirror_checks(_own_url)),
)
