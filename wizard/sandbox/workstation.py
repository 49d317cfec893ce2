"""What is different about the operator's machine: variables, certificates that it was handed, and an old git."""

from __future__ import annotations

import os
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

from wizard.sandbox.scenario import HandedCertificate, WorkstationSection

_GIT = """#!/bin/sh
case "$1" in version | --version) echo {said} ;; *) exec {git} "$@" ;; esac
"""


def machine_variables(section: WorkstationSection, programs: Path) -> dict[str, str]:
    """The environment variables of the section; programs that stand in for others are put into the folder ``programs``."""
    found = dict(section.environ)
    for one in section.certificates:
        found |= _handed(one)
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


def _handed(one: HandedCertificate) -> dict[str, str]:
    from wizard.sandbox.git.servers.scenario import TlsSection
    from wizard.sandbox.git.servers.tls import OrganisationAuthority

    authority, now = OrganisationAuthority(), datetime.now(UTC)
    section = TlsSection(expires_in_days=one.expires_in_days)
    certificate, key = authority.chain(section, one.issued_for or one.host, now)
    if one.key_of is not None:
        key = authority.chain(section, one.key_of, now)[1]
    return {one.certificate: certificate.decode(), one.key: key.decode()}
