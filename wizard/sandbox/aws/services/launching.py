"""RunInstances held to what its page in the EC2 API reference says ("RunInstances"; "Error codes for the Amazon EC2 API")."""

from __future__ import annotations

from collections.abc import Mapping

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Reservation
from moto.ec2.responses import EC2Response

from wizard.sandbox.aws.services.base import AwsError, Extended
from wizard.sandbox.aws.services.instances import InstancesBackend

_TWICE = "Network interfaces and an instance-level {what} may not be specified on the same request"
_OTHERWISE = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."


class LaunchingApi(Extended, EC2Response):
    """The operation that moto takes too easily. A mixin of the sandbox's EC2."""

    def run_instances(self) -> ActionResult:
        """RunInstances: what is asked is looked at before anything is made; the same client token gives the same machine."""
        backend: InstancesBackend = self.ec2_backend
        for name in ("MinCount", "MaxCount"):
            if self._get_param(name) is None:
                raise AwsError("MissingParameter", f"The request must contain the parameter {name}")
        interfaces: list[Mapping[str, object]] = self._get_param("NetworkInterfaces") or []
        for name, what in (("SubnetId", "subnet ID"), ("SecurityGroupIds", "security groups")):
            if interfaces and self._get_param(name):
                raise AwsError("InvalidParameterCombination", _TWICE.format(what=what))
        first = interfaces[0] if interfaces else {}
        subnet = str(first.get("SubnetId") or self.text("SubnetId"))
        address = str(first.get("PrivateIpAddress") or self.text("PrivateIpAddress"))
        groups = first.get("Groups") or self._get_param("SecurityGroupIds") or []
        again = self._launched_before()
        if again is not None:
            return ActionResult(again)
        if not subnet:
            raise AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
        backend.usable_image(self.text("ImageId"), self.text("InstanceType"))
        backend.check_groups(subnet, [str(one) for one in groups] if isinstance(groups, list) else [])
        if address:
            backend.check_address(subnet, address)
        if self.text("IamInstanceProfile.Name"):
            backend.usable_profile(self.text("IamInstanceProfile.Name"))
        answer = super().run_instances()
        for instance in answer.result.instances:
            # An interface that is made with its machine goes with it, unless it was asked to stay.
            for interface in instance.nics.values():
                interface.delete_on_termination = first.get("DeleteOnTermination") is not False
            backend.launched(instance)
        return answer

    def terminate_instances(self) -> ActionResult:
        """TerminateInstances. Without telling the load balancers and scaling groups that this account does not have."""
        self.error_on_dryrun()
        ended = self.ec2_backend.terminate_instances(self._get_param("InstanceIds") or [])
        told = [
            {"InstanceId": one.id, "CurrentState": {"Code": one.state_code, "Name": one.state}, "PreviousState": before}
            for one, before in ended
        ]
        return ActionResult({"TerminatingInstances": told})

    def _launched_before(self) -> Reservation | None:
        token = self.text("ClientToken")
        for reservation in self.ec2_backend.all_reservations():
            for instance in reservation.instances:
                if token and instance.client_token == token:
                    if instance.instance_type != self.text("InstanceType"):
                        message = (
                            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
                        )
                        raise AwsError("IdempotentParameterMismatch", message)
                    return reservation
        return None
