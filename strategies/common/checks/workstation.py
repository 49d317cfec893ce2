"""What must hold on this machine whatever the strategy is."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

from strategies.base import Check, Situation, Verdict
from strategies.common import effective, proxies
from strategies.common.aws_names import sts_host
from strategies.common.shown import size
from strategies.common.verdicts import failed, passed, unknown, unread, warned
from strategies.facts import GIT_PROGRAM, MIRROR_SPACE, PROXIES, SOURCE_CONTENT

MINIMUM_GIT = (2, 31)
"""The first git that takes configuration from ``GIT_CONFIG_COUNT`` (git release notes, 2.31)."""
_ROOM = 1000**3
"""Bytes that a configuration repository with its history is unlikely to exceed."""
_HISTORY_FACTOR = 3
"""How much more than its present files a repository and the pack made while fetching it may take: a guess, so it warns."""


def git_program(situation: Situation) -> Verdict:
    """The mirror runs the git program."""
    error, found = situation.facts.error(GIT_PROGRAM), situation.facts.get(GIT_PROGRAM)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    version = ".".join(str(part) for part in found.version)
    if found.version < MINIMUM_GIT:
        needed = ".".join(str(part) for part in MINIMUM_GIT)
        return failed(f"{found.path} is git {version}", f"Install git {needed} or newer.", "git --version")
    return passed(f"git {version} at {found.path}")


def disk(situation: Situation) -> Verdict:
    """The mirror goes through this machine: the source's whole history must fit.

    How large the history is shows only when it has been fetched. The revision that Argo CD follows is known once it has been
    read, and less than that it cannot be. The check does not wait for it: a full disk is full whatever the source is.
    """
    found, content = situation.facts.get(MIRROR_SPACE), situation.facts.get(SOURCE_CONTENT)
    if found is None:
        return unknown("not read yet")
    remedy = "Make room there, or let XDG_CACHE_HOME name a folder on another disk."
    if found.problem is not None:
        evidence = f"mirrors are kept in {found.folder}, and {found.problem}"
        return failed(evidence, "Let XDG_CACHE_HOME name a folder that can be written to.")
    command = shlex.join(["df", "-h", found.folder])
    least = content.stored if content is not None else 0
    whole = least + sum(one.size or 0 for one in content.large) if content is not None else 0
    evidence = f"{size(found.free)} free for {found.folder}"
    if found.free < least:
        return failed(f"{evidence}; one revision of the source alone takes {size(least)}", remedy, command)
    wanted = max(_ROOM, _HISTORY_FACTOR * whole)
    if found.free < wanted:
        return warned(f"{evidence}; {size(wanted)} would be at ease", remedy, command)
    return passed(evidence)


def proxy(situation: Situation) -> Verdict:
    """What the proxy variables say can be used. That they are set is no fault."""
    found = situation.facts.get(PROXIES)
    if found is None:
        return unknown("not read yet")
    outer = _outer_hosts(situation, found.aws_host)
    used = [host for host in outer if not proxies.exempt(host, found.exempt)]
    if found.https is None:
        if found.http_only:
            return warned(
                "HTTP_PROXY is set and HTTPS_PROXY is not: nothing here speaks plain HTTP, so everything goes out directly",
                "Set HTTPS_PROXY as well when this machine has no other way out.",
            )
        return passed("no proxy variable is set")
    via = f"{found.https.variable}={found.https.url}"
    if found.https.problem is not None and used:
        remedy = f"Correct {found.https.variable}, start that proxy, or unset the variable when there is another way out."
        return failed(f"{via}: {found.https.problem}; {', '.join(used)} would be reached through it", remedy)
    if found.differing:
        return warned(
            f"{' and '.join(found.differing)} and the same in lower case differ: git and the AWS SDK take one, oc the other",
            "Let both spellings say the same, or unset one of them.",
        )
    past = "" if used else f"; NO_PROXY leaves out {', '.join(outer)}"
    return passed(f"{via} takes up connections{past}" if found.https.problem is None else f"{via} is not used{past}")


def _outer_hosts(situation: Situation, aws_host: str | None) -> list[str]:
    """The hosts that this machine must reach besides the cluster: the source's and the region's."""
    region = effective.region(situation)
    source = urlsplit(situation.answers.source.url or "").hostname
    return [host for host in (source, aws_host or (sts_host(region) if region else None)) if host]


CHECKS: tuple[Check, ...] = (
    Check(
        id="git.program",
        title="git program",
        why="The mirror clones and pushes with it.",
        judge=git_program,
        needs=(GIT_PROGRAM.id,),
        handles_errors=True,
    ),
    Check(
        id="workstation.proxy",
        title="Proxy variables",
        why="git, the AWS SDK and oc all take their way from these variables, and not all read them alike.",
        judge=proxy,
        needs=(PROXIES.id,),
    ),
)

MIRROR_CHECKS: tuple[Check, ...] = (
    Check(
        id="workstation.disk",
        title="Disk for the mirror",
        why="The source is fetched to this machine before it is pushed; a full disk stops it half way.",
        judge=disk,
        needs=(MIRROR_SPACE.id,),
    ),
)
"""For strategies that copy the source through this machine."""
