"""The calls of a run as commands that an operator could have typed, one after the other in a shell; no secret is among them.

Ids that AWS gave out are kept in shell variables, so that the same commands work in another account. What waits between two
calls (an endpoint that is ``pending``, a pod that starts) is left to who types them.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping

from strategies.answers import Answers
from strategies.base import Json
from strategies.kinds import ClusterObjectResource
from wizard.engine.journal import Call
from wizard.engine.plan import Plan

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


_MADE_GROUP = "ec2:CreateSecurityGroup"
_GROUP = "GROUP_ID"
_CLONE = "mirror.git"


def commands(
    calls: Iterable[Call],
    *,
    profile: str | None,
    region: str | None,
    context: str | None,
    manifests: Mapping[str, Json] | None = None,
) -> tuple[str, ...]:
    """One command for each call that has one, in order, without repeats.

    ``iam:CreateRole`` becomes ``aws iam create-role --role-name ...``; an apply to the cluster becomes ``oc apply`` with the
    manifest of its address, where ``manifests`` has one; a push becomes a mirror clone and a push.
    """
    calls = tuple(calls)
    groups = {
        str(call.arguments["GroupId"]) for call in calls
        if "GroupId" in call.arguments and _MADE_GROUP in {c.call for c in calls if c.address == call.address}
    }  # fmt: skip
    aws = [*(["--profile", profile] if profile else []), *(["--region", region] if region else [])]
    oc = ["--context", context] if context else []
    found: dict[str, None] = {}
    for call in calls:
        service, _, operation = call.call.partition(":")
        if service == "kubernetes":
            found[_cluster(operation, call.arguments, oc, (manifests or {}).get(call.address))] = None
        elif service == "git":
            found.update(dict.fromkeys(_git(operation, call.arguments, profile)))
        elif operation[:1].isupper():
            for arguments in _split(call.arguments):
                line = shlex.join(["aws", service, _dashed(operation), *_options(arguments), *aws])
                found[_with_variables(call, line, groups, shlex.join(aws))] = None
    return tuple(found)


def commands_of(calls: Iterable[Call], plan: Plan, answers: Answers) -> tuple[str, ...]:
    """The same for the calls of one apply of ``plan``, with its manifests, in the account and cluster of ``answers``."""
    aws, context = answers.aws, answers.cluster.context
    return commands(calls, profile=aws.profile, region=aws.region, context=context, manifests=manifests_of(plan))


def _with_variables(call: Call, line: str, groups: set[str], site: str) -> str:
    """The line with the id of a group that this run made, and of its rules, as a shell finds them."""
    if call.call == _MADE_GROUP:
        return f'{_GROUP}="$({line} --query GroupId --output text)"'
    own = call.arguments.get("GroupId") in groups
    if own and call.call == "ec2:RevokeSecurityGroupEgress":
        rules = (
            f'aws ec2 describe-security-group-rules --filters "Name=group-id,Values=${_GROUP}" '
            f"--query 'SecurityGroupRules[?IsEgress && IpProtocol==`\"-1\"`].SecurityGroupRuleId' --output text {site}"
        )
        return (
            f'aws ec2 revoke-security-group-egress --group-id "${_GROUP}" --security-group-rule-ids $({rules.strip()}) {site}'
        )
    for group in groups:
        line = line.replace(group, f'"${_GROUP}"')
    return line.rstrip()


def _git(operation: str, arguments: Mapping[str, Json], profile: str | None) -> list[str]:
    """A mirror clone and a push of branches and tags alone. For CodeCommit the AWS CLI signs the password."""
    url, source = str(arguments.get("url", "")), arguments.get("source")
    if not url.startswith("https://"):
        return []
    who = f" --profile {shlex.quote(profile)}" if profile else ""
    helper = ["-c", "credential.helper=", "-c", f"credential.helper=!aws{who} codecommit credential-helper $@"]
    signed = [*helper, "-c", "credential.UseHttpPath=true"] if url.startswith("https://git-codecommit") else []
    push = ["git", "-C", _CLONE, *signed, "push"]
    references = arguments.get("references")
    if operation == "push --delete" and isinstance(references, list | tuple):
        return [shlex.join([*push, url, "--delete", *(str(one) for one in references)])]
    if operation != "push" or not isinstance(source, str):
        return []
    both = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    return [shlex.join(["git", "clone", "--mirror", source, _CLONE]), shlex.join([*push, url, *both])]


def manifests_of(plan: Plan) -> dict[str, Json]:
    """Address -> manifest of the plan's cluster objects, without those that have anything to hide."""
    made = [change.resource for change in plan.changes if isinstance(change.resource, ClusterObjectResource)]
    return {resource.address: resource.manifest for resource in made if not resource.hidden}


def _split(arguments: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The AWS CLI takes one ``--cidr`` with its protocol and port where the API takes a list of permissions."""
    cidrs = arguments.get("Cidrs")
    if not isinstance(cidrs, list | tuple):
        return [dict(arguments)]
    rest = {name: value for name, value in arguments.items() if name not in ("Cidrs", "Port")}
    return [{**rest, "Protocol": "tcp", "Port": arguments.get("Port", 443), "Cidr": cidr} for cidr in cidrs]


def _cluster(operation: str, arguments: Mapping[str, Json], context: list[str], manifest: Json) -> str:
    verb, _, kind = operation.partition(" ")
    name, namespace = arguments.get("name"), arguments.get("namespace")
    where = ["-n", str(namespace)] if namespace else []
    if verb == "apply":
        start = shlex.join(["oc", "apply", "--server-side", "--field-manager", "ezgitops", *context, *where, "-f", "-"])
        if manifest is None:
            return f"{start}   # {kind} {name}"
        return f"{start} <<'EOF'\n{json.dumps(manifest, ensure_ascii=False)}\nEOF"
    return shlex.join(["oc", verb, kind, str(name), *context, *where])


def _options(arguments: Mapping[str, Json]) -> list[str]:
    options: list[str] = []
    for name, value in arguments.items():
        flag = "--" + _dashed(name)
        if isinstance(value, bool):
            options.append(flag if value else "--no-" + _dashed(name))
        elif isinstance(value, str | int | float):
            options += [flag, str(value)]
        elif isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            options += [flag, *(str(one) for one in value)]
        elif value is not None:
            options += [flag, json.dumps(value, ensure_ascii=False, default=str)]
    return options


def _dashed(name: str) -> str:
    return "-".join(word.lower() for word in _WORD.findall(name))
