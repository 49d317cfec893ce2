"""Run Command of Systems Manager: scripts for machines, which run them (SSM API reference, SendCommand and on)."""

from __future__ import annotations

import re
import threading

from moto.core.responses import ActionResult

from wizard.sandbox.aws.commands import Command
from wizard.sandbox.aws.services.base import AwsError, Extended

_DOCUMENT = "AWS-RunShellScript"
_PARAMETERS = ("commands", "executionTimeout", "workingDirectory")
_LONGEST_COMMENT = 100
_LARGEST = 64 * 1024
_DELIVERY = range(30, 2_592_001)
_SECONDS = 3600.0


class RunCommandApi(Extended):
    """The two operations. A mixin: ``ping_status`` is told by who knows the machines."""

    def ping_status(self, instance_id: str) -> str | None:
        """``Online``, ``ConnectionLost``, or None for a machine that is not managed."""
        raise NotImplementedError

    def send_command(self) -> ActionResult:
        """SendCommand, for the document ``AWS-RunShellScript`` and one machine."""
        document, instances = self.text("DocumentName"), list(self._get_param("InstanceIds") or [])
        parameters: dict[str, list[str]] = self._get_param("Parameters") or {}
        delivery = int(self._get_param("TimeoutSeconds") or 3600)
        if document != _DOCUMENT:
            raise AwsError("InvalidDocument", f"Document with name {document} does not exist.")
        if delivery not in _DELIVERY:
            message = f"Value '{delivery}' at 'timeoutSeconds' failed to satisfy constraint: at least 30, at most 2592000"
            raise AwsError("ValidationException", message)
        if len(self.text("Comment")) > _LONGEST_COMMENT:
            raise AwsError("ValidationException", "Value at 'comment' failed to satisfy constraint: length at most 100")
        if not parameters.get("commands") or not set(parameters) <= set(_PARAMETERS):
            raise AwsError("InvalidParameters", f"Invalid parameters for document {document}: {', '.join(sorted(parameters))}")
        if sum(len(text) for values in parameters.values() for text in values) > _LARGEST:
            raise AwsError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.")
        if len(instances) != 1 or self.ping_status(instances[0]) != "Online":
            named = ", ".join(instances)
            account = self.world.scenario.account_id
            raise AwsError("InvalidInstanceId", f"Instances [[{named}]] not in a valid state for account {account}")
        command = Command(instances[0], self.text("Comment"))
        self.world.commands[command.id] = command
        wanted = (parameters.get("executionTimeout") or [""])[0]
        seconds = float(wanted) if re.fullmatch("[0-9]{1,6}", wanted) else _SECONDS
        script = "\n".join(parameters["commands"])
        threading.Thread(target=command.carry_out, args=(self.world.shell, script, seconds), daemon=True).start()
        told = {
            "CommandId": command.id,
            "DocumentName": document,
            "Comment": command.comment,
            "InstanceIds": instances,
            "Parameters": parameters,
            "Status": "Pending",
            "StatusDetails": "Pending",
            "TargetCount": 1,
            "TimeoutSeconds": delivery,
        }
        return ActionResult({"Command": told})

    def get_command_invocation(self) -> ActionResult:
        """GetCommandInvocation. The first question comes before the answer is known everywhere, as it often does in AWS."""
        command = self.world.commands.get(self.text("CommandId"))
        if command is None or command.instance_id != self.text("InstanceId") or not command.asked:
            if command is not None:
                command.asked = True
            raise AwsError("InvocationDoesNotExist", "")
        status = command.status
        ended = status not in ("Pending", "InProgress")
        return ActionResult(
            {
                "CommandId": command.id,
                "InstanceId": command.instance_id,
                "Comment": command.comment,
                "DocumentName": _DOCUMENT,
                "DocumentVersion": "1",
                "PluginName": "aws:runShellScript",
                "ResponseCode": command.code if ended else -1,
                "Status": status,
                "StatusDetails": command.details if ended else status,
                "StandardOutputContent": command.output if ended else "",
                "StandardErrorContent": command.errors if ended else "",
            }
        )
