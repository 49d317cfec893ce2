"""Squid on a machine of the account: read, plan, create, update, delete, owned; and the look at that machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from strategies.answers import Answers
from strategies.base import Action, Group, Owner, Situation
from strategies.bastion_proxy.squid import configuration
from strategies.facts import AWS_PROFILES, AwsProfiles, Configuration, Facts, Reading
from strategies.kinds import SquidResource
from strategies.ports import FactFailureError, ResourceError
from strategies.resources.aws.proxy_host import proxy_host_reader, read_proxy_host
from strategies.resources.aws.run_command import RunCommand
from strategies.resources.aws.squid import SQUID_TAG, SquidHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, Run, StartWorld, World
from wizard.sandbox.aws.commands import Said
from wizard.sandbox.certificates import Authority
from wizard.sandbox.machines.machines import Internet, Machines
from wizard.sandbox.network.proxy import ConnectProxy, Refuse
from wizard.sandbox.reaper import Reaper

MACHINE, ADDRESS = "i-0c1b2c3d4e5f60010", "10.1.1.10"
EGRESS_VPC = "vpc-0e1b2c3d4e5f60718"
RESOURCE = SquidResource(
    address="aws.squid.proxy",
    title="Squid",
    group=Group.AWS,
    owner=OWNER,
    instance_id=MACHINE,
    vpc_id=None,
    private_address=ADDRESS,
    port=3128,
    configuration=configuration(["github.com"], ["10.0.0.0/16"], 3128, OWNER.instance),
    replace_foreign=False,
)
WIDER = configuration(["github.com", "codeload.github.com"], ["10.0.0.0/16"], 3128, OWNER.instance)


def _breathe(_seconds: float) -> None:
    """Scripts run in the time of this machine: asking without a pause would only keep them from it."""
    time.sleep(0.05)


class _Run(Run):
    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        _breathe(seconds)


@dataclass
class Site:
    """The account with its machines."""

    world: World
    machines: Machines
    handler: SquidHandler
    command: RunCommand

    def plan(self, resource: SquidResource = RESOURCE) -> Action:
        return self.handler.plan(resource, self.handler.read(resource)).action

    def run(self, crash_after: str | None = None) -> Run:
        return _Run(self.world.clock, crash_after=crash_after)

    def tags(self) -> dict[str, str]:
        told = self.world.clients.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [MACHINE]}])["Tags"]
        return {one.get("Key", ""): one.get("Value", "") for one in told}


@contextmanager
def opened(start_world: StartWorld, folder: Path, **machine: object) -> Iterator[Site]:
    """The healthy account; ``machine`` is what its scenario says otherwise of the machine in the egress VPC."""
    made: list[Machines] = []

    def change(scenario: dict[str, object]) -> None:
        vpcs = cast("list[dict[str, list[dict[str, object]]]]", scenario["vpcs"])
        for one in (one for vpc in vpcs for one in vpc["instances"] if one["id"] == MACHINE):
            one.update(machine)

    def shell(instance_id: str, script: str, seconds: float) -> Said | None:
        return made[0].execute(instance_id, script, seconds)

    with start_world(change, shell) as world:
        nobody = ConnectProxy("internet", lambda host, _port: Refuse(f"no {host}"))
        nobody.start()
        folder.mkdir(exist_ok=True)
        bundle = Authority().write_bundle(folder / "ca.pem")
        reaper = Reaper(folder / "machines")
        machines = Machines(
            folder / "machines",
            bundle=lambda: bundle,
            find=world.server.machine,
            find_at=world.server.machine_at,
            internet=Internet(lambda: int(nobody.url.rpartition(":")[2])),
            reaper=reaper,
        )
        machines.start()
        made.append(machines)
        command = RunCommand(world.clients, sleep=_breathe)
        try:
            yield Site(world, machines, SquidHandler(world.clients, command), command)
        finally:
            machines.stop()
            nobody.stop()
            reaper.close()


@pytest.fixture
def site(start_world: StartWorld, tmp_path: Path) -> Iterator[Site]:
    with opened(start_world, tmp_path) as site:
        yield site


def test_it_is_set_up_found_again_and_cleared(site: Site) -> None:
    first = site.handler.plan(RESOURCE, site.handler.read(RESOURCE))
    assert first.action is Action.CREATE
    assert {one.path: one.after for one in first.diff}["allowed hosts"] == ["github.com"]
    run = site.run()
    outputs = site.handler.create(RESOURCE, run)
    assert run.names == ["ec2:CreateTags", "ssm:SendCommand"]
    assert outputs["proxy-state"] == "running"
    assert outputs["allow-list"] == "as asked"
    assert any("listens on port 3128" in line for line in run.told)
    found = site.handler.read(RESOURCE)
    assert found is not None
    assert (found.owner, found.outputs) == (OWNER, outputs)
    assert site.plan() is Action.NONE
    assert [one.provider_id for one in site.handler.owned(OWNER)] == [MACHINE]
    assert not list(site.handler.owned(Owner("other")))
    for _ in range(2):
        site.handler.delete(found, site.run())
        assert SQUID_TAG not in site.tags()
    assert not list(site.handler.owned(OWNER))
    assert site.plan() is Action.CREATE


@pytest.mark.parametrize("call", ["ec2:CreateTags", "ssm:SendCommand"])
def test_a_crash_on_the_way_is_mended_by_the_next_run(site: Site, call: str) -> None:
    with pytest.raises(CrashError):
        site.handler.create(RESOURCE, site.run(crash_after=call))
    assert [one.provider_id for one in site.handler.owned(OWNER)] == [MACHINE], "destroy finds it from the first call on"
    half = site.handler.read(RESOURCE)
    assert half is not None
    site.handler.update(RESOURCE, half, site.run())
    assert site.plan() is Action.NONE


@pytest.mark.parametrize("call", ["ssm:SendCommand", "ec2:DeleteTags"])
def test_a_crash_while_it_is_cleared_leaves_nothing_behind(site: Site, call: str) -> None:
    site.handler.create(RESOURCE, site.run())
    for found in site.handler.owned(OWNER):
        with pytest.raises(CrashError):
            site.handler.delete(found, site.run(crash_after=call))
    for found in site.handler.owned(OWNER):
        site.handler.delete(found, site.run())
    assert SQUID_TAG not in site.tags()
    seen = site.handler.read(RESOURCE)
    assert seen is not None
    assert seen.fields["configuration"] == Configuration.PACKAGED


def test_what_differs_is_told_and_mended(site: Site) -> None:
    site.handler.create(RESOURCE, site.run())
    wider = replace(RESOURCE, configuration=WIDER)
    change = site.handler.plan(wider, site.handler.read(wider))
    assert change.action is Action.UPDATE
    assert [(one.path, one.before, one.after) for one in change.diff] == [
        ("allowed hosts", ["github.com"], ["codeload.github.com", "github.com"])
    ]
    found = site.handler.read(wider)
    assert found is not None
    assert found.outputs["allow-list"] == "differs from the answers"
    site.handler.update(wider, found, site.run())
    assert site.plan(wider) is Action.NONE


def test_what_somebody_does_on_the_machine_is_seen(site: Site) -> None:
    site.handler.create(RESOURCE, site.run())
    site.machines.write(MACHINE, "/etc/squid/ezgitops.conf", RESOURCE.configuration + "http_access allow all\n")
    change = site.handler.plan(RESOURCE, site.handler.read(RESOURCE))
    assert [(one.path, one.before) for one in change.diff] == [("configuration", "changed on the machine")]
    site.machines.write(MACHINE, "/etc/squid/ezgitops.conf", RESOURCE.configuration)
    site.machines.stop_squid(MACHINE)
    found = site.handler.read(RESOURCE)
    assert found is not None
    assert found.outputs["proxy-state"] == "stopped"
    assert [one.path for one in site.handler.plan(RESOURCE, found).diff] == ["running"]
    site.machines.write(MACHINE, "/etc/squid/squid.conf", "http_port 3128\nhttp_access allow all\n")
    assert site.handler.plan(RESOURCE, site.handler.read(RESOURCE)).conflict is not None


def test_another_instance_is_in_the_way(site: Site) -> None:
    site.handler.create(RESOURCE, site.run())
    text = configuration(["example.org"], ["10.9.0.0/16"], 3128, "other")
    other = replace(RESOURCE, owner=Owner("other"), configuration=text, replace_foreign=True)
    change = site.handler.plan(other, site.handler.read(other))
    assert change.action is Action.NONE
    assert change.conflict is not None
    assert "of the instance prod-east" in change.conflict
    with pytest.raises(ResourceError, match="belongs to the instance prod-east"):
        site.handler.create(other, site.run())
    assert site.tags()[SQUID_TAG] == OWNER.instance


def test_a_foreign_configuration_is_a_conflict_unless_it_may_be_put_aside(start_world: StartWorld, tmp_path: Path) -> None:
    machine = {"squid": {"installed": True, "configuration": "foreign", "running": True}}
    with opened(start_world, tmp_path, machine=machine) as site:
        change = site.handler.plan(RESOURCE, site.handler.read(RESOURCE))
        assert change.conflict is not None
        assert "foreignConfiguration=replace" in change.conflict
        taken = replace(RESOURCE, replace_foreign=True)
        assert site.plan(taken) is Action.CREATE
        with pytest.raises(ResourceError, match="somebody else's Squid configuration"):
            site.handler.create(RESOURCE, site.run())
        site.handler.create(taken, site.run())
        for found in site.handler.owned(OWNER):
            site.handler.delete(found, site.run())
        seen = site.handler.read(RESOURCE)
        assert seen is not None
        assert (seen.fields["configuration"], seen.fields["running"]) == (Configuration.FOREIGN, True)


MADE = replace(RESOURCE, instance_id=None, vpc_id=EGRESS_VPC)
"""The same on a machine of the plan."""


def ours(site: Site) -> None:
    """Give the machine the tags of one that was made."""
    tags = [{"Key": key, "Value": value} for key, value in OWNER.tags.items()]
    site.world.clients.ec2.create_tags(Resources=[MACHINE], Tags=tags)  # type: ignore[arg-type]


def test_a_machine_of_the_plan_is_one_of_ours_at_its_address(site: Site) -> None:
    assert site.handler.read(MADE) is None, "somebody else's machine has the address"
    assert site.plan(MADE) is Action.CREATE
    with pytest.raises(ResourceError, match="not there") as failure:
        site.handler.create(MADE, site.run())
    assert failure.value.retryable
    ours(site)
    assert site.handler.create(MADE, site.run())["id"] == MACHINE
    assert site.plan(MADE) is Action.NONE
    moved = replace(MADE, private_address="10.1.1.99")
    found = site.handler.read(moved)
    assert found is not None
    assert found.outputs["proxy-state"] == "not known: its machine has another address"
    assert site.handler.plan(moved, found).action is Action.CREATE


@pytest.mark.parametrize(
    ("machine", "why"),
    [({"state": "stopped"}, "its machine is stopped"), ({"ssm": "lost"}, "ConnectionLost"), ({"ssm": "none"}, "not managed")],
)
def test_a_machine_of_the_plan_that_cannot_be_looked_at_counts_as_bare(
    start_world: StartWorld, tmp_path: Path, machine: dict[str, str], why: str
) -> None:
    with opened(start_world, tmp_path, **machine) as site:
        ours(site)
        found = site.handler.read(MADE)
        assert found is not None, "it is told, so that its Squid does not seem to be left over"
        assert (found.provider_id, found.owner) == (MACHINE, OWNER)
        assert why in found.outputs["proxy-state"]
        assert site.handler.plan(MADE, found).action is Action.CREATE


def test_the_squid_of_a_machine_of_ours_goes_with_it(site: Site) -> None:
    site.handler.create(RESOURCE, site.run())
    ours(site)
    run = site.run()
    for found in site.handler.owned(OWNER):
        site.handler.delete(found, run)
    assert run.names == ["ec2:DeleteTags"]


def test_why_a_machine_is_not_reached(start_world: StartWorld, tmp_path: Path) -> None:
    with opened(start_world, tmp_path / "a", state="stopped") as site, pytest.raises(ResourceError) as failure:
        site.handler.read(RESOURCE)
    assert "is stopped" in failure.value.why
    assert f"aws ec2 start-instances --instance-ids {MACHINE}" in failure.value.remedy
    with opened(start_world, tmp_path / "b", ssm="lost") as site, pytest.raises(ResourceError, match="ConnectionLost"):
        site.handler.read(RESOURCE)
    with opened(start_world, tmp_path / "c", ssm="none") as site, pytest.raises(ResourceError, match="not managed"):
        site.handler.read(RESOURCE)
    with opened(start_world, tmp_path / "d") as site, pytest.raises(ResourceError, match="no such machine"):
        site.handler.read(replace(RESOURCE, instance_id="i-0123456789abcdef0"))


def situation(**proxy: object) -> Situation:
    """Answers for the machine in the egress VPC, changed."""
    data: dict[str, object] = {
        "name": OWNER.instance,
        "strategy": "bastion-proxy",
        "aws": {"region": "us-east-2", "profile": "prod-east"},
        "source": {"url": "https://github.com/acme/cluster-config.git"},
        "bastionProxy": {"proxy": {"url": f"http://{ADDRESS}:3128"}, "instance": {"id": MACHINE}, **proxy},
    }
    facts = Facts().with_reading(
        AWS_PROFILES.id, Reading(AwsProfiles((), None, None), None, datetime(2026, 11, 24, tzinfo=UTC), 0.0)
    )
    return Situation(Answers.model_validate(data), facts)


def test_the_look_at_the_machine(site: Site) -> None:
    seen = read_proxy_host(site.world.clients, site.command, situation())
    assert seen is not None
    assert (seen.instance_id, seen.system, seen.squid_version) == (MACHINE, "Amazon Linux 2023", "6.13-1.amzn2023.0.1")
    assert (seen.configuration, seen.running, seen.direct) == (Configuration.PACKAGED, False, None)
    assert "Timeout was reached" in seen.direct_error
    site.handler.create(RESOURCE, site.run())
    seen = read_proxy_host(site.world.clients, site.command, situation())
    assert seen is not None
    assert (seen.configuration, seen.running) == (Configuration.OURS, True)
    assert not site.run().calls


def test_a_machine_that_has_yet_to_be_made_is_no_failure(site: Site) -> None:
    made = situation(proxy={"method": "new", "url": "http://10.1.1.99:3128"}, instance={"vpcId": EGRESS_VPC})
    assert read_proxy_host(site.world.clients, site.command, made) is None
    with pytest.raises(FactFailureError, match="no machine i-0123456789abcdef0"):
        read_proxy_host(site.world.clients, site.command, situation(instance={"id": "i-0123456789abcdef0"}))


def test_the_look_is_only_for_who_needs_it(site: Site) -> None:
    reader = proxy_host_reader(site.world.sessions)
    assert reader.intrusive
    assert reader.inputs(situation()) is not None
    existing = situation(proxy={"method": "existing", "url": "http://proxy.acme.example:3128"})
    assert reader.inputs(existing) is None
    other = existing.answers.model_copy(update={"strategy": "codecommit"})
    assert reader.inputs(Situation(other, existing.facts)) is None
