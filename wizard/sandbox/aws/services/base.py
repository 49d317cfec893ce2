"""What every extended service shares."""

from __future__ import annotations

from typing import ClassVar

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from wizard.sandbox.aws.world import World

STATUS = {"AccessDenied": 403, "DryRunOperation": 412, "UnauthorizedOperation": 403}
"""Codes that are not in botocore's models, whose status is not 400 (EC2 and IAM API references, "Common errors")."""


class AwsError(ServiceException):
    """An error of a service: ``AwsError(code, message)``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


class Extended(BaseResponse):
    """Responses that know the sandbox's world. ``world`` is set on the subclass that serves it."""

    world: ClassVar[World]

    def serialized(self, action_result: ActionResult) -> tuple[int, dict[str, str], str | bytes]:
        """As moto does, with the status of errors that botocore's models do not list."""
        status, headers, body = super().serialized(action_result)
        error = action_result.result
        if isinstance(error, ServiceException) and error.code in STATUS:
            status = STATUS[error.code]
        return status, headers, body

    def text(self, name: str) -> str:
        """A parameter as text; empty when it was not given."""
        value = self._get_param(name)
        return "" if value is None else str(value)
