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
from strategies.base import Json, Resource, Situation
from strategies.common import effective
from strategies.kinds import (
    ClusterObjectResource,
    GitCredentialResource,
    MirrorResource,
    PipelineFileResource,
    RepoServerEnvironmentResource,
    SecretObjectResource,
    TrustedCertificateResource,
)
from strategies.ports import Execution, Handler, Reader, Site, SyncReport
from strategies.resources.aws.account import account_readers
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.handlers import AWS_KINDS, aws_handlers
from strategies.resources.aws.inventory import inventory_readers
from strategies.resources.aws.mends import AWS_MENDS
from strategies.resources.aws.proxy_host import proxy_host_reader
from strategies.resources.aws.readers import aws_readers
from strategies.resources.aws.routing import routing_readers
from strategies.resources.aws.service_credentials import ServiceCredentials
from strategies.resources.cluster import (
    argocd,
    git_credential,
    kubeconfig,
    objects,
    repo_server_environment,
    secret_object,
    trusted_certificate,
)
from strategies.resources.cluster.argocd_readers import argocd_readers
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.git_credential import GitCredentialHandler
from strategies.resources.cluster.kubeconfig import KubeconfigError
from strategies.resources.cluster.mends import CLUSTER_MENDS
from strategies.resources.cluster.objects import ClusterObjectHandler
from strategies.resources.cluster.probe import probe_reader
from strategies.resources.cluster.readers import cluster_readers
from strategies.resources.cluster.repo_server_environment import RepoServerEnvironmentHandler
from strategies.resources.cluster.secret_object import SecretObjectHandler
from strategies.resources.cluster.trusted_certificate import TrustedCertificateHandler
from strategies.resources.git import mirror, pipeline_file
from strategies.resources.git.codecommit import CodeCommit
from strategies.resources.git.content import content_reader
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.pipeline_file import PipelineFileHandler
from strategies.resources.git.program import GitLogin, GitProgram
from strategies.resources.git.source import source_login, source_reader, tree_reader
from strategies.resources.secrets import SecretResolver
from strategies.resources.workstation import workstation_readers

KINDS: Mapping[type[Resource], str] = {
    **AWS_KINDS,
    ClusterObjectResource: objects.KIND,
    GitCredentialResource: git_credential.KIND,
    MirrorResource: mirror.KIND,
    PipelineFileResource: pipeline_file.KIND,
    SecretObjectResource: secret_object.KIND,
    TrustedCertificateResource: trusted_certificate.KIND,
    RepoServerEnvironmentResource: repo_server_environment.KIND,
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
        self._sites: dict[tuple[str | None, ...], AwsAndClusterSite] = {}

    def readers(self) -> Sequence[Reader]:
        """One reader for each fact."""
        return (
            *workstation_readers(self._environ, self._git, self._cache / _MIRRORS),
            *aws_readers(self._sessions),
            *account_readers(self._sessions, self._clock),
            *inventory_readers(self._sessions),
            *routing_readers(self._sessions),
            proxy_host_reader(self._sessions),
            *cluster_readers(self._cluster),
            *argocd_readers(self._cluster),
            probe_reader(self._cluster, self._clock),
            source_reader(self._git, self._resolve),
            tree_reader(self._git, self._resolve),
            content_reader(self._git, self._resolve),
        )

    def site(self, answers: Answers) -> Site:
        """The site these answers name."""
        key = (answers.aws.profile, answers.aws.region, answers.cluster.context, answers.argocd.namespace)
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
    """One account, region and cluster (``ports.Site``); ``namespace`` is that of the Argo CD instance, when it is known."""

    def __init__(
        self,
        aws: AwsClients,
        cluster: KubeClient,
        git: GitProgram,
        secrets: SecretResolver,
        *,
        namespace: str | None,
        clock: Callable[[], datetime],
        cache: Path,
    ) -> None:
        self._aws = aws
        self._cluster = cluster
        self._secrets = secrets
        cluster_objects = ClusterObjectHandler(cluster, namespace)
        # A handler is only ever given resources of its own class: ``handler`` finds it by that class.
        ours = {
            objects.KIND: cast("Handler[Resource]", cluster_objects),
            git_credential.KIND: cast(
                "Handler[Resource]", GitCredentialHandler(cluster, cluster_objects, ServiceCredentials(aws))
            ),
            mirror.KIND: cast("Handler[Resource]", MirrorHandler(git, CodeCommit(aws, clock), self._source_login, cache)),
            pipeline_file.KIND: cast("Handler[Resource]", PipelineFileHandler()),
            secret_object.KIND: cast("Handler[Resource]", SecretObjectHandler(cluster_objects, self.resolve_secret)),
            trusted_certificate.KIND: cast("Handler[Resource]", TrustedCertificateHandler(cluster, namespace)),
            repo_server_environment.KIND: cast("Handler[Resource]", RepoServerEnvironmentHandler(cluster, namespace)),
        }
        self._handlers: Mapping[str, Handler[Resource]] = {**aws_handlers(aws), **ours}

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

    def _source_login(self, resource: MirrorResource) -> GitLogin | None:
        return source_login(resource.source_url, resource.source_username, resource.source_password, self.resolve_secret)


def _cache_directory(environ: Mapping[str, str]) -> Path:
    """XDG_CACHE_HOME where it is set, else the platform's own place."""
    chosen = environ.get("XDG_CACHE_HOME", "")
    return Path(chosen) / "ezgitops" if chosen.startswith("/") else platformdirs.user_cache_path("ezgitops")


def _fetch(clients: AwsClients, identity: str) -> str:
    """A secret of AWS Secrets Manager. Raises ResourceError."""
    with clients.working(f"read secret {identity}", "secretsmanager"):
        return clients.secretsmanager.get_secret_value(SecretId=identity).get("SecretString", "")
