"""What is different about the operator's machine: variables, and an old git."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from wizard.sandbox.scenario import WorkstationSection

_GIT = """#!/bin/sh
case "$1" in version | --version) echo {said} ;; *) exec {git} "$@" ;; esac
"""


def machine_variables(section: WorkstationSection, programs: Path) -> dict[str, str]:
    """The environment variables of the section; programs that stand in for others are put into the folder ``programs``."""
    found = dict(section.environ)
    if section.git_version is not None:
        real = shutil.which("git")
        if real is None:
            raise FileNotFoundError("git is not installed")
        programs.mkdir()
        script = programs / "git"
        script.write_text(_GIT.format(said=shlex.quote(f"git version {section.git_version}"), git=shlex.quote(real)))
        script.chmod(0o700)
        found["PATH"] = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return found
