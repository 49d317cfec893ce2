"""What must hold in Argo CD's namespace for the repository that a strategy gives it.

The strategy says which repository that is (``PlannedRepository``); the rules are Argo CD's and the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import Check, Json, Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.argo import IN_CLUSTER, normalised, permits_destination, shown, source_fault
from strategies.common.verdicts import failed, oc, passed, skipped, unknown, warned
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    CLUSTER_GITOPS,
    ArgoApplication,
    ArgoProject,
    RepositorySecret,
)


@dataclass(frozen=True, slots=True)
class PlannedRepository:
    """The repository Secret that will be made: ``starts_empty`` when its password comes only after it was made."""

    url: str
    secret_name: str
    starts_empty: bool


def secret(situation: Situation, planned: PlannedRepository) -> Verdict:
    """Argo CD takes one Secret for a URL and project (argo-cd ``util/db/repository_secrets.go``, getRepositorySecret)."""
    found = situation.facts.get(ARGOCD_SECRETS)
    if found is None:
        return unknown("not read yet")
    project = situation.answers.application.project
    scope = "" if project == "default" else project
    others = [one for one in found if not one.template and not _ours(situation, planned, one)]
    same = [one for one in others if normalised(one.url) == normalised(planned.url)]
    rivals = [one for one in same if one.project in (scope, project)]
    if not rivals:
        aside = f"; {_named(same)} serve other projects" if same else ""
        return passed(f"no other Secret is for this repository{aside}")
    first = rivals[0]
    spelled = f" (written {first.url})" if first.url != planned.url else ""
    owner = f", made for the instance {first.instance}" if first.instance is not None else ""
    goes = "goes before ours" if first.project and not scope else "may be taken instead of ours"
    namespace = effective.argocd_namespace(situation) or ""
    return failed(
        f"Secret {namespace}/{first.name}{owner} is for the same repository{spelled} and {goes}",
        "Keep one of them. This command takes the Secret away from Argo CD and leaves it as it is otherwise.",
        oc(situation, "label", "secret", first.name, "-n", namespace, "argocd.argoproj.io/secret-type-"),
    )


def template(situation: Situation, planned: PlannedRepository) -> Verdict:
    """A Secret without credentials takes those of the longest template that fits (``util/db/repository.go``).

    ``forceHttpBasicAuth`` and ``proxy`` come along, so that even the way of logging in is another.
    """
    found = situation.facts.get(ARGOCD_SECRETS)
    if found is None:
        return unknown("not read yet")
    fitting = [one for one in found if one.template and one.url and normalised(planned.url).startswith(normalised(one.url))]
    if not fitting:
        return passed("no credential template fits this repository")
    best = max(fitting, key=lambda one: len(normalised(one.url)))
    namespace = effective.argocd_namespace(situation) or ""
    if not planned.starts_empty:
        return passed(f"template {namespace}/{best.name} fits, and does not matter: our Secret is made with its password")
    brings = ", ".join(best.credentials) or "no credentials"
    return warned(
        f"template {namespace}/{best.name} fits every URL that begins with {best.url} ({brings}): while our Secret has no "
        "password, Argo CD logs in with that",
        "Narrow the URL of the template. This command takes it away from Argo CD and leaves it as it is otherwise.",
        oc(situation, "label", "secret", best.name, "-n", namespace, "argocd.argoproj.io/secret-type-"),
    )


def application(situation: Situation, planned: PlannedRepository) -> Verdict:
    """The name of the Application is free, or ours."""
    found, asked = situation.facts.get(ARGOCD_APPLICATIONS), situation.answers.application
    if found is None:
        return unknown("not read yet")
    namespace = effective.argocd_namespace(situation) or ""
    taken = next((one for one in found if one.name == asked.name), None)
    if taken is None:
        return passed(f"{namespace}/{asked.name} is free")
    if taken.instance is not None and taken.instance == effective.instance(situation):
        return passed(f"{namespace}/{asked.name} is ours")
    source = situation.answers.source
    if taken.instance is None and (taken.url, taken.path, taken.revision) == (planned.url, source.path, source.revision):
        return passed(f"{namespace}/{asked.name} is there already and syncs the same; the plan says whether it can be used")
    whose = f"belongs to the instance {taken.instance}" if taken.instance is not None else "was not made by ezgitops"
    keeper = f" and is kept by {taken.managed_by}" if taken.managed_by else ""
    free = _free_name(situation, found)
    return failed(
        f"{namespace}/{asked.name} is taken: it {whose}, syncs {taken.path or '.'} of {taken.url or 'something else'}{keeper}",
        "Answer application.name with another name.",
        oc(situation, "get", "applications.argoproj.io", "-n", namespace),
        mend=Mend(f"Name it {free}", "Changes application.name in the answers.", edits={"application.name": free}),
    )


def project(situation: Situation, planned: PlannedRepository) -> Verdict:
    """The AppProject exists and permits the repository and the destination (Argo CD, "Projects")."""
    found, asked = situation.facts.get(ARGOCD_PROJECTS), situation.answers.application
    if found is None:
        return unknown("not read yet")
    namespace = effective.argocd_namespace(situation) or ""
    destination = namespace if asked.layout == "app-of-apps" else asked.destination_namespace or ""
    chosen = next((one for one in found if one.name == asked.project), None)
    if chosen is None:
        fitting = [
            one.name for one in found if source_fault(one, planned.url) is None and permits_destination(one, destination)
        ]
        names = ", ".join(one.name for one in found) or "none"
        mend = _take(fitting[0]) if len(fitting) == 1 else None
        command = oc(situation, "get", "appprojects.argoproj.io", "-n", namespace)
        evidence = f"there is no AppProject {namespace}/{asked.project}; there are: {names}"
        return failed(evidence, "Correct application.project, or have the project made.", command, mend=mend)
    fault = source_fault(chosen, planned.url)
    if fault is not None:
        why = f"its rule {fault} denies it" if fault else f"it permits {_listed(chosen)}"
        evidence = f"AppProject {namespace}/{chosen.name} does not permit {planned.url}: {why}"
        command = _edit(situation, chosen) if fault else _patch(situation, chosen, "sourceRepos", planned.url)
        return failed(evidence, "Have its sourceRepos changed.", command)
    if not permits_destination(chosen, destination):
        where = f"namespace {destination}" if destination else "an Application that names no namespace"
        evidence = f"AppProject {namespace}/{chosen.name} does not permit {where} of this cluster: {shown(chosen.destinations)}"
        rule: Json = {"server": IN_CLUSTER, "namespace": destination or "*"}
        denies = any(value.startswith("!") for one in chosen.destinations for value in (one.server, one.name, one.namespace))
        command = _edit(situation, chosen) if denies else _patch(situation, chosen, "destinations", rule)
        return failed(evidence, "Have its destinations changed.", command)
    return passed(f"AppProject {namespace}/{chosen.name} permits repository and destination")


def certificates(situation: Situation, planned: PlannedRepository) -> Verdict:
    """An entry of ``argocd-tls-certs-cm`` takes the place of the usual roots for its host (argo-cd ``util/cert/cert.go``)."""
    found, host = situation.facts.get(ARGOCD_CERTIFICATES), urlsplit(planned.url).hostname or ""
    if found is None:
        return unknown("not read yet")
    if host not in found:
        return passed(f"{host} is trusted as any other host")
    namespace = effective.argocd_namespace(situation) or ""
    return warned(
        f"argocd-tls-certs-cm has certificates for {host}: Argo CD trusts these alone, and no public authority",
        "Take the entry away unless something between the cluster and AWS really answers with such a certificate.",
        oc(situation, "edit", "configmap", "argocd-tls-certs-cm", "-n", namespace),
    )


def repository_checks(planned: Callable[[Answers], PlannedRepository | None]) -> tuple[Check, ...]:
    """The checks, for the repository that ``planned`` (pure) finds in the answers; None while it is not known."""

    def about(judge: Callable[[Situation, PlannedRepository], Verdict]) -> Callable[[Situation], Verdict]:
        def judged(situation: Situation) -> Verdict:
            repository = planned(situation.answers)
            if repository is None:
                return skipped("the repository's URL is not known yet")
            if situation.facts.get(CLUSTER_GITOPS) is not None and effective.argocd(situation) is None:
                return skipped("which Argo CD instance it is for is not known")
            return judge(situation, repository)

        return judged

    return (
        Check(
            id="argocd.application",
            title="Name of the Application",
            why="An Application of the same name that somebody else made is never changed, so apply would stop at it.",
            judge=about(application),
            needs=(ARGOCD_APPLICATIONS.id,),
            depends_on=("gitops.operator",),
        ),
        Check(
            id="argocd.project",
            title="AppProject",
            why="Argo CD refuses to sync what the Application's project does not permit.",
            judge=about(project),
            needs=(ARGOCD_PROJECTS.id,),
            depends_on=("gitops.operator",),
        ),
        Check(
            id="argocd.repository-secret",
            title="One Secret for the repository",
            why="Argo CD uses one Secret for a URL; with two of them it may log in with the wrong one.",
            judge=about(secret),
            needs=(ARGOCD_SECRETS.id,),
            depends_on=("gitops.operator",),
        ),
        Check(
            id="argocd.repo-creds",
            title="Credential templates",
            why="A template stands in wherever a repository has no password of its own, as ours has none when it is made.",
            judge=about(template),
            needs=(ARGOCD_SECRETS.id,),
            blocking=False,
            depends_on=("gitops.operator",),
        ),
        Check(
            id="argocd.tls-certs",
            title="Certificates for the Git host",
            why="Certificates that Argo CD has for a host take the place of all others, also when they are old.",
            judge=about(certificates),
            needs=(ARGOCD_CERTIFICATES.id,),
            blocking=False,
            depends_on=("gitops.operator",),
        ),
    )


def _ours(situation: Situation, planned: PlannedRepository, one: RepositorySecret) -> bool:
    """Ours by its labels, or in the place of ours: then the plan says whether it can be used."""
    instance = effective.instance(situation)
    return one.name == planned.secret_name or (instance is not None and one.instance == instance)


def _named(secrets: list[RepositorySecret]) -> str:
    return ", ".join(one.name for one in secrets)


def _free_name(situation: Situation, taken: tuple[ArgoApplication, ...]) -> str:
    names = {one.name for one in taken}
    stem = f"{situation.answers.application.name}-{effective.instance(situation) or 'ezgitops'}"
    candidates = (stem, *(f"{stem}-{number}" for number in range(2, len(names) + 3)))
    return next(name for name in candidates if name not in names)


def _take(name: str) -> Mend:
    return Mend(f"Take project {name}", "Changes application.project in the answers.", edits={"application.project": name})


def _listed(found: ArgoProject) -> str:
    return ", ".join(found.source_repos[:4]) + (" and more" if len(found.source_repos) > 4 else "") or "no repository"


def _edit(situation: Situation, found: ArgoProject) -> str:
    """Where a rule denies, adding one changes nothing."""
    return oc(situation, "edit", "appprojects.argoproj.io", found.name, "-n", effective.argocd_namespace(situation) or "")


def _patch(situation: Situation, found: ArgoProject, field: str, rule: Json) -> str:
    """The command that adds one rule to a list of the project."""
    there = found.source_repos if field == "sourceRepos" else found.destinations
    change = {"op": "add", "path": f"/spec/{field}" + ("/-" if there else ""), "value": rule if there else [rule]}
    namespace = effective.argocd_namespace(situation) or ""
    return oc(
        situation, "patch", "appprojects.argoproj.io", found.name, "-n", namespace, "--type", "json", "-p", json.dumps([change])
    )
