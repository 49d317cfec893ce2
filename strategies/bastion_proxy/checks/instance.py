"""The machine of the proxy: whether it is there, runs, and can be reached by Systems Manager."""

from __future__ import annotations

from strategies.base import Check, Mend, Situation, Verdict
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.checks.places import address_and_port, proxy_place, somebody_elses, take_another, title
from strategies.common import effective
from strategies.common.aws_names import endpoint_service
from strategies.common.shown import shown
from strategies.common.verdicts import aws, failed, passed, unknown, unseen, warned
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_PROXY_AGENT,
    AWS_ROUTING,
    AWS_VPCS,
    Instance,
    ManagedInstance,
)

_SSM_ENDPOINTS = ("ssm", "ssmmessages")
"""What the agent needs where there is no other way to Systems Manager (Systems Manager user guide, "Improve the security of EC2
instances by using VPC endpoints"); agents before 3.3.40 also ``ec2messages``."""


def instance(situation: Situation) -> Verdict:
    """The machine answered is there, runs, is no node of a cluster, and has the address that the proxy's URL names."""
    elses = somebody_elses(situation)
    if elses is not None:
        return elses
    blind = unseen(situation, AWS_INSTANCES.id)
    if blind is not None:
        return blind
    if situation.answers.bastion_proxy.proxy.method == "new":
        return _made(situation)
    asked, found = situation.answers.bastion_proxy.instance.id, machines.chosen(situation)
    listing = aws(situation, "ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=running,stopped")
    another = take_another(situation)
    if asked is None:
        return failed("no machine is chosen", "Answer bastionProxy.instance.id.", listing, mend=another)
    if found is None:
        evidence = f"there is no machine {asked} in this account and region"
        return failed(evidence, "Correct bastionProxy.instance.id, aws.region or aws.profile.", listing, mend=another)
    machine = found.machine
    if machine.clusters:
        evidence = f"{title(machine)} is a node of {', '.join(machine.clusters)}"
        return failed(evidence, "Choose another machine: nodes are replaced without asking.", listing, mend=another)
    if not machine.up:
        start = aws(situation, "ec2", "start-instances", "--instance-ids", machine.id)
        return failed(f"{title(machine)} is {machine.state}", "Start it; whoever stopped it may have had a reason.", start)
    address, port = address_and_port(situation)
    if address != machine.address:
        url = f"http://{machine.address}:{port or machines.PORT}"
        edits = Mend("Use its address", f"Answers bastionProxy.proxy.url with {url}.", {"bastionProxy.proxy.url": url})
        evidence = f"bastionProxy.proxy.url names {address or 'nothing'}, and {title(machine)} has {machine.address}"
        return failed(evidence, "Correct bastionProxy.proxy.url.", mend=edits)
    if machine.instance is not None and machine.instance != situation.answers.name:
        evidence = f"{title(machine)} was made by ezgitops for the instance {machine.instance}"
        return warned(evidence, "Choose another machine, or keep in mind that ezgitops destroy of that instance removes it.")
    return passed(f"{title(machine)}, {machine.type or 'of unknown type'}, {machine.state} at {machine.address}")


def _made(situation: Situation) -> Verdict:
    there, asked = machines.ours(situation), situation.answers.bastion_proxy.instance
    if there is None:
        return passed(f"the plan makes one: {asked.type} at {address_and_port(situation)[0] or 'an address not yet answered'}")
    after = "" if there.up else ": the plan starts it"
    return passed(f"{title(there)}, which was made for this instance, is {there.state}{after}")


def ssm(situation: Situation) -> Verdict:
    """Systems Manager reaches the machine: that is how Squid gets there (Systems Manager user guide, "SSM Agent")."""
    elses = somebody_elses(situation)
    if elses is not None:
        return elses
    machine, agent = _machine(situation), situation.facts.get(AWS_PROXY_AGENT)
    blind = unseen(situation, AWS_INSTANCES.id)
    if machine is None and blind is None and situation.answers.bastion_proxy.proxy.method == "new":
        return passed("the plan makes the machine, with what Systems Manager needs")
    blind = blind or unseen(situation, AWS_PROXY_AGENT.id)
    if blind is not None or machine is None:
        return blind or unknown("the machine is not known")
    if agent is None or agent.id != machine.id:
        return unknown("not read yet")
    if agent.kind not in ("", "Linux"):
        evidence = f"{title(machine)} runs {shown(agent.platform or agent.kind)}"
        return failed(evidence, "Choose a machine with Amazon Linux 2023 or RHEL.", mend=take_another(situation))
    if agent.ping == "Online":
        details = ", ".join(one for one in (agent.platform, f"agent {agent.agent}" if agent.agent else "") if one)
        return passed(f"{title(machine)} is online{f': {shown(details)}' if details else ''}")
    return _out_of_reach(situation, machine, agent)


def _machine(situation: Situation) -> Instance | None:
    found = machines.chosen(situation)
    return None if found is None else found.machine


def _out_of_reach(situation: Situation, machine: Instance, agent: ManagedInstance) -> Verdict:
    command = aws(situation, "ssm", "describe-instance-information", "--filters", f"Key=InstanceIds,Values={machine.id}")
    lost = _missing_endpoints(situation, machine)
    way = f" Its subnet has no way out, and its VPC no endpoint {' and '.join(lost)}: make them." if lost else ""
    if agent.ping is not None:
        heard = f", last heard of at {agent.last_ping:%Y-%m-%d %H:%M} UTC" if agent.last_ping is not None else ""
        evidence = f"Systems Manager says {shown(agent.ping)} of {title(machine)}{heard}"
        remedy = "See whether the agent runs there (systemctl status amazon-ssm-agent) and still reaches Systems Manager."
        return failed(evidence, remedy + way, command, mend=take_another(situation))
    profile = f"its instance profile is {machine.profile}" if machine.profile else "it has no instance profile"
    evidence = f"Systems Manager has never heard of {title(machine)}; {profile}"
    remedy = "It needs the agent, a way to Systems Manager, and a role with AmazonSSMManagedInstanceCore."
    if machine.profile is None:
        command = aws(
            situation, "ec2", "associate-iam-instance-profile",
            "--instance-id", machine.id, "--iam-instance-profile", "Name=PROFILE",
        )  # fmt: skip
    return failed(evidence, remedy + way, command, mend=take_another(situation))


def _missing_endpoints(situation: Situation, machine: Instance) -> list[str]:
    """The endpoints without which the machine cannot reach Systems Manager; none where it may have another way."""
    place, region, endpoints = proxy_place(situation), effective.region(situation), situation.facts.get(AWS_ENDPOINTS)
    chosen = machines.chosen(situation)
    if place is None or region is None or endpoints is None or chosen is None or chosen.subnet is None:
        return []
    if chosen.subnet.way_out is not None:
        return []
    there = {one.service for one in endpoints if one.vpc_id == machine.vpc_id and one.private_dns}
    return [one for one in _SSM_ENDPOINTS if endpoint_service(region, one) not in there]


CHECKS: tuple[Check, ...] = (
    Check(
        id="proxy.instance",
        title="Machine of the proxy",
        why="Squid runs there, and nowhere else: while it does not run, Argo CD reaches no repository.",
        judge=instance,
        needs=(AWS_INSTANCES.id, AWS_VPCS.id, AWS_MANAGED_INSTANCES.id, AWS_ROUTING.id),
        depends_on=("aws.identity",),
        handles_errors=True,
    ),
    Check(
        id="proxy.ssm",
        title="Systems Manager reaches the machine",
        why="Squid is installed and configured by Run Command: no SSH, no open port.",
        judge=ssm,
        needs=(AWS_PROXY_AGENT.id, AWS_INSTANCES.id, AWS_ENDPOINTS.id, AWS_VPCS.id),
        depends_on=("proxy.instance",),
        handles_errors=True,
    ),
)
