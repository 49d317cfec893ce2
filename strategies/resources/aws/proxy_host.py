"""Reads what is on the machine of the proxy, by a script that only reads (``facts.ProxyHost``)."""

from __future__ import annotations

from collections.abc import Hashable
from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.bastion_proxy import host_script, machines
from strategies.bastion_proxy.probe import stranger
from strategies.common import effective
from strategies.facts import AWS_INSTANCES, PROXY_HOST, FactError, ProxyHost
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.run_command import RunCommand
from strategies.resources.aws.squid import LOOK_SECONDS, find, place_filters, reported

_STRATEGY = "bastion-proxy"
_NOBODY = "ezgitops"
"""Stands for the instance while it has no name yet: then nothing on the machine is taken for its own."""


def proxy_host_reader(sessions: AwsSessions) -> Reader:
    """The reader. It runs a command on somebody's machine: only where a check was asked for.

    There is nothing to look at where somebody else's proxy is used, and while the machine is not known.
    """

    def read(situation: Situation) -> ProxyHost | None:
        clients = sessions.clients(effective.profile(situation), effective.region(situation))
        return read_proxy_host(clients, RunCommand(clients), situation)

    return Reader(PROXY_HOST.id, _inputs, read, timeout=LOOK_SECONDS + 30.0, intrusive=True)


def _inputs(situation: Situation) -> Hashable | None:
    if situation.answers.strategy != _STRATEGY:
        return None
    place, where = effective.aws_place(situation), _where(situation)
    if place is None or where is None:
        return None
    return (place, where, effective.instance(situation), _git_host(situation), _stranger(situation))


def _where(situation: Situation) -> tuple[str | None, str | None, str] | None:
    """The machine's id, else its VPC and address; None while it is not known."""
    asked = situation.answers.bastion_proxy
    address = urlsplit(asked.proxy.url or "").hostname or ""
    if asked.proxy.method == "instance" and asked.instance.id is not None:
        return (asked.instance.id, None, address)
    if asked.proxy.method == "new" and situation.facts.known(AWS_INSTANCES.id):
        made = machines.ours(situation)  # whoever else has that address is no machine of ours to run a command on
        return (made.id if made is not None else None, asked.instance.vpc_id, address)
    return None


def _git_host(situation: Situation) -> str:
    return (urlsplit(situation.answers.source.url or "").hostname or "").lower()


def _stranger(situation: Situation) -> str:
    return stranger(situation.answers.bastion_proxy.allow.hosts or ())


def read_proxy_host(clients: AwsClients, command: RunCommand, situation: Situation) -> ProxyHost | None:
    """What is on the machine; None where it has yet to be made. Raises FactFailureError."""
    where = _where(situation)
    if where is None or where[0] is None:
        return None
    with clients.reading("the machine of the proxy", "ec2"):
        found = find(clients, place_filters(*where))
    if not found:
        raise FactFailureError(FactError(f"there is no machine {where[0]} in {clients.region}", "Choose one that is there."))
    instance_id, state = found[0].get("InstanceId", ""), found[0].get("State", {}).get("Name", "")
    if state != "running":
        start = f"aws ec2 start-instances --instance-ids {instance_id}"
        raise FactFailureError(FactError(f"{instance_id} is {state}", "Start it.", start))
    instance = effective.instance(situation) or _NOBODY
    script = host_script.look(instance, host=_git_host(situation), stranger=_stranger(situation))
    try:
        ran = command.look(instance_id, script, seconds=LOOK_SECONDS, comment="ezgitops: look at the proxy's machine")
        seen = reported(f"look at {instance_id}", ran)
    except ResourceError as error:
        raise FactFailureError(FactError(str(error), error.remedy)) from error
    return ProxyHost(
        instance_id,
        system=seen.system,
        squid_version=seen.version,
        offered=seen.offered,
        offer_error=seen.offer_error,
        running=seen.running,
        enabled=seen.enabled,
        configuration=seen.configuration,
        configuration_hash=seen.sha256,
        direct=seen.direct,
        direct_error=seen.direct_error,
        tls_issuer=seen.issuer,
        decisions=seen.decisions,
        log=seen.log,
    )
