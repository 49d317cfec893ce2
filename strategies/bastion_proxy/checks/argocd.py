"""What must hold in Argo CD for the source repository and the Secret that brings it the proxy."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import Check, Situation, Verdict
from strategies.common.checks.repository_in_argocd import PlannedRepository, repository_checks
from strategies.common.verdicts import passed
from strategies.facts import ARGOCD_CERTIFICATES

_CERTIFICATES = "argocd.tls-certs"


def planned(answers: Answers) -> PlannedRepository | None:
    """The repository Secret of these answers; None while its URL or name are not known.

    That of a repository which is open to all has no password, and takes that of a template which fits.
    """
    source, asked = answers.source, answers.bastion_proxy
    if source.url is None or asked.secret_name is None:
        return None
    with_login = source.password is not None or asked.github_app.private_key is not None
    return PlannedRepository(source.url, asked.secret_name, starts_empty=not with_login)


def _with_answered_ca(check: Check) -> Check:
    """The check of Argo CD's certificates, which lets pass the one that these answers ask for."""

    def judge(situation: Situation) -> Verdict:
        asked, host = situation.answers.bastion_proxy, urlsplit(situation.answers.source.url or "").hostname or ""
        answered = asked.proxy.method == "existing" and asked.proxy.ca_file is not None
        if answered and host in (asked.allow.hosts or ()) and host in (situation.facts.get(ARGOCD_CERTIFICATES) or ()):
            return passed(f"{host} is trusted by the CA of the proxy, as answered; the plan says whether it is that one")
        return check.judge(situation)

    return replace(check, judge=judge)


CHECKS: tuple[Check, ...] = tuple(
    _with_answered_ca(one) if one.id == _CERTIFICATES else one for one in repository_checks(planned)
)
