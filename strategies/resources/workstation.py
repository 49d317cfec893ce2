"""What is read from this machine: the git program, the kubeconfig's contexts, the disk, the proxy variables."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from strategies.facts import GIT_PROGRAM, KUBE_CONTEXTS, MIRROR_SPACE, PROXIES, FactError, GitProgram, KubeContexts, MirrorSpace
from strategies.ports import FactFailureError, Reader
from strategies.resources.git import program
from strategies.resources.git.errors import explain
from strategies.resources.proxies import PROXY_TIMEOUT, read_proxies


def workstation_readers(environ: Mapping[str, str], git: program.GitProgram, mirrors: Path) -> Sequence[Reader]:
    """Readers that depend on no answer. ``mirrors`` is the folder in which mirrors are kept."""
    return (
        Reader(GIT_PROGRAM.id, lambda _situation: "", lambda _situation: read_git(git), timeout=10.0),
        Reader(KUBE_CONTEXTS.id, lambda _situation: "", lambda _situation: read_contexts(environ), timeout=10.0),
        Reader(MIRROR_SPACE.id, lambda _situation: "", lambda _situation: read_space(mirrors), timeout=10.0),
        Reader(PROXIES.id, lambda _situation: "", lambda _situation: read_proxies(environ), timeout=PROXY_TIMEOUT + 5),
    )


def read_git(git: program.GitProgram) -> GitProgram:
    """Where git is and how new. Raises FactFailureError when there is none."""
    try:
        said = git.run(["version"], timeout=5.0)
    except program.GitError as error:
        raise FactFailureError(explain(error, "this machine")) from error
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if found is None:
        raise FactFailureError(FactError(f"git tells no version: {said.strip()}", "Install git 2.31 or newer."))
    return GitProgram(git.path or "git", tuple(int(part) for part in found.groups() if part is not None))


def read_contexts(environ: Mapping[str, str]) -> KubeContexts:
    """Every context of the kubeconfig files. Raises FactFailureError for a file that cannot be read."""
    # The kubernetes package takes 0.3 s to import: not before somebody reads the first fact.
    from strategies.resources.cluster import kubeconfig

    try:
        return kubeconfig.contexts(environ)
    except kubeconfig.KubeconfigError as error:
        raise FactFailureError(FactError(error.message, error.remedy, error.command)) from error


def read_space(folder: Path) -> MirrorSpace:
    """How much fits into a folder that need not exist yet. It is not made: looking must leave no trace."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return MirrorSpace(str(folder), 0, f"{place}: {error.strerror or error}")
    if not place.is_dir():
        return MirrorSpace(str(folder), free, f"{place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        return MirrorSpace(str(folder), free, f"{place} cannot be written to")
    return MirrorSpace(str(folder), free)
