"""The outside world as the engine sees it: AWS, one cluster, Git, this machine (``ports.World``).

Clients are made when they are first needed and are shared: one set for each profile and region, one for each context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import cast

import platformdirs

from strategies.answers import Answers
from strategies.base import Json, Owner, Resource, Situation
from strategies.common import effective
from strategies.common.servers.marks import RepositoryMark, credential_mark, repository_mark
from strategies.kinds import (
    ClusterObjectResource,
    GitCredentialResource,
    GitLabServerResource,
    KnownHostResource,
    MirrorResource,
    PipelineFileResource,
    ReadCredentialResource,
    RepoServerEnvironmentResource,
    SecretObjectResource,
    ServerAccess,
    ServerRepositoryResource,
    TrustedCertificateResource,
)
from strategies.ports import Execution, Handler, Reader, Site, SyncReport
from strategies.private_server import own, place
from strategies.resources.aws.account import account_readers
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.gitlab_server import GitLabServerHandler
from strategies.resources.aws.handlers import AWS_KINDS, aws_handlers
from strategies.resources.aws.inventory import inventory_readers
from strategies.resources.aws.mends import AWS_MENDS
from strategies.resources.aws.own_server import own_server_readers
from strategies.resources.aws.proxy_host import proxy_host_reader
from strategies.resources.aws.readers import aws_readers
from strategies.resources.aws.routing import routing_readers
from strategies.resources.aws.service_credentials import ServiceCredentials
from strategies.resources.cluster import (
    argocd,
    git_credential,
    known_host,
    kubeconfig,
    objects,
    read_credential,
    repo_server_environment,
    secret_object,
    trusted_certificate,
)
from strategies.resources.cluster.apis import strings
from strategies.resources.cluster.argocd_login import argocd_login
from strategies.resources.cluster.argocd_readers import argocd_readers
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.git_credential import GitCredentialHandler
from strategies.resources.cluster.known_host import KnownHostHandler
from strategies.resources.cluster.kubeconfig import KubeconfigError
from strategies.resources.cluster.marked_secrets import marked_secrets
from strategies.resources.cluster.mends import CLUSTER_MENDS
from strategies.resources.cluster.objects import ClusterObjectHandler
from strategies.resources.cluster.probe import probe_reader
from strategies.resources.cluster.read_credential import ReadCredentialHandler
from strategies.resources.cluster.readers import cluster_readers
from strategies.resources.cluster.repo_server_environment import RepoServerEnvironmentHandler
from strategies.resources.cluster.secret_object import SecretObjectHandler
from strategies.resources.cluster.trusted_certificate import TrustedCertificateHandler
from strategies.resources.git import mirror_change, pipeline_file, server_repository
from strategies.resources.git.codecommit import CodeCommit
from strategies.resources.git.content import content_reader
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.pipeline_file import PipelineFileHandler
from strategies.resources.git.program import GitLogin, GitProgram
from strategies.resources.git.server_host import ServerHost
from strategies.resources.git.server_repository import ServerRepositoryHandler
from strategies.resources.git.servers.desk import ServerDesk
from strategies.resources.git.servers.readers import server_readers
from strategies.resources.git.servers.source_trust import source_trust
from strategies.resources.git.servers.ssh import read_host_keys
from strategies.resources.git.source import source_login, source_reader, tree_reader
from strategies.resources.secrets import SecretResolver
from strategies.resources.workstation import workstation_readers

KINDS: Mapping[type[Resource], str] = {
    **AWS_KINDS,
    ClusterObjectResource: objects.KIND,
    GitCredentialResource: git_credential.KIND,
    MirrorResource: mirror_change.KIND,
    PipelineFileResource: pipeline_file.KIND,
    SecretObjectResource: secret_object.KIND,
    TrustedCertificateResource: trusted_certificate.KIND,
    RepoServerEnvironmentResource: repo_server_environment.KIND,
    ServerRepositoryResource: server_repository.KIND,
    ReadCredentialResource: read_credential.KIND,
    KnownHostResource: known_host.KIND,
}
"""The kind (``Change.kind``) of each resource class."""
_MIRRORS = "mirrors"
"""The folder of the cache in which mirrors are kept."""


class AwsAndClusterWorld:
    """Made once by the composition root; everything in it may be used from any thread.

    ``environ`` is the only environment that is looked at; ``ask_secret`` answers ``prompt:`` references (None: nobody can be
    asked); ``clock`` gives times with a zone; ``cache`` is where mirrors are kept (the user's cache folder when absent).
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        ask_secret: Callable[[str], str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        cache: Path | None = None,
    ) -> None:
        self._environ = environ
        self._clock = clock
        self._cache = cache or _cache_directory(environ)
        self._git = GitProgram(environ)
        self._sessions = AwsSessions(environ)
        self._secrets = SecretResolver(environ, ask_secret)
        self._lock = Lock()
        self._clusters: dict[str | None, KubeClient] = {}
        self._sites: dict[tuple[str | ServerAccess | place.Wanted | GitLabServerResource | None, ...], AwsAndClusterSite] = {}

    def readers(self) -> Sequence[Reader]:
        """One reader for each fact."""
        trust = source_trust(self._environ)
        return (
            *workstation_readers(self._environ, self._git, self._cache / _MIRRORS),
            *aws_readers(self._sessions),
            *account_readers(self._sessions, self._clock),
            *inventory_readers(self._sessions),
            *routing_readers(self._sessions),
            proxy_host_reader(self._sessions),
            *own_server_readers(self._sessions, self._resolve),
            *cluster_readers(self._cluster),
            *argocd_readers(self._cluster),
            probe_reader(self._cluster, self._clock),
            source_reader(self._git, self._resolve, trust),
            tree_reader(self._git, self._resolve, trust),
            content_reader(self._git, self._resolve, trust),
            *server_readers(self._environ, self._resolve, self._clock),
        )

    def site(self, answers: Answers) -> Site:
        """The site these answers name."""
        access, wanted, made = place.access(answers), place.wanted(answers), own.server(answers)
        key = (answers.aws.profile, answers.aws.region, answers.cluster.context, answers.argocd.namespace, access, wanted, made)
        cluster = self._cluster(answers.cluster.context)
        with self._lock:
            if key not in self._sites:
                aws = self._sessions.clients(answers.aws.profile, answers.aws.region)
                self._sites[key] = AwsAndClusterSite(
                    aws,
                    cluster,
                    self._git,
                    self._secrets,
                    namespace=answers.argocd.namespace,
                    environ=self._environ,
                    server=access,
                    wanted=wanted,
                    made=made,
                    clock=self._clock,
                    cache=self._cache / _MIRRORS,
                )
            return self._sites[key]

    def _cluster(self, context: str | None) -> KubeClient:
        with self._lock:
            if context not in self._clusters:
                self._clusters[context] = KubeClient(partial(kubeconfig.login, self._environ, context), self._clock)
            return self._clusters[context]

    def _resolve(self, situation: Situation, reference: str) -> str:
        clients = self._sessions.clients(effective.profile(situation), effective.region(situation))
        return self._secrets.resolve(reference, partial(_fetch, clients))


class AwsAndClusterSite:
    """One account, region and cluster (``ports.Site``); ``namespace`` is that of the Argo CD instance, when it is known.

    ``server`` is the private Git server of the answers, where they name one, ``wanted`` what is made there; ``made`` is that
    server, where they say that it is made too.
    """

    def __init__(
        self,
        aws: AwsClients,
        cluster: KubeClient,
        git: GitProgram,
        secrets: SecretResolver,
        *,
        namespace: str | None,
        environ: Mapping[str, str],
        server: ServerAccess,
        wanted: place.Wanted,
        made: GitLabServerResource | None,
        clock: Callable[[], datetime],
        cache: Path,
    ) -> None:
        self._aws = aws
        self._cluster = cluster
        self._secrets = secrets
        self._namespace = namespace
        renewal = None if made is None else partial(GitLabServerHandler(aws, self.resolve_secret).new_token, made)
        self._desk = desk = ServerDesk(environ, self.resolve_secret, clock, answered=server, new_token=renewal)
        cluster_objects = ClusterObjectHandler(cluster, namespace)
        mirrors = MirrorHandler(
            git, CodeCommit(aws, clock), self._source_login, cache,
            server=partial(_server_host, desk, git), reading=partial(self._read_only, git), kept=self._kept_mirror,
        )  # fmt: skip
        # A handler is only ever given resources of its own class: ``handler`` finds it by that class.
        ours = {
            objects.KIND: cast("Handler[Resource]", cluster_objects),
            git_credential.KIND: cast(
                "Handler[Resource]", GitCredentialHandler(cluster, cluster_objects, ServiceCredentials(aws))
            ),
            mirror_change.KIND: cast("Handler[Resource]", mirrors),
            pipeline_file.KIND: cast("Handler[Resource]", PipelineFileHandler()),
            secret_object.KIND: cast("Handler[Resource]", SecretObjectHandler(cluster_objects, self.resolve_secret)),
            trusted_certificate.KIND: cast(
                "Handler[Resource]", TrustedCertificateHandler(cluster, namespace, desk.shown_certificate)
            ),
            repo_server_environment.KIND: cast("Handler[Resource]", RepoServerEnvironmentHandler(cluster, namespace)),
            server_repository.KIND: cast(
                "Handler[Resource]", ServerRepositoryHandler(desk, self._told_repositories, wanted.repository)
            ),
            read_credential.KIND: cast(
                "Handler[Resource]",
                ReadCredentialHandler(cluster, cluster_objects, desk, clock, namespace, wanted.credential),
            ),
            known_host.KIND: cast("Handler[Resource]", KnownHostHandler(cluster, partial(read_host_keys, environ), namespace)),
        }
        self._handlers: Mapping[str, Handler[Resource]] = {**aws_handlers(aws, self.resolve_secret), **ours}

    def cluster_address(self) -> str:
        """URL of the cluster's API server; empty where the kubeconfig names none."""
        try:
            return self._cluster.server
        except (KubeError, KubeconfigError):
            return ""

    def handler(self, resource: Resource) -> Handler[Resource]:
        """The handler of a resource's kind. Raises KeyError for a class that has none."""
        return self._handlers[KINDS[type(resource)]]

    def handlers(self) -> Mapping[str, Handler[Resource]]:
        """Every handler, by kind."""
        return self._handlers

    def resolve_secret(self, reference: str) -> str:
        """The secret behind a reference. Raises ResourceError."""
        return self._secrets.resolve(reference, partial(_fetch, self._aws))

    def mend(self, operation: str, arguments: Mapping[str, Json], run: Execution) -> None:
        """Carry out the operation of a ``Mend``. Raises ResourceError; KeyError for an operation that does not exist."""
        if operation in AWS_MENDS:
            AWS_MENDS[operation](self._aws, arguments, run)
        else:
            CLUSTER_MENDS[operation](self._cluster, arguments, run)

    def hard_refresh(self, namespace: str, application: str) -> None:
        """Ask Argo CD to look again without its caches. Raises ResourceError."""
        argocd.hard_refresh(self._cluster, namespace, application)

    def sync_report(self, namespace: str, application: str) -> SyncReport | None:
        """The Application's status now, or None. Raises ResourceError."""
        return argocd.sync_report(self._cluster, namespace, application)

    def _told_repositories(self, owner: Owner) -> list[RepositoryMark]:
        """The repositories that the instance's Secrets tell of."""
        secrets = marked_secrets(self._cluster, owner, self._namespace)
        told = [repository_mark(strings(one, "metadata", "annotations")) for one in secrets]
        return [one for one in told if one is not None]

    def _kept_mirror(self, resource: MirrorResource) -> bool:
        """Whether a Secret of the instance tells of the mirror's target: Secrets are made after what they lead to is filled."""
        said = [
            strings(one, "metadata", "annotations") for one in marked_secrets(self._cluster, resource.owner, self._namespace)
        ]
        marks = [mark for one in said for mark in (repository_mark(one), credential_mark(one)) if mark is not None]
        where = resource.target.base_url if resource.target is not None else ""
        return any((mark.url, mark.path) == (where, resource.repository_name) for mark in marks)

    def _read_only(self, git: GitProgram, resource: MirrorResource) -> ServerHost | None:
        """The mirror's server, to be looked at with the login that Argo CD has; None where it has none over HTTPS."""
        access = resource.target
        if access is None:
            return None
        where = (access.base_url, resource.repository_name)
        login = argocd_login(self._cluster, resource.owner, self._namespace, *where, ca=self._desk.ca(access))
        if login is None:
            return None
        return ServerHost(self._desk, git, access, resource.repository_name, login.url, login)

    def _source_login(self, resource: MirrorResource) -> GitLogin | None:
        return source_login(resource.source_url, resource.source_username, resource.source_password, self.resolve_secret)


def _server_host(desk: ServerDesk, git: GitProgram, resource: MirrorResource) -> ServerHost:
    """The private server that a mirror fills. Only for a resource that names one."""
    if resource.target is None:
        raise ValueError(f"{resource.address} has no private server")
    return ServerHost(desk, git, resource.target, resource.repository_name, resource.target_url)


def _cache_directory(environ: Mapping[str, str]) -> Path:
    """XDG_CACHE_HOME where it is set, else the platform's own place."""
    chosen = environ.get("XDG_CACHE_HOME", "")
    return Path(chosen) / "ezgitops" if chosen.startswith("/") else platformdirs.user_cache_path("ezgitops")


def _fetch(clients: AwsClients, identity: str) -> str:
    """A secret of AWS Secrets Manager. Raises ResourceError."""
    with clients.working(f"read secret {identity}", "secretsmanager"):
        return clients.secretsmanager.get_secret_value(SecretId=identity).get("SecretString", "")
