"""Turns what the sandbox recorded into the steps that ``chain.longest`` takes: names for calls, and the world's own times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from tests.benchmarks.chain import Step
from tests.benchmarks.observer import APPLICATIONS, DEPLOYMENTS
from tests.benchmarks.rules import ARGOCD, PENDING, POD_READY, POD_START, PROBE_START, TRANSFER

Call: TypeAlias = Mapping[str, str | float | bool | None]
Ready: TypeAlias = Callable[[str, float], float | None]
"""When an object of a kind was first seen to be in order after a moment (``Observer.became_good``)."""

_REFRESHER = "system:serviceaccount:"


def steps(calls: Sequence[Call], ready: Ready, pending: float) -> list[Step]:
    """The calls of one run, in order, with the world's own times between them.

    A step's name is ``read/`` before the first change (the probe's Job is none) and ``do/`` from there on, then
    ``service:Operation`` or ``kube:verb resource`` (``apply`` for server-side apply, ``dry-run`` for one without effect,
    ``refresh`` for the request to Argo CD), or ``refresher:`` for what the pod asks for. ``pending`` is how long the scenario
    keeps a new endpoint pending.
    """
    own = sorted((call for call in calls if call.get("verb") != "watch"), key=lambda call: _seconds(call, "start"))
    first = next((_seconds(call, "start") for call in own if call["mutating"] and not _probes(call)), float("inf"))
    made = []
    for call in own:
        began = _seconds(call, "start")
        made.append(Step(f"{'do' if began >= first else 'read'}/{_name(call)}", began, _seconds(call, "end")))
    return _world(_refreshes(made, own), ready, pending)


def _probes(call: Call) -> bool:
    """True for a call about the Job that looks from inside the cluster: it comes and goes while checks are made."""
    return call["api"] == "cluster" and call["resource"] == "jobs.batch"


def _name(call: Call) -> str:
    if call["api"] == "aws":
        return f"{call['service']}:{call['operation']}"
    verb = call["verb"]
    if str(call["user"]).startswith(_REFRESHER):
        return f"refresher:{verb} {call['resource']}"
    if verb == "patch":
        verb = "apply" if call["mutating"] else "dry-run"
    return f"kube:{verb} {call['resource']}"


def _refreshes(made: Sequence[Step], calls: Sequence[Call]) -> list[Step]:
    """A patch of an Application that exists (200) is the refresh asked for; one that makes it (201) is the apply."""
    application = "do/kube:apply applications"
    return [
        replace(step, name=step.name.replace(":apply ", ":refresh ", 1))
        if step.name.startswith(application) and call["status"] == 200
        else step
        for step, call in zip(made, calls, strict=True)
    ]


def _world(made: Sequence[Step], ready: Ready, pending: float) -> list[Step]:
    found = list(made)

    def during(name: str, began: float | None, ended: float | None) -> None:
        if began is not None and ended is not None and ended > began:
            found.append(Step(name, began, ended, world=True))

    created = _end(made, "do/ec2:CreateVpcEndpoint")
    during(PENDING, created, None if created is None else created + pending)
    # Git speaks to its servers itself: what lies between the calls before and after it is its time.
    noted = _start(made, "do/codecommit:UpdateDefaultBranch", "do/codecommit:TagResource")
    during(TRANSFER, _last_end(made, "do/codecommit:", noted), noted)
    during(POD_START, _end(made, "do/kube:apply deployments"), _start(made, "do/sts:AssumeRoleWithWebIdentity"))
    during(PROBE_START, _end(made, "read/kube:create jobs.batch"), _start(made, "read/sts:GET /"))
    written = _end(made, "do/refresher:patch secrets")
    during(POD_READY, written, None if written is None else ready(DEPLOYMENTS, written))
    told = _end(made, "do/kube:apply applications")
    told = _end(made, "do/kube:refresh applications") if told is None else told
    during(ARGOCD, told, None if told is None else ready(APPLICATIONS, told))
    return found


def _start(made: Sequence[Step], *prefixes: str) -> float | None:
    return min((step.start for step in made if step.name.startswith(prefixes)), default=None)


def _end(made: Sequence[Step], prefix: str) -> float | None:
    return min((step.end for step in made if step.name.startswith(prefix)), default=None)


def _last_end(made: Sequence[Step], prefix: str, before: float | None) -> float | None:
    if before is None:
        return None
    return max((step.end for step in made if step.name.startswith(prefix) and step.end <= before), default=None)


def _seconds(call: Call, key: str) -> float:
    value = call[key]
    return float(value) if isinstance(value, int | float) else 0.0
