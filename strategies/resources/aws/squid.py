"""Squid on the proxy's machine: looked at, set up and cleared by scripts through Systems Manager.

A machine whose Squid is ours carries the tag ``ezgitops.dev/squid`` with the name of the instance, so that ``destroy`` finds it
without the answers. It is put there first and taken off last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.bastion_proxy import host_report, host_script
from strategies.bastion_proxy.host_report import HostReport
from strategies.bastion_proxy.squid import Asked, asked_by, digest
from strategies.facts import Configuration
from strategies.kinds import SQUID_TAG, SquidResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes, script_report
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.instance_states import Watch
from strategies.resources.aws.run_command import Ran, RunCommand, UnreachedError
from strategies.resources.aws.tags import as_mapping, owner_filters, owner_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef

LOOK_SECONDS = 60
_INSTALL_SECONDS = 600
_REMOVE_SECONDS = 120
_THERE = ("pending", "running", "stopping", "stopped")
_GONE = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
_NEEDS = "The machine has to have sh, base64, gzip, curl, rpm and systemd, as Amazon Linux 2023 and RHEL 9 do."
_FAILED = {
    "system": ("it is no system with rpm", "Choose a machine with Amazon Linux 2023 or RHEL 9."),
    "package": ("the package squid could not be installed", "See to the machine's way to its package repositories."),
    "other-instance": ("its Squid belongs to another instance", "Choose another machine, or destroy that instance first."),
    "foreign": (
        "somebody else's Squid configuration is there",
        "Choose another machine, or answer bastionProxy.squid.foreignConfiguration=replace to have it put aside.",
    ),
    "transfer": ("the configuration did not arrive whole", "Run it again."),
    "parse": ("Squid does not accept the configuration; the old one is untouched", "Tell the makers of this program."),
    "start": ("Squid did not begin to listen; what was there before is back", "Look into it: journalctl -u squid"),
    "stop": ("Squid could not be stopped", "Look into it: journalctl -u squid"),
}


def find(clients: AwsClients, filters: list[FilterTypeDef]) -> list[InstanceTypeDef]:
    """The machines that fit, without those that are terminated. Raises botocore's errors."""
    states: FilterTypeDef = {"Name": "instance-state-name", "Values": list(_THERE)}
    pages = clients.ec2.get_paginator("describe_instances").paginate(Filters=[*filters, states])
    return [one for page in pages for group in page["Reservations"] for one in group.get("Instances", ())]


def place_filters(instance_id: str | None, vpc_id: str | None, address: str) -> list[FilterTypeDef]:
    """What finds a machine: its id, else its VPC and its private address."""
    if instance_id is not None:
        return [{"Name": "instance-id", "Values": [instance_id]}]
    return [{"Name": "vpc-id", "Values": [vpc_id or ""]}, {"Name": "private-ip-address", "Values": [address]}]


class SquidHandler:
    """Reads and carries out ``SquidResource``."""

    kind: Final = "squid"
    rank: int = 45
    group = Group.AWS
    noun = "Squid on"
    found_as: str | None = None

    def __init__(self, clients: AwsClients, command: RunCommand | None = None) -> None:
        self._clients = clients
        self._command = command or RunCommand(clients)

    def read(self, resource: SquidResource) -> Observed | None:
        """What is on the machine, by a script that only reads. Raises ResourceError.

        None where a machine of the plan is yet to be made. One that the plan has to start first counts as bare.
        """
        what = f"read Squid on {resource.instance_id or resource.private_address}"
        if resource.instance_id is None:
            return self._read_made(what, resource)
        with self._clients.working(what, "ec2"):
            found = find(self._clients, place_filters(resource.instance_id, None, ""))
        if not found:
            remedy = "Answer bastionProxy.instance.id with a machine that is there."
            raise ResourceError(what, "there is no such machine in this account and region", remedy)
        machine = found[0]
        instance_id, state = machine.get("InstanceId", ""), machine.get("State", {}).get("Name", "")
        if state not in ("running", "pending"):
            raise ResourceError(
                what, f"{instance_id} is {state}", f"Start it: aws ec2 start-instances --instance-ids {instance_id}"
            )
        return self._look(what, resource, machine)

    def _read_made(self, what: str, resource: SquidResource) -> Observed | None:
        """On the machine that has our tags: whoever else has its address is no machine of ours to run a command on."""
        with self._clients.working(what, "ec2"):
            found = find(self._clients, owner_filters(resource.owner))
        if not found:
            return None
        place = (resource.vpc_id, resource.private_address)
        machine = min(found, key=lambda one: _place(one) != place)
        state = machine.get("State", {}).get("Name", "")
        if state != "running":
            return _bare(resource, machine, f"its machine is {state}")
        if _place(machine) != place:
            return _bare(resource, machine, "its machine has another address")
        try:
            return self._look(what, resource, machine)
        except UnreachedError as error:
            return _bare(resource, machine, error.why)

    def _look(self, what: str, resource: SquidResource, machine: InstanceTypeDef) -> Observed:
        instance_id = machine.get("InstanceId", "")
        script = host_script.look(resource.owner.instance)
        ran = self._command.look(instance_id, script, seconds=LOOK_SECONDS, comment="ezgitops: look at Squid")
        return _observed(resource, machine, reported(what, ran))

    def plan(self, resource: SquidResource, observed: Observed | None) -> Change:
        """Set it up, renew what differs, or name whose configuration is in the way."""
        asked = asked_by(resource.configuration)
        if observed is None or "bare" in observed.fields:
            return changes.create(self.kind, resource, _fresh(resource, asked))
        configuration = observed.fields["configuration"]
        if configuration == Configuration.OTHER_INSTANCE:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"Squid on {observed.provider_id} lets out what another cluster asked for.",
                "One machine serves one instance: choose another machine, or have a new one made (bastionProxy.proxy.method).",
            )
        if configuration == Configuration.FOREIGN and not resource.replace_foreign:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"/etc/squid/squid.conf on {observed.provider_id} is neither the package's own nor written by this program.",
                "Choose another machine, or answer bastionProxy.squid.foreignConfiguration=replace: it is then kept as "
                "/etc/squid/squid.conf.before-ezgitops, and comes back with destroy.",
            )
        if observed.owner != resource.owner:
            return changes.create(self.kind, resource, _fresh(resource, asked, observed))
        return changes.settle(self.kind, resource, observed, _differences(resource, asked, observed))

    def create(self, resource: SquidResource, run: Execution) -> Mapping[str, str]:
        """Mark the machine, then install. Safe to repeat after a crash at any point.

        A run that was killed may have left a machine of the plan whose agent is not there yet: that is waited for.
        """
        what = f"set up Squid on {resource.instance_id or resource.private_address}"
        made = resource.instance_id is None
        filters = place_filters(resource.instance_id, resource.vpc_id, resource.private_address)
        with self._clients.working(what, "ec2"):
            found = find(self._clients, [*filters, *(owner_filters(resource.owner) if made else ())])
        if made and found:
            Watch(self._clients).online(found[0].get("InstanceId", ""), run)
        return self._set_up(what, resource, found, run)

    def update(self, resource: SquidResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """The same again: the script leaves alone what is as it should be."""
        what = f"set up Squid on {observed.provider_id}"
        with self._clients.working(what, "ec2"):
            found = find(self._clients, place_filters(observed.provider_id, None, ""))
        return self._set_up(what, resource, found, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Give the machine back as it was: its old configuration and state, without our mark. The package stays."""
        instance_id, what = observed.provider_id, f"clear Squid from {observed.provider_id}"
        with self._clients.working(what, "ec2"):
            found = find(self._clients, place_filters(instance_id, None, ""))
        if not found:
            return
        tags = as_mapping(found[0].get("Tags", ()))
        owner = Owner(tags.get(SQUID_TAG, run.owner.instance))
        if owner_of(tags) != owner:
            # On a machine of our own there is nobody to give it back to: it goes with the machine.
            self._clear(what, instance_id, found[0], owner, run)
        self._untag(what, instance_id, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every machine whose mark says that its Squid is this instance's."""
        with self._clients.working("list machines with Squid of ours", "ec2"):
            found = find(self._clients, [{"Name": f"tag:{SQUID_TAG}", "Values": [owner.instance]}])
        return [
            Observed(one["InstanceId"], {"name": _name(one)}, owner, {"id": one["InstanceId"]})
            for one in found
            if "InstanceId" in one
        ]

    def _set_up(
        self, what: str, resource: SquidResource, found: Sequence[InstanceTypeDef], run: Execution
    ) -> Mapping[str, str]:
        if not found:
            raise ResourceError(what, "the machine is not there", "Plan again.", retryable=True)
        machine = found[0]
        instance_id, instance = machine.get("InstanceId", ""), resource.owner.instance
        try:
            script = host_script.install(
                instance, resource.configuration, resource.port, replace_foreign=resource.replace_foreign
            )
        except ValueError as error:
            raise ResourceError(what, str(error), "Allow fewer hosts (bastionProxy.allow.hosts).") from error
        mark = as_mapping(machine.get("Tags", ())).get(SQUID_TAG)
        if mark not in (None, instance):
            why = f"its Squid belongs to the instance {mark}"
            raise ResourceError(what, why, "Choose another machine, or destroy that instance first.")
        if mark is None:
            call: dict[str, Json] = {"Resources": [instance_id], "Tags": [{"Key": SQUID_TAG, "Value": instance}]}
            with self._clients.working(f"tag {instance_id}", "ec2"), run.mutation("ec2:CreateTags", call):
                self._clients.ec2.create_tags(Resources=[instance_id], Tags=[{"Key": SQUID_TAG, "Value": instance}])
        comment = "ezgitops: set up Squid"
        ran = self._command.change(what, instance_id, script, run, seconds=_INSTALL_SECONDS, comment=comment)
        report = reported(what, ran)
        run.progress(f"Squid {report.version} listens on port {resource.port}")
        for line in report.log[-2:]:
            run.progress(f"last in its log: {line}")
        return _observed(resource, machine, report).outputs

    def _clear(self, what: str, instance_id: str, machine: InstanceTypeDef, owner: Owner, run: Execution) -> None:
        state = machine.get("State", {}).get("Name", "")
        if state != "running":
            raise ResourceError(
                what,
                f"{instance_id} is {state}, so Squid's old configuration cannot be put back",
                f"Start it (aws ec2 start-instances --instance-ids {instance_id}) and run it again, or give it up as it is: "
                f"aws ec2 delete-tags --resources {instance_id} --tags Key={SQUID_TAG}",
            )
        script = host_script.remove(owner.instance)
        comment = "ezgitops: give Squid back as it was"
        reported(what, self._command.change(what, instance_id, script, run, seconds=_REMOVE_SECONDS, comment=comment))

    def _untag(self, what: str, instance_id: str, run: Execution) -> None:
        call: dict[str, Json] = {"Resources": [instance_id], "Tags": [{"Key": SQUID_TAG}]}
        with self._clients.working(what, "ec2"), run.mutation("ec2:DeleteTags", call):
            try:
                self._clients.ec2.delete_tags(Resources=[instance_id], Tags=[{"Key": SQUID_TAG}])
            except ClientError as error:
                if code(error) not in _GONE:
                    raise


def reported(what: str, ran: Ran) -> HostReport:
    """The report of a script. Raises ResourceError where there is none, or where it says that a step failed."""
    return script_report.reported(what, ran, host_report.read, _FAILED, _NEEDS)


def _place(machine: InstanceTypeDef) -> tuple[str, str]:
    return machine.get("VpcId", ""), machine.get("PrivateIpAddress", "")


def _bare(resource: SquidResource, machine: InstanceTypeDef, why: str) -> Observed:
    """A machine of ours that cannot be looked at. It is told all the same: without it, its Squid would seem to be left over."""
    instance_id = machine.get("InstanceId", "")
    fields: dict[str, Json] = {"name": _name(machine), "bare": why}
    return Observed(instance_id, fields, resource.owner, {"id": instance_id, "proxy-state": f"not known: {why}"})


def _observed(resource: SquidResource, machine: InstanceTypeDef, report: HostReport) -> Observed:
    instance_id = machine.get("InstanceId", "")
    mark = as_mapping(machine.get("Tags", ())).get(SQUID_TAG)
    owner = report.owner or mark
    asked = report.asked
    fields: dict[str, Json] = {
        "name": _name(machine),
        "configuration": report.configuration.value,
        "sha256": report.sha256,
        "running": report.running,
        "enabled": report.enabled,
        "mark": mark,
        "hosts": None if asked is None else list(asked.hosts),
        "clients": None if asked is None else list(asked.clients),
        "port": None if asked is None else asked.port,
    }
    return Observed(instance_id, fields, Owner(owner) if owner else None, _outputs(resource, instance_id, report))


def _outputs(resource: SquidResource, instance_id: str, report: HostReport) -> dict[str, str]:
    """What ``status`` shows, in words."""
    as_asked = report.sha256 == digest(resource.configuration)
    state = "not installed" if report.version is None else "running" if report.running else "stopped"
    return {
        "id": instance_id,
        "version": report.version or "",
        "proxy-state": state,
        "allow-list": "as asked" if as_asked else "differs from the answers",
        "last-connection": report.log[-1] if report.log else "none",
    }


def _fresh(resource: SquidResource, asked: Asked | None, observed: Observed | None = None) -> list[FieldDiff]:
    there = None if observed is None else observed.fields["configuration"]
    diff = [
        FieldDiff("configuration", None if there == Configuration.NONE else there, "ours"),
        FieldDiff("port", None, resource.port),
    ]
    if asked is not None:
        diff += [FieldDiff("allowed hosts", None, list(asked.hosts)), FieldDiff("clients", None, list(asked.clients))]
    return diff


def _differences(resource: SquidResource, asked: Asked | None, observed: Observed) -> list[FieldDiff]:
    fields, diff = observed.fields, list[FieldDiff]()
    if fields["sha256"] != digest(resource.configuration):
        if asked is not None:
            wanted: list[tuple[str, str, Json]] = [
                ("allowed hosts", "hosts", list(asked.hosts)),
                ("clients", "clients", list(asked.clients)),
                ("port", "port", asked.port),
            ]
            diff += [FieldDiff(path, fields[name], value) for path, name, value in wanted if fields[name] != value]
        if not diff:
            diff.append(FieldDiff("configuration", "changed on the machine", "as asked"))
    for name in ("running", "enabled"):
        if fields[name] is not True:
            diff.append(FieldDiff(name, fields[name], True))
    if fields["mark"] != resource.owner.instance:
        diff.append(FieldDiff(f"tag {SQUID_TAG}", fields["mark"], resource.owner.instance))
    return diff


def _name(machine: InstanceTypeDef) -> str:
    return as_mapping(machine.get("Tags", ())).get("Name") or machine.get("InstanceId", "")
