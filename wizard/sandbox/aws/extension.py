"""How the sandbox's services take the place of moto's: backend, responses and URL map, for as long as a server runs."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar
from wsgiref.types import WSGIApplication

from moto.codecommit.models import codecommit_backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.model_instances import reset_model_data
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import create_backend_app
from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends
from moto.sts.models import STSBackend, sts_backends

from wizard.sandbox.aws.services.base import Extended
from wizard.sandbox.aws.services.codecommit import SandboxCodeCommit, SandboxCodeCommitApi
from wizard.sandbox.aws.services.ec2 import SandboxEc2, SandboxEc2Api
from wizard.sandbox.aws.services.iam import SandboxIam, SandboxIamApi
from wizard.sandbox.aws.services.quotas import SandboxQuotasApi
from wizard.sandbox.aws.services.ssm import SandboxSsmApi
from wizard.sandbox.aws.services.sts import SandboxStsApi
from wizard.sandbox.aws.world import World

MODULES = {
    "codecommit": "codecommit",
    "ec2": "ec2",
    "iam": "iam",
    "kms": "kms",
    "route53": "route53",
    "secretsmanager": "secretsmanager",
    "servicequotas": "servicequotas",
    "ssm": "ssm",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}
"""The services that this account has: signing name to moto's module."""


class Mapped(BaseBackend):
    """A backend that brings its own URL map: everything goes to ``api``."""

    api: ClassVar[type[Extended]]

    @property
    def _url_module(self) -> SimpleNamespace:
        return SimpleNamespace(url_bases=[r"https?://.*"], url_paths={"{0}/$": self.api.dispatch})


@dataclass(frozen=True, slots=True)
class Extension:
    """One extended service."""

    backends: BackendDict
    original: type[BaseBackend]
    backend: type[BaseBackend]
    api: type[Extended]

    def install(self, world: World) -> None:
        """Let moto make our backends, all knowing ``world``."""
        api = type(self.api.__name__, (self.api,), {"world": world})
        self.backends.backend = type(self.backend.__name__, (Mapped, self.backend), {"world": world, "api": api})

    def remove(self) -> None:
        """Let moto make its own again."""
        self.backends.backend = self.original


EXTENSIONS = tuple(
    Extension(backends, backends.backend, backend, api)
    for backends, backend, api in (
        (codecommit_backends, SandboxCodeCommit, SandboxCodeCommitApi),
        (ec2_backends, SandboxEc2, SandboxEc2Api),
        (iam_backends, SandboxIam, SandboxIamApi),
        (ssm_backends, SimpleSystemManagerBackend, SandboxSsmApi),
        (servicequotas_backends, ServiceQuotasBackend, SandboxQuotasApi),
        (sts_backends, STSBackend, SandboxStsApi),
    )
)


def install(world: World) -> None:
    """Begin with an empty account that belongs to ``world``."""
    uninstall()
    for extension in EXTENSIONS:
        extension.install(world)


def uninstall() -> None:
    """Forget every account that moto holds in this process, and all extensions."""
    BackendDict.reset()
    reset_model_data()
    for extension in EXTENSIONS:
        extension.remove()


class Applications:
    """The WSGI application of each service, made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, WSGIApplication] = {}

    def __call__(self, service: str) -> WSGIApplication | None:
        """The application of a service by its signing name; None for one that this account does not have."""
        if service not in self._made and service in MODULES:
            self._made[service] = create_backend_app(MODULES[service])
        return self._made.get(service)
