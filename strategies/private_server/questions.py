"""What the private-server strategy asks beyond the common questions. The server tells most of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.answers import Answers
from strategies.base import Choice, Kind, Page, Question, Situation
from strategies.facts import (
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    OWN_CERTIFICATE,
    SERVER,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_HOST_KEYS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
)
from strategies.private_server import names, offers, own_names, own_offers, own_questions, place


def _these(*choices: Choice) -> Callable[[Situation], Sequence[Choice]]:
    return lambda _situation: choices


def _named(answers: Answers) -> bool:
    return answers.private_server.repository.url is not None


def _web(answers: Answers) -> bool:
    """Whether there may be a certificate: by SSH alone goes nothing but plain Git."""
    return _named(answers) and not (place.by_ssh(answers) and answers.private_server.server.kind == "plain")


def _authority_open(answers: Answers) -> bool:
    server = answers.private_server.server
    return _web(answers) and (server.ca_file is None or server.ca_fingerprint is not None)


def _has_api(answers: Answers) -> bool:
    return answers.private_server.server.kind not in (None, "plain")


def _needs_admin(answers: Answers) -> bool:
    asked = answers.private_server
    return _has_api(answers) and (asked.credentials.method == "make" or asked.repository.mode == "create")


def _method(*methods: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.private_server.credentials.method in methods


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="privateServer.repository.url",
        title="Clone URL",
        help="Of the repository on your server, https:// or ssh://, as Argo CD shall use it. The server is recognised by it.",
        page=Page.DETAILS,
        required=True,
        leads=True,
        choices=offers.repositories,
        judge=offers.judge_url,
        needs=(SERVER.id, SERVER_REPOSITORIES.id),
    ),
    *own_questions.QUESTIONS,
    Question(
        key="privateServer.server.caFingerprint",
        title="CA that was shown",
        help="Compare the fingerprint with what your security team publishes; space confirms it. The certificate is taken from "
        "what the server shows.",
        page=Page.DETAILS,
        kind=Kind.CONFIRM,
        leads=True,
        advanced=True,
        choices=own_offers.authorities,
        needs=(SERVER_CHAIN.id, OWN_CERTIFICATE.id),
        relevant=_authority_open,
    ),
    Question(
        key="privateServer.server.caFile",
        title="CA of the server",
        help="PEM file of the CA that signed its certificate. Open where this machine and Argo CD know it already.",
        page=Page.DETAILS,
        leads=True,
        judge=offers.judge_trust,
        needs=(SERVER_CHAIN.id,),
        relevant=_web,
    ),
    Question(
        key="privateServer.server.kind",
        title="Product",
        help="What runs there. Asked where it cannot be looked at from here.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        required=True,
        leads=True,
        suggest=own_offers.kind,
        choices=_these(
            Choice("gitlab", "GitLab"),
            Choice("bitbucket", "Bitbucket Data Center"),
            Choice("gitea", "Gitea"),
            Choice("forgejo", "Forgejo"),
            Choice("ghes", "GitHub Enterprise Server"),
            Choice("plain", "another Git server", "Git over HTTPS or SSH, nothing is made on it"),
        ),
        judge=offers.judge_kind,
        needs=(SERVER.id,),
        relevant=_named,
    ),
    Question(
        key="privateServer.server.hostKeys",
        title="SSH host keys",
        help="Compare the fingerprints with those that the server's administrator knows; space confirms one. Argo CD's known "
        "hosts get them.",
        page=Page.DETAILS,
        kind=Kind.LIST,
        required=True,
        leads=True,
        choices=offers.host_keys,
        judge=offers.judge_host_keys,
        needs=(SERVER_HOST_KEYS.id,),
        relevant=place.by_ssh,
    ),
    Question(
        key="privateServer.credentials.method",
        title="How Argo CD logs in",
        help="What is made may read this one repository and nothing else.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        leads=True,
        suggest=offers.suggested_method,
        choices=_these(
            Choice("make", "a credential that is made", "the least the product has, with an administrator's token"),
            Choice("token", "a token that is there", "user name and token, by reference"),
            Choice("bearer", "a bearer token that is there", "by reference; Argo CD 3.0 or newer"),
            Choice("ssh-key", "an SSH key that is there", "by reference"),
            Choice("none", "no login", "anybody who reaches the server may read it"),
        ),
        judge=offers.judge_method,
        needs=(SERVER.id, CLUSTER_GITOPS.id),
        relevant=_named,
    ),
    Question(
        key="privateServer.server.adminToken",
        title="Administrator's token",
        help="Makes the repository or the credential, and is kept nowhere. Where it is found: env:NAME, file:PATH, "
        "aws-secretsmanager:ID or prompt:.",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        required=True,
        leads=True,
        suggest=own_names.suggested_token,
        judge=own_offers.judge_token,
        needs=(SERVER_CALLER.id,),
        relevant=_needs_admin,
    ),
    Question(
        key="privateServer.credentials.username",
        title="User name",
        help="The one that goes with the token.",
        page=Page.DETAILS,
        leads=True,
        relevant=_method("token"),
    ),
    Question(
        key="privateServer.credentials.secret",
        title="Token or private key",
        help="Where it is found, never the thing itself: env:NAME, file:PATH or aws-secretsmanager:ID.",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        required=True,
        leads=True,
        relevant=_method("token", "bearer", "ssh-key"),
    ),
    Question(
        key="privateServer.repository.mode",
        title="Repository",
        help="Whether it is there, or made: private, and empty until it is filled.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        leads=True,
        suggest=own_offers.mode,
        choices=_these(Choice("existing", "it is there"), Choice("create", "it is made")),
        judge=offers.judge_mode,
        needs=(SERVER_REPOSITORY.id,),
        relevant=_has_api,
    ),
    Question(
        key="privateServer.repository.fill",
        title="What is in it",
        help="Whether it is written to directly, or is a copy of the source repository.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        leads=True,
        suggest=own_offers.fill,
        relevant=_named,
        choices=_these(
            Choice("none", "it is written to directly", "nothing is copied"),
            Choice("mirror", "a copy of the source repository", "branches and tags; `ezgitops mirror` renews it"),
        ),
    ),
    Question(
        key="privateServer.server.baseUrl",
        title="Where its API begins",
        help="Scheme, host, port and context path, without a slash at the end.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=own_offers.base,
        needs=(SERVER.id,),
        relevant=_has_api,
    ),
    Question(
        key="privateServer.server.adminUsername",
        title="User name of the administrator",
        help="For servers that want one beside the token.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_needs_admin,
    ),
    Question(
        key="privateServer.credentials.expiresDays",
        title="Days that it holds",
        help="Where the product lets a credential end. `ezgitops status` says when; `ezgitops renew` makes another.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_method("make"),
    ),
    Question(
        key="privateServer.credentials.prefix",
        title="For a whole group",
        help="The credential serves every repository whose URL begins so.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_method("token", "bearer", "ssh-key"),
    ),
    Question(
        key="privateServer.secretName",
        title="Repository secret",
        help="Name of the Secret by which Argo CD knows the repository.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_secret,
        needs=(CLUSTER_INFO.id,),
    ),
    Question(
        key="privateServer.probeImage",
        title="Image that looks from inside",
        help="By digest; the cluster's own tools image where it is left open.",
        page=Page.DETAILS,
        advanced=True,
        needs=(CLUSTER_INFO.id,),
    ),
)
