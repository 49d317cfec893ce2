"""What the bastion-proxy strategy asks beyond the common questions. Most of it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.answers import Answers
from strategies.base import Choice, Json, Kind, Page, Question, Situation, Verdict
from strategies.bastion_proxy import hosts, machines, names, no_proxy
from strategies.common.verdicts import counted, failed, passed, unknown, warned
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    CLUSTER_INFO,
    SOURCE_CONTENT,
    SOURCE_TREE,
)

_MACHINES = (AWS_INSTANCES.id, AWS_MANAGED_INSTANCES.id, AWS_VPCS.id)


def _is(*methods: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.bastion_proxy.proxy.method in methods


def _these(*choices: Choice) -> Callable[[Situation], Sequence[Choice]]:
    return lambda _situation: choices


def _suggested_machine(situation: Situation) -> Json:
    """The only machine that has a way out."""
    found = [one for one in machines.candidates(situation) if one.way_out is not None]
    return found[0].machine.id if len(found) == 1 else None


def _machines(situation: Situation) -> Sequence[Choice]:
    return [
        Choice(
            one.machine.id,
            f"{one.machine.name or one.machine.id} {one.machine.address}",
            f"{one.vpc.name or one.vpc.id if one.vpc is not None else one.machine.vpc_id}, "
            + (f"way out by {one.way_out}" if one.way_out is not None else "no way out"),
        )
        for one in machines.candidates(situation)
    ]


def _judge_machine(situation: Situation) -> Verdict | None:
    if situation.facts.get(AWS_INSTANCES) is None or situation.answers.bastion_proxy.instance.id is None:
        return None
    found = machines.chosen(situation)
    if found is None:
        return failed("there is no such machine in this account and region", "Choose one of the list.")
    if found.way_out is None:
        return warned(f"{found.machine.name or found.machine.id} has no way out of its subnet", "Choose another machine.")
    return passed(f"{found.machine.state}, way out by {found.way_out}")


def _suggested_url(situation: Situation) -> Json:
    asked = situation.answers.bastion_proxy
    if asked.proxy.method == "new":
        address = machines.suggested_address(situation)
        return None if address is None else f"http://{address}:{machines.PORT}"
    found = machines.chosen(situation) if asked.proxy.method == "instance" else None
    return None if found is None else f"http://{found.machine.address}:{machines.PORT}"


def _suggested_group(situation: Situation) -> Json:
    found = machines.chosen(situation)
    return found.machine.security_group_ids[0] if found is not None and found.machine.security_group_ids else None


def _suggested_subnet(situation: Situation) -> Json:
    place = next(machines.places(situation), None)
    return None if place is None else place[1].id


def _suggested_vpc(situation: Situation) -> Json:
    place = machines.subnet(situation)
    return None if place is None else place[0].id


def _subnets(situation: Situation) -> Sequence[Choice]:
    return [
        Choice(one.id, f"{vpc.name or vpc.id} {one.az} {one.cidr}", f"way out by {one.way_out}")
        for vpc, one in machines.places(situation)
    ]


def _suggested_hosts(situation: Situation) -> Json:
    """What is needed; the list waits for the content of the source, so that it is not asked about before it is whole."""
    if situation.answers.source.url is None:
        return None
    if not situation.facts.known(SOURCE_CONTENT.id) and not situation.facts.known(SOURCE_TREE.id):
        return None
    return [one.host for one in hosts.needed_hosts(situation)] or None


def _hosts(situation: Situation) -> Sequence[Choice]:
    return [Choice(one.host, one.host, one.reason) for one in hosts.needed_hosts(situation)]


def _judge_hosts(situation: Situation) -> Verdict | None:
    asked = situation.answers.bastion_proxy.allow.hosts
    if asked is None:
        return None
    missing = [one for one in hosts.needed_hosts(situation) if one.host not in asked]
    if missing:
        return warned(f"{missing[0].host} is not on it: {missing[0].reason}", "Argo CD would be refused there.")
    return passed(
        f"{counted(len(asked), 'host')}. A list of hosts is no inspection: what may reach {asked[0]} may send anything there"
        if asked
        else "nothing is let through"
    )


def _suggested_helm(situation: Situation) -> Json:
    return list(hosts.helm_repositories(situation)) or None


def _suggested_no_proxy(situation: Situation) -> Json:
    found = no_proxy.suggested(situation)
    return None if found is None else list(found)


def _judge_url(situation: Situation) -> Verdict | None:
    if situation.answers.bastion_proxy.proxy.method != "existing" or situation.answers.bastion_proxy.proxy.url is None:
        return None
    return unknown("only the cluster can tell whether it is reached: the checks look from there")


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="bastionProxy.proxy.method",
        title="Where the proxy runs",
        help="A machine inside the cluster's own VPC has no way out either: it has to stand where there is one.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        suggest=machines.suggested_method,
        choices=_these(
            Choice("instance", "on a machine that is there", "Squid is put on it through Systems Manager"),
            Choice("new", "on a machine that is made", "the smallest there is, in a subnet with a way out"),
            Choice("existing", "a proxy that is there", "it is used as it is, nothing in AWS is changed"),
        ),
        needs=_MACHINES,
    ),
    Question(
        key="bastionProxy.instance.id",
        title="Machine",
        help="One that Systems Manager reaches and whose subnet has a way out.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        required=True,
        suggest=_suggested_machine,
        choices=_machines,
        judge=_judge_machine,
        needs=_MACHINES,
        relevant=_is("instance"),
    ),
    Question(
        key="bastionProxy.instance.subnetId",
        title="Subnet of the machine",
        help="A private subnet with a way out, in a VPC that the cluster's VPC has a route to.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        required=True,
        suggest=_suggested_subnet,
        choices=_subnets,
        needs=(AWS_VPCS.id, AWS_ROUTING.id),
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.proxy.url",
        title="URL of the proxy",
        help="http://HOST:PORT as the cluster reaches it. For a machine that is made the address is chosen here, so that it stays.",
        page=Page.DETAILS,
        required=True,
        suggest=_suggested_url,
        judge=_judge_url,
        needs=(AWS_INSTANCES.id, AWS_TAKEN_ADDRESSES.id),
    ),
    Question(
        key="bastionProxy.proxy.username",
        title="User name at the proxy",
        help="For a proxy that asks for one.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("existing"),
    ),
    Question(
        key="bastionProxy.proxy.password",
        title="Password at the proxy",
        help="Where it is found, never the thing itself. env:NAME, file:PATH, aws-secretsmanager:ID or prompt: (you are asked).",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        advanced=True,
        relevant=_is("existing"),
    ),
    Question(
        key="bastionProxy.proxy.caFile",
        title="CA of the proxy",
        help="PEM file of the CA with which a proxy that inspects TLS signs. Argo CD believes it for the allowed hosts alone.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("existing"),
    ),
    Question(
        key="bastionProxy.allow.hosts",
        title="Hosts that are let through",
        help="CONNECT to port 443 of these hosts and nothing else. A list of hosts is no inspection: what may reach a host may "
        "send anything there, to any repository of github.com too.",
        page=Page.DETAILS,
        kind=Kind.LIST,
        required=True,
        suggest=_suggested_hosts,
        choices=_hosts,
        judge=_judge_hosts,
        needs=(SOURCE_CONTENT.id, SOURCE_TREE.id),
    ),
    Question(
        key="bastionProxy.repositories.helm",
        title="Helm repositories",
        help="Each gets a repository Secret with the proxy in it. Found in what the path names.",
        page=Page.DETAILS,
        kind=Kind.LIST,
        advanced=True,
        suggest=_suggested_helm,
        choices=lambda situation: [Choice(url, url) for url in hosts.helm_repositories(situation)],
        needs=(SOURCE_CONTENT.id, SOURCE_TREE.id),
    ),
    Question(
        key="bastionProxy.githubApp.id",
        title="GitHub App",
        help="Id of a GitHub App by which Argo CD logs in, in the place of a password. The App needs read access to contents.",
        page=Page.DETAILS,
        advanced=True,
    ),
    Question(
        key="bastionProxy.githubApp.installationId",
        title="Installation of the GitHub App",
        help="Id of its installation in the organisation: the number at the end of its settings' URL.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        relevant=lambda answers: answers.bastion_proxy.github_app.id is not None,
    ),
    Question(
        key="bastionProxy.githubApp.privateKey",
        title="Private key of the GitHub App",
        help="Where it is found, never the key itself. file:PATH, env:NAME or aws-secretsmanager:ID.",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        required=True,
        advanced=True,
        relevant=lambda answers: answers.bastion_proxy.github_app.id is not None,
    ),
    Question(
        key="bastionProxy.network.proxyRule",
        title="Rule at the proxy",
        help="Lets the nodes in at the proxy's port, in the machine's security group, by a rule that carries our tag.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(
            Choice("add", "add it", "where nothing lets them in yet"),
            Choice("leave", "leave it", "somebody else opens the port"),
        ),
        relevant=_is("instance"),
    ),
    Question(
        key="bastionProxy.network.proxyGroupId",
        title="Security group of the machine",
        help="To which that rule is added.",
        page=Page.DETAILS,
        advanced=True,
        suggest=_suggested_group,
        needs=(AWS_INSTANCES.id,),
        relevant=_is("instance"),
    ),
    Question(
        key="bastionProxy.network.workerRule",
        title="Rule at the nodes",
        help="Lets the nodes out to the proxy, where their security group restricts them.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(
            Choice("add", "add it", "where their group does not let everything out"),
            Choice("leave", "leave it", "somebody else opens the port"),
        ),
        relevant=_is("instance", "new"),
    ),
    Question(
        key="bastionProxy.network.workerGroupId",
        title="Security group of the nodes",
        help="To which that rule is added. None where it lets everything out.",
        page=Page.DETAILS,
        advanced=True,
        suggest=machines.restricting_group,
        needs=(AWS_SECURITY_GROUPS.id, AWS_INSTANCES.id),
        relevant=_is("instance", "new"),
    ),
    Question(
        key="bastionProxy.squid.foreignConfiguration",
        title="A Squid configuration that is there",
        help="What happens to one that somebody else wrote.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(
            Choice("keep", "keep it", "apply stops and says so"),
            Choice("replace", "put it aside", "as squid.conf.before-ezgitops; destroy puts it back"),
        ),
        relevant=_is("instance"),
    ),
    Question(
        key="bastionProxy.instance.vpcId",
        title="VPC of the machine",
        help="That of its subnet.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=_suggested_vpc,
        needs=(AWS_VPCS.id,),
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.instance.type",
        title="Instance type",
        help="Squid without a cache needs next to nothing: the smallest will do.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.instance.imageParameter",
        title="Machine image",
        help="Public parameter of Systems Manager that names it. It has to fit the instance type (arm64, x86_64).",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.instance.roleName",
        title="Role of the machine",
        help="Made with just what Systems Manager needs; the instance profile has the same name.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_role,
        needs=(CLUSTER_INFO.id,),
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.instance.rolePath",
        title="IAM path of that role",
        help="A slash alone, or a path with slashes at both ends.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.instance.permissionsBoundary",
        title="Permissions boundary",
        help="ARN of the policy that bounds every role, where the account demands one.",
        page=Page.DETAILS,
        advanced=True,
        relevant=_is("new"),
    ),
    Question(
        key="bastionProxy.noProxy",
        title="Reached without the proxy",
        help="The cluster's own names and networks, instance metadata, AWS's names of the region, and Git hosts of the VPC.",
        page=Page.DETAILS,
        kind=Kind.LIST,
        required=True,
        advanced=True,
        suggest=_suggested_no_proxy,
        needs=(CLUSTER_INFO.id,),
    ),
    Question(
        key="bastionProxy.repoServer.proxy",
        title="Proxy for the whole repo-server",
        help="Also for what no repository Secret is for. Set in the ArgoCD resource; the repo-server restarts once.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
    ),
    Question(
        key="bastionProxy.secretName",
        title="Repository secret",
        help="Name of the Secret by which Argo CD knows the source repository.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_secret,
        needs=(CLUSTER_INFO.id,),
    ),
)
