"""The bastion-proxy strategy: Argo CD keeps its Git URL and goes through a proxy that has a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import Card, Check, Group, Json, Output, Question, Resource, Situation
from strategies.bastion_proxy import addresses, dry_runs, manifests, names, policies, probe, rights, squid
from strategies.bastion_proxy.card import card
from strategies.bastion_proxy.checks import CHECKS
from strategies.bastion_proxy.permissions import needed_permissions
from strategies.bastion_proxy.questions import QUESTIONS
from strategies.common.dry_runs import Trial
from strategies.common.manifests import owner
from strategies.common.probe_job import Order
from strategies.common.verdicts import counted
from strategies.facts import Permission, Quota, Right
from strategies.kinds import (
    Ec2InstanceResource,
    IamRoleResource,
    InstanceProfileResource,
    SecurityGroupResource,
    SecurityGroupRuleResource,
    SquidResource,
)

_HTTPS = 443
_TOLD = (("proxy-state", "Proxy"), ("allow-list", "Allow list"))
_EVERYWHERE = "0.0.0.0/0"


class BastionProxyStrategy:
    """Implements ``strategies.base.Strategy``."""

    id: str = "bastion-proxy"
    title: str = "Proxy on a bastion"

    def card(self, situation: Situation) -> Card:
        """What the strategy page shows for this environment."""
        return card(situation)

    def questions(self) -> Sequence[Question]:
        """What is asked beyond the common questions."""
        return QUESTIONS

    def checks(self) -> Sequence[Check]:
        """What must hold beyond the common checks."""
        return CHECKS

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """What should exist, for complete answers: what depends on nothing comes first."""
        way_out = [*_machine(answers), *_rules(answers), *_squid(answers)]
        behind = tuple(one.address for one in way_out if isinstance(one, SquidResource | SecurityGroupRuleResource))
        return [*way_out, *manifests.cluster_resources(answers, behind)]

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """Clone URL, proxy, and the Terraform variables of the validated-pattern family of cluster code."""
        asked, url = answers.bastion_proxy, answers.source.url or ""
        return [
            Output("clone-url", "Clone URL", url),
            Output("proxy", "Proxy", asked.proxy.url or ""),
            Output("application", "Argo CD application", f"{answers.argocd.namespace}/{answers.application.name}"),
            Output("gitops_git_repo_url", "Terraform variable", url),
            Output("gitops_git_path", "Terraform variable", answers.source.path),
            Output("gitops_git_target_revision", "Terraform variable", answers.source.revision or ""),
        ]

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """Whether the proxy is up, lets through what was asked, and when somebody last came."""
        if answers.bastion_proxy.proxy.method == "existing":
            return ()
        seen = outputs.get(addresses.SQUID, {})
        told = [Output(name, title, seen.get(name, "")) for name, title in _TOLD]
        # The form of Squid's log is ours (squid.py, ``logformat``): time, client, method, host:port, status.
        when, *rest = seen.get("last-connection", "").split() or [""]
        told.append(Output("last-connection", "Last connection", when))
        if len(rest) >= 4:
            told.append(Output("last-request", "Last request", f"{rest[1]} {rest[2]} from {rest[0]}: {rest[3]}"))
        return told

    def renewer(self, answers: Answers) -> str | None:  # noqa: ARG002  # the protocol's
        """Nobody: Argo CD logs in to the host as before."""
        return None

    def probe(self, situation: Situation) -> Order | None:
        """What a pod of the cluster looks at: the proxy, what it lets through, and the repository through it."""
        return probe.order(situation)

    def permissions(self, answers: Answers) -> tuple[Permission, ...] | None:
        """What an apply does in AWS."""
        return needed_permissions(answers)

    def dry_runs(self, answers: Answers) -> tuple[Trial, ...] | None:
        """What EC2 is asked to try."""
        return dry_runs.trials(answers)

    def boundary(self, answers: Answers) -> str | None:
        """That of the machine's role, where a machine is made."""
        asked = answers.bastion_proxy
        return asked.instance.permissions_boundary if asked.proxy.method == "new" else None

    def quotas(self, answers: Answers) -> tuple[Quota, ...]:
        """Roles, where a machine is made: a proxy that is there, or is put on a machine that is, needs none."""
        return (Quota.IDENTITIES,) if answers.bastion_proxy.proxy.method == "new" else ()

    def rights(self, answers: Answers) -> tuple[Right, ...]:
        """Every right in the cluster that an apply uses."""
        return rights.needed_rights(answers)

    def operator_policy(self, answers: Answers) -> Mapping[str, Json]:
        """The least-privilege IAM policy of the operator."""
        return policies.operator_policy(answers)

    def operator_roles(self, answers: Answers) -> Sequence[Mapping[str, Json]]:
        """The least-privilege roles of the operator in the cluster."""
        return rights.operator_roles(answers)


def proxy_place(answers: Answers) -> tuple[str, int]:
    """Host and port of the proxy's URL."""
    parts = urlsplit(answers.bastion_proxy.proxy.url or "")
    return parts.hostname or "", parts.port or 0


def _machine(answers: Answers) -> Iterator[Resource]:
    """The machine that is made, with its group, its role and its profile."""
    asked = answers.bastion_proxy
    if asked.proxy.method != "new":
        return
    name, role = names.machine(answers.name or ""), asked.instance.role_name or ""
    address, port = proxy_place(answers)
    yield SecurityGroupResource(
        address=addresses.SECURITY_GROUP,
        title=f"Security group {name}",
        group=Group.AWS,
        owner=owner(answers),
        explain="Lets the nodes in at the proxy's port, HTTPS out, and nothing else.",
        name=name,
        vpc_id=asked.instance.vpc_id or "",
        description=f"Proxy for the nodes of {answers.cluster.infrastructure_name}",
        ingress_cidrs=tuple(answers.cluster.machine_cidrs or ()),
        port=port,
        egress=((_EVERYWHERE, _HTTPS),),
    )
    yield IamRoleResource(
        address=addresses.ROLE,
        title=f"IAM role {role}",
        group=Group.AWS,
        owner=owner(answers),
        explain="Lets Systems Manager reach the machine, and the machine nothing else.",
        name=role,
        path=asked.instance.role_path,
        description=f"Proxy machine of {answers.name} (ezgitops): Systems Manager alone",
        permissions_boundary=asked.instance.permissions_boundary,
        trust_policy=policies.machine_trust(answers),
        policy_name="run-command",
        policy=policies.machine(answers),
    )
    yield InstanceProfileResource(
        address=addresses.INSTANCE_PROFILE,
        title=f"Instance profile {role}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(addresses.ROLE,),
        explain="Gives the role to the machine.",
        name=role,
        path=asked.instance.role_path,
    )
    yield Ec2InstanceResource(
        address=addresses.INSTANCE,
        title=f"Machine {name}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(addresses.SECURITY_GROUP, addresses.INSTANCE_PROFILE),
        explain="Runs Squid: no public address, no SSH, IMDSv2 alone, encrypted disk.",
        name=name,
        vpc_id=asked.instance.vpc_id or "",
        subnet_id=asked.instance.subnet_id or "",
        private_address=address,
        instance_type=asked.instance.type,
        image_parameter=asked.instance.image_parameter,
        security_group=addresses.SECURITY_GROUP,
        profile_name=role,
    )


def _rules(answers: Answers) -> Iterator[Resource]:
    """Rules of ours in groups that are not: the nodes in at the machine, and out of their own group."""
    asked = answers.bastion_proxy
    address, port = proxy_place(answers)
    if asked.proxy.method == "instance" and asked.network.proxy_rule == "add" and asked.network.proxy_group_id is not None:
        for cidr in answers.cluster.machine_cidrs or ():
            yield SecurityGroupRuleResource(
                address=addresses.proxy_rule(cidr),
                title=f"Rule {port} from {cidr} in {asked.network.proxy_group_id}",
                group=Group.AWS,
                owner=owner(answers),
                explain="Lets the nodes in at the proxy's port.",
                group_id=asked.network.proxy_group_id,
                outbound=False,
                port=port,
                cidr=cidr,
                description=f"ezgitops {answers.name}: nodes to the proxy",
            )
    if asked.proxy.method != "existing" and asked.network.worker_rule == "add" and asked.network.worker_group_id is not None:
        yield SecurityGroupRuleResource(
            address=addresses.WORKER_RULE,
            title=f"Rule {port} to {address} in {asked.network.worker_group_id}",
            group=Group.AWS,
            owner=owner(answers),
            explain="Lets the nodes out to the proxy: their group restricts them.",
            group_id=asked.network.worker_group_id,
            outbound=True,
            port=port,
            cidr=f"{address}/32",
            description=f"ezgitops {answers.name}: nodes to the proxy",
        )


def _squid(answers: Answers) -> Iterator[Resource]:
    asked = answers.bastion_proxy
    if asked.proxy.method == "existing":
        return
    made = asked.proxy.method == "new"
    address, port = proxy_place(answers)
    hosts = tuple(asked.allow.hosts or ())
    yield SquidResource(
        address=addresses.SQUID,
        title=f"Squid on {names.machine(answers.name or '') if made else asked.instance.id}",
        group=Group.AWS,
        owner=owner(answers),
        depends_on=(addresses.INSTANCE,) if made else (),
        stands_on=addresses.INSTANCE if made else None,
        explain=f"Lets CONNECT to port 443 of {counted(len(hosts), 'host')} through, and refuses the rest.",
        instance_id=None if made else asked.instance.id,
        vpc_id=asked.instance.vpc_id if made else None,
        private_address=address,
        port=port,
        configuration=squid.configuration(hosts, tuple(answers.cluster.machine_cidrs or ()), port, answers.name or ""),
        replace_foreign=asked.squid.foreign_configuration == "replace",
    )
