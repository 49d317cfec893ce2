"""CodeCommit's Git endpoint: ``https://git-codecommit.REGION.amazonaws.com/v1/repos/NAME``.

AWS CodeCommit user guide: names are case-sensitive and never end in ``.git`` ("Quotas"), every request is authenticated
("HTTPS connections"), and ``codecommit:GitPull`` / ``codecommit:GitPush`` on the repository's ARN decide ("Permissions
reference").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from werkzeug.datastructures import Authorization

from wizard.sandbox.aws.views import EndpointView
from wizard.sandbox.git import backend
from wizard.sandbox.git.passwords import CredentialStore, Refused, verify

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TARGET = re.compile(r"(/v1/repos/([^/]+))(/info/refs|/git-upload-pack|/git-receive-pack)")
_ACTIONS = {"git-upload-pack": "codecommit:GitPull", "git-receive-pack": "codecommit:GitPush"}


class Account(CredentialStore, Protocol):
    """What is asked of the AWS account."""

    def allowed(self, principal_arn: str, action: str, resource_arn: str) -> bool:
        """What the identity's policies say."""


class CodeCommit:
    """A WSGI application for one region's Git host.

    ``endpoint`` is None on the public side; inside the VPC it returns the interface endpoint that carries the request, whose
    policy then has a say as well. ``note`` receives one line for each refusal, with the reason that CodeCommit keeps to itself.
    """

    def __init__(
        self,
        account: Account,
        *,
        git_root: Path,
        host: str,
        region: str,
        arn_prefix: str,
        now: Callable[[], datetime],
        endpoint: Callable[[], EndpointView | None] | None = None,
        note: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._account = account
        self._git_root = git_root
        self._host = host
        self._region = region
        self._arn_prefix = arn_prefix
        self._now = now
        self._endpoint = endpoint
        self._note = note

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", ""))
        match = _TARGET.fullmatch(path)
        service = backend.service_of(environ)
        if match is None or service is None:
            return _text(start_response, "404 Not Found", "Not Found")
        repository_path, name, suffix = match.groups()
        authorization = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
        if authorization is None or authorization.type != "basic":
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="AWS CodeCommit"'), ("Content-Length", "0")])
            return []
        principal = verify(
            str(authorization.username or ""),
            str(authorization.password or ""),
            host=self._host,
            path=repository_path,
            region=self._region,
            store=self._account,
            now=self._now,
        )
        if isinstance(principal, Refused):
            return self._forbidden(start_response, f"{service} {repository_path}: {principal.why}")
        action, arn = _ACTIONS[service], f"{self._arn_prefix}{name}"
        if not self._account.allowed(principal, action, arn):
            return self._forbidden(start_response, f"{principal} may not {action} on {arn}")
        if self._endpoint is not None:
            endpoint = self._endpoint()
            if endpoint is None or not endpoint.permits(principal, action, arn):
                return self._forbidden(start_response, f"the endpoint policy does not let {principal} {action} on {arn}")
        repository = self._repository(name)
        if repository is None:
            self._note(f"{repository_path}: no such repository")
            return _text(start_response, "404 Not Found", "Repository does not exist")
        return backend.serve(
            repository, environ, start_response, suffix=suffix, user=principal, config={"http.receivepack": "true"}
        )

    def _repository(self, name: str) -> Path | None:
        # Compared with the listing, as some file systems do not tell upper from lower case.
        wanted = f"{name}.git"
        return next((entry for entry in self._git_root.iterdir() if entry.name == wanted), None)

    def _forbidden(self, start_response: StartResponse, why: str) -> Iterable[bytes]:
        self._note(why)
        start_response("403 Forbidden", [("Content-Length", "0")])
        return []


def _text(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]
