"""What is read from this machine: the git program and the kubeconfig's contexts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from strategies.facts import GIT_PROGRAM, KUBE_CONTEXTS, FactError, GitProgram, KubeContexts
from strategies.ports import FactFailureError, Reader
from strategies.resources.git import program
from strategies.resources.git.errors import explain


def workstation_readers(environ: Mapping[str, str], git: program.GitProgram) -> Sequence[Reader]:
    """Readers that depend on no answer."""
    return (
        Reader(GIT_PROGRAM.id, lambda _situation: "", lambda _situation: read_git(git), timeout=10.0),
        Reader(KUBE_CONTEXTS.id, lambda _situation: "", lambda _situation: read_contexts(environ), timeout=10.0),
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
