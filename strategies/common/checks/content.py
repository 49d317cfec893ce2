"""What the content of the source repository means for the mirror and for Argo CD."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Sequence

from strategies.base import Check, Situation, Verdict
from strategies.common import outside
from strategies.common.shown import shown
from strategies.common.verdicts import counted, more, passed, skipped, warned
from strategies.facts import SOURCE_CONTENT, SOURCE_TREE, LfsRule, Link, LinkKind

_COMMIT_LIKE = re.compile(r"[0-9a-fA-F]{40}")
_MOST_SHOWN = 3

Judge = Callable[[Situation], Verdict]


_MIRRORED = (
    "The mirror carries the pointers, not the files: Argo CD would read the pointer's text. Keep what it renders as plain "
    "files: after this command, git add --renormalize . and commit."
)


def lfs(situation: Situation, remedy: str = _MIRRORED) -> Verdict:
    """Git LFS keeps files beside Git: who fetches has pointers, and Argo CD renders the pointer in place of the file."""
    content = situation.facts.get(SOURCE_CONTENT)
    if content is None:
        return _unread()
    rules = content.lfs_rules
    if not content.lfs_files:
        if not rules:
            return passed("no file is kept by Git LFS")
        return passed(f"{_place(rules[0])} gives {shown(rules[0].pattern)} to Git LFS, and no file is kept there yet")
    files = content.lfs_files
    inside = _below(files, situation.answers.source.path)
    where = f"in {situation.answers.source.path}" if inside else "none of it in the path"
    seen = counted(len(inside or files), "file is", "files are")
    evidence = f"{seen} kept by Git LFS, {where}: {_listed(inside or files)}"
    evidence += f" ({_place(rules[0])})" if rules else ""
    return warned(evidence, remedy, _untrack(rules))


def submodules(situation: Situation) -> Verdict:
    """Argo CD fetches every submodule of the repository, whatever the path is.

    argo-cd ``docs/user-guide/private-repositories.md``, "Git Submodules".
    """
    content = situation.facts.get(SOURCE_CONTENT)
    if content is None:
        return _unread()
    found = content.submodules
    if not found:
        return passed("none")
    one = found[0]
    whence = f"from {shown(one.url)} (.gitmodules:{one.line})" if one.url else "which .gitmodules does not name"
    evidence = f"{counted(len(found), 'submodule')}: {shown(one.path)} {whence}{more(len(found) - 1)}"
    remedy = (
        "Argo CD fetches submodules before it renders anything, whatever the path is: where the cluster does not reach their "
        "host, every sync fails. Put the files into this repository, or switch submodules off for the repo-server "
        "(ARGOCD_GIT_MODULES_ENABLED=false in the ArgoCD resource, spec.repo.env)."
    )
    return warned(evidence, remedy, shlex.join(["git", "rm", "--cached", one.path]))


def from_outside(own_url: Callable[[Situation], str]) -> Callable[[Situation], Verdict]:
    """What rendering the path needs from hosts that an egress-zero cluster does not reach.

    ``own_url`` is the URL that Argo CD syncs from: what names it is in reach.
    """

    def judge(situation: Situation) -> Verdict:
        content, tree = situation.facts.get(SOURCE_CONTENT), situation.facts.get(SOURCE_TREE)
        if content is None or tree is None:
            return _unread()
        answers, own = situation.answers, own_url(situation)
        found = outside.look(answers.source.path, tree, content, own)
        if found.links:
            return _named_outside(found.links, own, answers.source.url or "")
        if found.unreadable:
            evidence = f"{shown(found.unreadable[0])} cannot be parsed{more(len(found.unreadable) - 1)}"
            return warned(evidence, "Mend the file: Argo CD cannot render it either.")
        if content.omitted is not None:
            return warned(f"nothing found, but {content.omitted}", "Look by hand for charts and bases from other hosts.")
        return passed(f"{counted(found.looked_into, 'file')} looked into from {answers.source.path}: nothing from other hosts")

    return judge


def _named_outside(links: Sequence[Link], own: str, source: str) -> Verdict:
    hosts = outside.hosts(links)
    places = [f"{shown(one.file)}:{one.line} {one.kind} {shown(one.name or one.target, 60)}" for one in links[:_MOST_SHOWN]]
    evidence = f"needs {_listed(hosts)}: {'; '.join(places)}{more(len(links) - _MOST_SHOWN)}"
    itself = [one for one in links if outside.same_repository(one.target, source)]
    if itself:
        return warned(evidence, f"Let repoURL be {own} there: the mirror holds the same, and the cluster reaches it.")
    charts = [one for one in links if one.name]
    remedy = (
        "The cluster does not reach these hosts: the Application would not be synced. Put what they give into the repository"
    )
    if charts and charts[0].kind is not LinkKind.APPLICATION:
        return warned(evidence, f"{remedy}.", _pull(charts[0]))
    if links[0].kind is LinkKind.KUSTOMIZE:
        folder = posixpath.dirname(links[0].file) or "."
        return warned(evidence, f"{remedy}.", shlex.join(["kustomize", "localize", folder]))
    return warned(evidence, f"{remedy}, or mirror charts to ECR, which the cluster does reach.")


def _pull(chart: Link) -> str:
    folder = posixpath.join(posixpath.dirname(chart.file) or ".", "charts")
    if chart.target.startswith("oci://"):
        named = [f"{chart.target.rstrip('/')}/{chart.name}"]
    else:
        named = [chart.name, "--repo", chart.target]
    return shlex.join(["helm", "pull", *named, "--untar", "--untardir", folder])


def _untrack(rules: Sequence[LfsRule]) -> str | None:
    return shlex.join(["git", "lfs", "untrack", rules[0].pattern]) if rules else None


def _unread() -> Verdict:
    return skipped("the content of the source was not read: see the sizes")


def _below(files: Sequence[str], path: str) -> list[str]:
    folder = posixpath.normpath(path)
    return [file for file in files if folder == "." or file.startswith(f"{folder}/")]


def _place(rule: LfsRule) -> str:
    return f"{shown(rule.file)}:{rule.line}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in names[:_MOST_SHOWN]) + more(len(names) - _MOST_SHOWN)


def fetched_checks(lfs: Judge, why_lfs: str, submodules: Judge, why_submodules: str) -> tuple[Check, ...]:
    """What of the source Git does not bring along, judged by what the strategy lets the cluster reach."""
    told = {
        "git.source-lfs": ("Git LFS", why_lfs, lfs),
        "git.source-submodules": ("Submodules", why_submodules, submodules),
    }
    return tuple(
        Check(
            id=check,
            title=title,
            why=why,
            judge=judge,
            needs=(SOURCE_CONTENT.id,),
            blocking=False,
            depends_on=("git.source",),
            handles_errors=True,
        )
        for check, (title, why, judge) in told.items()
    )


def mirror_checks(own_url: Callable[[Situation], str]) -> tuple[Check, ...]:
    """For strategies that give the cluster a copy of the source, and nothing else of what is outside."""
    return (
        *fetched_checks(
            lfs,
            "Files that Git LFS keeps are not in Git: the mirror has only their pointers.",
            submodules,
            "Argo CD fetches them from where they are named, which an egress-zero cluster does not reach.",
        ),
        Check(
            id="git.source-outside",
            title="Charts and bases from other hosts",
            why="The usual reason why a repository that is in reach is still not synced: it names what is not.",
            judge=from_outside(own_url),
            needs=(SOURCE_TREE.id, SOURCE_CONTENT.id),
            blocking=False,
            depends_on=("git.source", "git.source-path"),
            handles_errors=True,
        ),
    )
