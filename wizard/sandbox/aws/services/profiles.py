"""Instance profiles as IAM keeps them, which EC2 hears of a moment later (IAM API reference)."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse

from wizard.sandbox.aws.services.base import AwsError, Extended


class ProfilesApi(Extended, IamResponse):
    """The operations that moto lacks, or answers otherwise. A mixin of the sandbox's IAM."""

    def create_instance_profile(self) -> ActionResult:
        """CreateInstanceProfile."""
        answer = super().create_instance_profile()
        answer.result["InstanceProfile"].changed_at = self.world.clock()
        return answer

    def add_role_to_instance_profile(self) -> ActionResult:
        """AddRoleToInstanceProfile: one role, no more; the same one again is one too many."""
        answer = super().add_role_to_instance_profile()
        self.world.iam.get_instance_profile(self.text("InstanceProfileName")).changed_at = self.world.clock()
        return answer

    def remove_role_from_instance_profile(self) -> ActionResult:
        """RemoveRoleFromInstanceProfile: a role that is not in it is an error."""
        name, role = self.text("InstanceProfileName"), self.text("RoleName")
        profile = self.world.iam.get_instance_profile(name)
        if role not in [one.name for one in profile.roles]:
            raise AwsError("NoSuchEntity", f"The role with name {role} cannot be found in instance profile {name}.")
        profile.delete_role(role)
        return EmptyResult()

    def list_instance_profiles(self) -> ActionResult:
        """ListInstanceProfiles, in one page, without tags: they are asked for one by one."""
        prefix = self.text("PathPrefix") or "/"
        found = [one for one in self.world.iam.get_instance_profiles() if one.path.startswith(prefix)]
        listed = [
            {
                "Arn": one.arn,
                "CreateDate": one.create_date,
                "InstanceProfileId": one.id,
                "InstanceProfileName": one.name,
                "Path": one.path,
                "Roles": one.roles,
            }
            for one in found
        ]
        return ActionResult({"InstanceProfiles": listed, "IsTruncated": False})

    def list_instance_profile_tags(self) -> ActionResult:
        """ListInstanceProfileTags, in one page."""
        profile = self.world.iam.get_instance_profile(self.text("InstanceProfileName"))
        return ActionResult({"Tags": profile.tags, "IsTruncated": False})
