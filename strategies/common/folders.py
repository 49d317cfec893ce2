"""What Argo CD would find in a folder of the source repository. Pure.

Which tool renders a folder: argo-cd ``docs/user-guide/tool_detection.md``. A plain directory is read without its sub-folders,
since the Application asks for no recursion.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Mapping, Sequence

from strategies.base import Choice, Json, Mend, Situation, Verdict
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, passed, unknown, warned
from strategies.facts import SOURCE, SOURCE_TREE

ROOT = "."
CHARTS = frozenset({"Chart.yaml"})
KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
MANIFESTS = (".yaml", ".yml", ".json")
_MOST_CHOICES = 200


def contents(files: Sequence[str]) -> dict[str, list[str]]:
    """Each folder, ``.`` for the root, to the names of the files right in it. Folders that hold folders alone are there too."""
    found: dict[str, list[str]] = {ROOT: []}
    for file in files:
        folder, _, name = file.rpartition("/")
        place = folder or ROOT
        if place not in found:
            found[place] = []
            # Those above a folder that is there are there as well: this runs over every file of large repositories.
            while (folder := folder.rpartition("/")[0]) and folder not in found:
                found[folder] = []
        found[place].append(name)
    return found


def describe(names: Sequence[str]) -> str | None:
    """What would be rendered from a folder with these files: ``kustomize, 3 manifests``. None when it is nothing."""
    manifests = [name for name in names if name.endswith(MANIFESTS) and name not in CHARTS | KUSTOMIZATIONS]
    if CHARTS.intersection(names):
        return "a Helm chart"
    if KUSTOMIZATIONS.intersection(names):
        return f"kustomize, {counted(len(manifests), 'manifest')} beside it" if manifests else "kustomize"
    return counted(len(manifests), "manifest") if manifests else None


def suggested(situation: Situation) -> Json:
    """The one folder that is named after the instance or its cluster; else the root, when it holds manifests.

    A folder is named after something when its path ends in that name (``clusters/prod-east``).
    """
    tree = situation.facts.get(SOURCE_TREE)
    if tree is None:
        return None
    found = _rendered(tree.files)
    names = {situation.answers.name, situation.answers.cluster.infrastructure_name} - {None}
    named = [folder for folder in found if posixpath.basename(folder) in names]
    if len(named) == 1:
        return named[0]
    return ROOT if ROOT in found or len(found) != 1 else next(iter(found))


def choices(situation: Situation) -> Sequence[Choice]:
    """Every folder from which something would be rendered, with what that is."""
    tree = situation.facts.get(SOURCE_TREE)
    if tree is None:
        return ()
    return [Choice(folder, folder, what) for folder, what in sorted(_rendered(tree.files).items())][:_MOST_CHOICES]


def judge(situation: Situation) -> Verdict | None:
    """What is in the folder answered; None as long as there is no source repository to look into."""
    source, tree = situation.answers.source, situation.facts.get(SOURCE_TREE)
    if source.url is None or situation.facts.get(SOURCE) is None:
        return None
    error = situation.facts.error(SOURCE_TREE)
    if error is not None:
        return unknown(f"the folders could not be listed: {error.message}", error.remedy)
    if tree is None:
        return unknown("not read yet")
    path = posixpath.normpath(source.path)
    found = contents(tree.files)
    if path not in found:
        rendered = sorted(_rendered(tree.files))
        near = difflib.get_close_matches(path, list(found), n=3, cutoff=0.5)
        remedy = f"Answer source.path with one of: {', '.join(shown(one) for one in near or rendered[:6])}"
        nearest = next((one for one in near if one in rendered), None)
        return failed(f"{tree.revision} has no folder {path}", remedy, mend=_instead(nearest))
    what = describe(found[path])
    if what is None:
        rendered = sorted(_rendered(tree.files))[:4]
        names = ", ".join(shown(one) for one in rendered)
        remedy = f"Answer source.path with a folder that holds manifests, such as {names}." if rendered else ""
        return warned(f"no manifest right in {_name(path)}: Argo CD would sync nothing", remedy or "Add manifests to it.")
    return passed(what)


def _instead(folder: str | None) -> Mend | None:
    if folder is None or not folder.isprintable():
        return None
    says = f"Answers source.path with {shown(folder)}, the nearest name that is there."
    return Mend(f"Sync from {shown(folder, 40)}", says, edits={"source.path": folder})


def _rendered(files: Sequence[str]) -> Mapping[str, str]:
    found = contents(files).items()
    return {folder: what for folder, names in found if not _hidden(folder) and (what := describe(names)) is not None}


def _hidden(folder: str) -> bool:
    """Folders such as ``.github`` hold YAML that is not for Argo CD; a name with control characters cannot be answered."""
    return not folder.isprintable() or any(part.startswith(".") for part in folder.split("/") if part != ROOT)


def _name(path: str) -> str:
    return "the repository's root" if path == ROOT else path
