"""GitLab on a machine of this plan, set up by scripts through Systems Manager's Run Command.

On the machine a mark in its configuration says whose it is. It goes with the machine, so there is nothing to delete here; what
it has put on the data volume is marked on the volume first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import HOLDS_TAG, GitLabServerResource
from strategies.ports import Execution, ResourceError
from strategies.private_server import own_report, own_script
from strategies.private_server.own_configuration import digest
from strategies.private_server.own_report import ServerReport
from strategies.resources.aws import changes, script_report
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.run_command import Ran, RunCommand
from strategies.resources.aws.squid import find, place_filters
from strategies.resources.aws.tags import as_mapping
from strategies.resources.aws.volume import find_volume, machine_made_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

LOOK_SECONDS = 60
_SET_UP_SECONDS = 2400
_READY = 200
_HELD = "gitlab"
_WAY = "It needs the interface endpoint secretsmanager with private DNS in its VPC, and its role the right to"
_NEEDS = "The machine has to have sh, base64, gzip, blkid, mkfs.ext4 and systemd, as Linux with GitLab's package does."
_FAILED = {
    "package": ("GitLab is not on the machine", "Name an image with GitLab's package installed (privateServer.own.imageId)."),
    "disk": ("the data volume does not show on the machine", "Choose an instance type of the Nitro system, as newer ones are."),
    "format": ("no filesystem could be made on the data volume", "Look into it on the machine."),
    "foreign-data": (
        "something else's data is on the data volume, which is never overwritten",
        "See what it is (blkid), then move it away or have another volume made.",
    ),
    "mount": ("the data volume could not be mounted", "Look into it: journalctl -b -t systemd"),
    "other-instance": ("the data on the volume is another instance's", "Destroy that instance first, or answer its name."),
    "fetch": ("the machine could not read the certificate's secret", f"{_WAY} read the secret."),
    "certificate": (
        "nginx cannot use the certificate or its key",
        "Answer privateServer.own.certificate and privateKey with PEM that belongs together, the key without a pass phrase.",
    ),
    "transfer": ("the configuration did not arrive whole", "Run it again."),
    "parse": ("Ruby does not accept the configuration; the old one is untouched", "Tell the makers of this program."),
    "start": ("GitLab's services could not be started", "Look into it: journalctl -u gitlab-runsvdir"),
    "reconfigure": ("gitlab-ctl reconfigure failed", "Look into it on the machine: /var/log/gitlab/reconfigure/"),
    "ready": ("GitLab did not become ready in ten minutes", "Look into it on the machine: gitlab-ctl status, gitlab-ctl tail"),
    "rails": ("GitLab's own console failed", "Look into it on the machine: gitlab-rails runner 'puts User.count'"),
    "store": ("the machine could not write its secret", f"{_WAY} write the secret."),
    "timer": ("the nightly backup could not be set up", "Look into it: systemctl status ezgitops-backup.timer"),
}


class GitLabServerHandler:
    """Reads and carries out ``GitLabServerResource``.

    ``resolve`` gives the secret behind a reference, or raises ResourceError.
    """

    kind: Final = "gitlab-server"
    rank: int = 60
    group = Group.AWS
    noun = "GitLab"
    found_as: str | None = None

    def __init__(
        self,
        clients: AwsClients,
        resolve: Callable[[str], str],
        command: RunCommand | None = None,
    ) -> None:
        self._clients = clients
        self._resolve = resolve
        self._command = command or RunCommand(clients)

    def read(self, resource: GitLabServerResource) -> Observed | None:
        """What is on the machine, by a script that only reads; None where there is no such machine. Raises ResourceError.

        A machine that is stopped, or made of something else than asked, is about to be started or made anew: it is not asked.
        """
        machine = self._machine(f"read GitLab {resource.host}", resource)
        if machine is None or machine.get("State", {}).get("Name") not in ("running", "pending"):
            return None
        instance = machine.get("InstanceId", "")
        if machine_made_of(machine) != resource.made_of:
            fields: dict[str, Json] = {"name": resource.host, "made_of": list(machine_made_of(machine))}
            return Observed(instance, fields, resource.owner, {"id": instance})
        script = own_script.look(resource.owner.instance, resource.host)
        ran = self._command.look(instance, script, seconds=LOOK_SECONDS, comment="ezgitops: look at GitLab")
        observed = _observed(resource, instance, reported(f"look at GitLab {resource.host}", ran))
        asked = hashlib.sha256(self._resolve(resource.certificate).encode()).hexdigest()
        fields = {**observed.fields, "certificate": observed.fields["certificate"] == asked}
        return Observed(instance, fields, observed.owner, observed.outputs)

    def plan(self, resource: GitLabServerResource, observed: Observed | None) -> Change:
        """Set it up, renew what differs, or name whose server is on the machine."""
        if observed is None or observed.owner is None:
            return changes.create(self.kind, resource, [FieldDiff("GitLab", None, f"https://{resource.host}")])
        if observed.owner != resource.owner:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"GitLab on {observed.provider_id} belongs to another instance.",
                "One server serves one instance: answer another address, or that instance's name.",
            )
        return changes.settle(self.kind, resource, observed, _differences(resource, observed))

    def create(self, resource: GitLabServerResource, run: Execution) -> Mapping[str, str]:
        """Mark the volume, then set GitLab up and wait until it is ready. Safe to repeat after a crash at any point."""
        run.progress("GitLab is configured on the machine: about ten minutes the first time")
        return self._set_up(resource, run)

    def new_token(self, resource: GitLabServerResource, run: Execution) -> None:
        """Have GitLab put a new administrator's token into its secret, all else as asked. Raises ResourceError."""
        run.progress("the administrator's token has ended: the machine makes a new one")
        self._set_up(resource, run, new_token=True)

    def _set_up(self, resource: GitLabServerResource, run: Execution, *, new_token: bool = False) -> Mapping[str, str]:
        what = f"set up GitLab {resource.host}"
        machine = self._machine(what, resource)
        if machine is None:
            raise ResourceError(what, "the machine is not there", "Plan again.", retryable=True)
        volume = self._claimed_volume(what, resource, run)
        script = own_script.set_up(
            own_script.Setup(
                instance=resource.owner.instance,
                host=resource.host,
                region=resource.region,
                volume_id=volume,
                configuration=resource.configuration,
                certificate_secret=resource.certificate_secret,
                password_secret=resource.password_secret,
                token_secret=resource.token_secret,
                keys_secret=resource.keys_secret,
                backup_folder=resource.backup_folder,
                new_token=new_token,
            )
        )
        instance, comment = machine.get("InstanceId", ""), "ezgitops: set up GitLab"
        ran = self._command.change(what, instance, script, run, seconds=_SET_UP_SECONDS, comment=comment)
        report = reported(what, ran)
        run.progress(f"GitLab {report.version} is ready at https://{resource.host}")
        return _observed(resource, instance, report).outputs

    def update(self, resource: GitLabServerResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same again: the script leaves alone what is as it should be."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Nothing: it goes with its machine, and its data stays on the volume."""

    def owned(self, owner: Owner) -> Iterable[Observed]:  # noqa: ARG002 - the port
        """Nothing of its own: machine, volume and secrets are found by their tags."""
        return ()

    def _machine(self, what: str, resource: GitLabServerResource) -> InstanceTypeDef | None:
        with self._clients.working(what, "ec2"):
            found = find(self._clients, place_filters(None, resource.vpc_id, resource.private_address))
        return found[0] if found else None

    def _claimed_volume(self, what: str, resource: GitLabServerResource, run: Execution) -> str:
        """The data volume, marked so that nothing deletes it from here on without its being named."""
        with self._clients.working(what, "ec2"):
            volume = find_volume(self._clients, resource.owner, resource.volume_name)
        if volume is None:
            raise ResourceError(what, f"there is no data volume {resource.volume_name}", "Plan again.", retryable=True)
        identity = volume.get("VolumeId", "")
        if as_mapping(volume.get("Tags", ())).get(HOLDS_TAG) != _HELD:
            tag = {"Key": HOLDS_TAG, "Value": _HELD}
            call: dict[str, Json] = {"Resources": [identity], "Tags": [dict(tag)]}
            with self._clients.working(what, "ec2"), run.mutation("ec2:CreateTags", call):
                self._clients.ec2.create_tags(Resources=[identity], Tags=[{"Key": HOLDS_TAG, "Value": _HELD}])
        return identity


def reported(what: str, ran: Ran) -> ServerReport:
    """The report of a script. Raises ResourceError where there is none, or where it says that a step failed."""
    return script_report.reported(what, ran, own_report.read, _FAILED, _NEEDS)


def _observed(resource: GitLabServerResource, instance: str, report: ServerReport) -> Observed:
    fields: dict[str, Json] = {
        "name": resource.host,
        "made_of": list(resource.made_of),
        "mounted": report.mounted,
        "sha256": report.sha256,
        "done": report.done,
        "ready": report.ready,
        "certificate": report.certificate,
        "backups": report.backups,
    }
    return Observed(instance, fields, Owner(report.owner) if report.owner else None, _outputs(resource, instance, report))


def _outputs(resource: GitLabServerResource, instance: str, report: ServerReport) -> dict[str, str]:
    """What ``status`` shows, in words."""
    backups = "none" if not report.backups else f"every night, the last one: {report.backup_result or 'none yet'}"
    return {
        "id": instance,
        "url": f"https://{resource.host}",
        "version": report.version,
        "server-state": "ready" if report.ready == _READY else "not ready",
        "data-used": report.used,
        "backups": backups,
        "root-password": f"aws-secretsmanager:{resource.password_secret}",
    }


def _differences(resource: GitLabServerResource, observed: Observed) -> list[FieldDiff]:
    """What is not as asked. That the administrator's token has ended is as it should be: who needs one has it made."""
    fields, diff = observed.fields, list[FieldDiff]()
    if fields["made_of"] != list(resource.made_of):
        return [FieldDiff("machine", fields["made_of"], list(resource.made_of))]
    wanted = digest(resource.configuration)
    if fields["sha256"] != wanted or fields["done"] != wanted:
        diff.append(FieldDiff("configuration", "another", "as asked"))
    if fields["mounted"] is not True:
        diff.append(FieldDiff("data volume", "not mounted", "mounted"))
    if fields["certificate"] is not True:
        diff.append(FieldDiff("certificate", "another", "as asked"))
    if fields["ready"] != _READY:
        diff.append(FieldDiff("ready", fields["ready"], _READY))
    if fields["backups"] is not (resource.backup_folder is not None):
        diff.append(FieldDiff("backups", fields["backups"], resource.backup_folder is not None))
    return diff
