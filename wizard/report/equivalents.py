"""The calls of a run as commands that an operator could have typed. For reading and learning; no secret is among them."""

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
    manifest of its address, where ``manifests`` has one.
    """
    aws = [*(["--profile", profile] if profile else []), *(["--region", region] if region else [])]
    oc = ["--context", context] if context else []
    found: dict[str, None] = {}
    for call in calls:
        service, _, operation = call.call.partition(":")
        if service == "kubernetes":
            found[_cluster(operation, call.arguments, oc, (manifests or {}).get(call.address))] = None
        elif operation[:1].isupper():
            for arguments in _split(call.arguments):
                found[shlex.join(["aws", service, _dashed(operation), *_options(arguments), *aws])] = None
    return tuple(found)


def commands_of(calls: Iterable[Call], plan: Plan, answers: Answers) -> tuple[str, ...]:
    """The same for the calls of one apply of ``plan``, with its manifests, in the account and cluster of ``answers``."""
    aws, context = answers.aws, answers.cluster.context
    return commands(calls, profile=aws.profile, region=aws.region, context=context, manifests=manifests_of(plan))


def manifests_of(plan: Plan) -> dict[str, Json]:
    """Address -> manifest of the plan's cluster objects, without those that have anything to hide."""
    made = [change.resource for change in plan.changes if isinstance(change.resource, ClusterObjectResource)]
    return {resource.address: resource.manifest for resource in made if not resource.hidden}


def _split(arguments: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The AWS CLI takes one ``--cidr`` with its protocol and port where the API takes a list of permissions."""
    cidrs = arguments.get("Cidrs")
    if not isinstance(cidrs, list | tuple):
        return [dict(arguments)]
    rest = {name: value for name, value in arguments.items() if name != "Cidrs"}
    return [{**rest, "Protocol": "tcp", "Port": 443, "Cidr": cidr} for cidr in cidrs]


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
