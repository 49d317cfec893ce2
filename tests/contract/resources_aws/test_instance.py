"""The machine that is made: read, plan, create, update, delete, owned."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from strategies.answers import Answers
from strategies.base import Action, Group, Observed, Owner, Ref
from strategies.bastion_proxy import policies
from strategies.kinds import Ec2InstanceResource, IamRoleResource, InstanceProfileResource, SecurityGroupResource
from strategies.ports import ResourceError
from strategies.resources.aws.iam_role import IamRoleHandler
from strategies.resources.aws.instance import Ec2InstanceHandler
from strategies.resources.aws.instance_profile import InstanceProfileHandler
from strategies.resources.aws.security_group import SecurityGroupHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, Run, StartWorld, World

VPC, SUBNET = "vpc-0e1b2c3d4e5f60718", "subnet-0e0e0e0e0e0e0e0e0"
NAME = "prod-east-egress-proxy"
GROUP = "aws.security-group.proxy"
RESOURCE = Ec2InstanceResource(
    address="aws.instance.proxy",
    title="machine",
    group=Group.AWS,
    owner=OWNER,
    name="ezgitops-prod-east-proxy",
    vpc_id=VPC,
    subnet_id=SUBNET,
    private_address="10.1.1.20",
    instance_type="t4g.nano",
    image_parameter="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    security_group=GROUP,
    profile_name=NAME,
)
ANSWERS = Answers.model_validate({"name": "prod-east", "aws": {"region": "us-east-2", "account": "123456789012"}})
part = partial(dict, title="x", group=Group.AWS, owner=OWNER)


def prepare(world: World, *, rights: bool = True) -> Run:
    """Group, role and profile as the plan makes them; the run that knows their outputs."""
    run = world.run()
    group = SecurityGroupResource(
        **part(address=GROUP),
        name="ezgitops-prod-east-proxy",
        vpc_id=VPC,
        description="proxy",
        ingress_cidrs=("10.0.0.0/16",),
        port=3128,
        egress=(("0.0.0.0/0", 443),),
    )
    machine = policies.machine(ANSWERS) if rights else {"Version": "2012-10-17", "Statement": []}
    role = IamRoleResource(
        **part(address="aws.iam-role.proxy"),
        name=NAME,
        path="/",
        description="ezgitops",
        permissions_boundary=None,
        trust_policy=policies.machine_trust(ANSWERS),
        policy_name="run-command",
        policy=machine if rights else {"Version": "2012-10-17", "Statement": [_nothing()]},
    )
    run.outputs[Ref(GROUP, "id")] = SecurityGroupHandler(world.clients).create(group, run)["id"]
    IamRoleHandler(world.clients).create(role, run)
    InstanceProfileHandler(world.clients).create(
        InstanceProfileResource(**part(address="aws.instance-profile.proxy"), name=NAME, path="/"), run
    )
    run.calls.clear()
    return run


def _nothing() -> dict[str, object]:
    return {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}


def found(handler: Ec2InstanceHandler, resource: Ec2InstanceResource = RESOURCE) -> Observed:
    observed = handler.read(resource)
    assert observed is not None
    return observed


@pytest.fixture
def handler(world: World) -> Ec2InstanceHandler:
    return Ec2InstanceHandler(world.clients)


def test_it_is_launched_narrowly_and_waited_for(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action is Action.CREATE

    outputs = handler.create(RESOURCE, run)

    observed = found(handler)
    assert (observed.owner, observed.outputs) == (OWNER, outputs)
    assert outputs["address"] == "10.1.1.20"
    assert handler.plan(RESOURCE, observed).action is Action.NONE
    assert set(run.names) == {"ec2:RunInstances"}
    assert any("instance profile" in line for line in run.told), "IAM is eventually consistent"
    assert any("Systems Manager" in line for line in run.told)
    ec2 = world.clients.ec2
    (machine,) = ec2.describe_instances(InstanceIds=[outputs["id"]])["Reservations"][0]["Instances"]
    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    assert machine["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
    assert "PublicIpAddress" not in machine
    assert "KeyName" not in machine
    (disk,) = ec2.describe_volumes(VolumeIds=[machine["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]])["Volumes"]
    assert (disk["Encrypted"], disk["VolumeType"]) == (True, "gp3")
    tags = {tag["Key"]: tag["Value"] for tag in disk["Tags"]}
    assert tags["Name"] == RESOURCE.name
    online = world.clients.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [outputs["id"]]}])
    assert [one["PingStatus"] for one in online["InstanceInformationList"]] == ["Online"]


def test_a_crash_after_the_launch_makes_no_second_machine(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    run.crash_after = "ec2:RunInstances"
    run.sleep(60)
    with pytest.raises(CrashError):
        handler.create(RESOURCE, run)
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action in (Action.UPDATE, Action.NONE)
    again = world.run(outputs=run.outputs)
    handler.create(RESOURCE, again)
    assert again.names == []
    assert len(list(handler.owned(OWNER))) == 1


def test_a_stopped_machine_of_ours_is_started(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    machine = handler.create(RESOURCE, run)["id"]
    world.clients.ec2.stop_instances(InstanceIds=[machine])
    world.clients.ec2.modify_instance_metadata_options(InstanceId=machine, HttpTokens="optional")
    change = handler.plan(RESOURCE, found(handler))
    assert (change.action, [(one.path, one.before) for one in change.diff]) == (
        Action.UPDATE,
        [("state", "stopped"), ("metadata", "IMDSv1 too")],
    )
    again = world.run(outputs=run.outputs)
    handler.update(RESOURCE, found(handler), again)
    assert again.names == ["ec2:ModifyInstanceMetadataOptions", "ec2:StartInstances"]
    assert handler.plan(RESOURCE, found(handler)).action is Action.NONE


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (replace(RESOURCE, instance_type="t4g.micro"), "type"),
        (replace(RESOURCE, private_address="10.1.1.30"), "address"),
        (replace(RESOURCE, subnet_id="subnet-0e0e0e0e0e0e0e0e1"), "subnet"),
        (replace(RESOURCE, profile_name="another"), "profile"),
    ],
)
def test_what_ec2_cannot_change_is_made_anew(
    world: World, handler: Ec2InstanceHandler, asked: Ec2InstanceResource, path: str
) -> None:
    handler.create(RESOURCE, prepare(world))
    change = handler.plan(asked, found(handler, asked))
    assert (change.action, [one.path for one in change.diff]) == (Action.REPLACE, [path])


def test_the_same_address_is_free_again_for_the_next_one(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    first = handler.create(RESOURCE, run)["id"]
    handler.delete(found(handler), run)
    assert handler.read(RESOURCE) is None
    assert list(handler.owned(OWNER)) == []
    assert handler.create(RESOURCE, run)["id"] != first


def test_a_machine_that_a_killed_run_let_go_of_is_made_anew(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    old = handler.create(RESOURCE, run)["id"]
    world.clients.ec2.terminate_instances(InstanceIds=[old])
    dying = handler.read(RESOURCE)
    assert dying is not None
    assert handler.plan(RESOURCE, dying).action is Action.REPLACE, "it holds the address until it is gone"
    new = handler.create(RESOURCE, run)["id"]
    assert new != old
    assert [one.provider_id for one in handler.owned(OWNER)] == [new]


def test_an_address_of_somebody_else_s_is_in_the_way(world: World, handler: Ec2InstanceHandler) -> None:
    asked = replace(RESOURCE, private_address="10.1.1.10")
    conflict = handler.plan(asked, handler.read(asked)).conflict
    assert conflict is not None
    assert "machine i-0c1b2c3d4e5f60010" in conflict
    run = prepare(world)
    with pytest.raises(ResourceError) as caught:
        handler.create(asked, run)
    assert "i-0c1b2c3d4e5f60010" in caught.value.why
    assert run.names == []
    handler.create(RESOURCE, run)
    assert handler.plan(asked, found(handler, asked)).conflict is not None, "before ours would be given up"


def test_deleting_what_is_gone_is_success(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    handler.create(RESOURCE, run)
    (observed,) = handler.owned(OWNER)
    assert list(handler.owned(Owner("other"))) == []
    handler.delete(observed, run)
    handler.delete(observed, run)
    handler.delete(replace(observed, provider_id="i-0123456789abcdef0"), run)
    group = SecurityGroupHandler(world.clients)
    (left,) = group.owned(OWNER)
    group.delete(left, run)


def test_a_machine_that_is_never_heard_of_is_said(start_world: StartWorld) -> None:
    with start_world() as world:
        run = prepare(world, rights=False)
        with pytest.raises(ResourceError) as caught:
            Ec2InstanceHandler(world.clients).create(RESOURCE, run)
    assert "after 10 minutes it is not heard of yet" in caught.value.why
    assert "ssm, ssmmessages and ec2messages" in caught.value.remedy


def test_an_image_parameter_that_is_not_there_is_said(world: World, handler: Ec2InstanceHandler) -> None:
    run = prepare(world)
    with pytest.raises(ResourceError) as caught:
        handler.create(replace(RESOURCE, image_parameter="/aws/service/nobody"), run)
    assert caught.value.why == "there is no such parameter in this region"
    assert run.names == []
