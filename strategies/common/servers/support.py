"""Until when the maker of a server mends it, as far as its published calendar tells. Pure.

Sources, read in November 2026:

* GitLab: "GitLab release and maintenance policy" (docs.gitlab.com/policy/maintenance): fixes go into the current and the two
  previous monthly releases; a minor release comes on the third Thursday of each month, X.0 in May.
* Bitbucket: Atlassian "Server end of support" (15 February 2024), "Data Center end of life" (28 March 2029) and "Support End
  of Life Policy": two years after each feature release; the days of 8.x from Atlassian's ``platform-module-usage`` wiki.
* GitHub Enterprise Server: "All releases" (docs.github.com/enterprise-server/admin/all-releases), column "Closing down date".
* Forgejo: "Release management" (forgejo.org/docs/latest/contributor/release), column "End Of Life".
* Gitea publishes no calendar: only its latest minor release gets fixes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from strategies.facts import ServerKind

BITBUCKET_SERVER_END = date(2024, 2, 15)
BITBUCKET_DATA_CENTER_END = date(2029, 3, 28)

_GITLAB = "docs.gitlab.com/policy/maintenance"
_ATLASSIAN = "Atlassian Support End of Life Policy"
_GITHUB = "docs.github.com/enterprise-server/admin/all-releases"
_FORGEJO = "forgejo.org/docs/latest/contributor/release"

_GITLAB_FIRST_MAJOR = 17
"""The first one whose releases all came on third Thursdays."""
_GITLAB_OLDER = date(2024, 7, 18)
"""17.2 came, and 16.11 was left."""
_THURSDAY = 3

_BITBUCKET = {
    (8, 9): date(2025, 4, 10),
    (8, 10): date(2025, 4, 29),
    (8, 11): date(2025, 6, 4),
    (8, 12): date(2025, 7, 10),
    (8, 13): date(2025, 8, 13),
    (8, 14): date(2025, 9, 17),
    (8, 15): date(2025, 10, 22),
    (8, 16): date(2025, 11, 26),
    (8, 17): date(2026, 1, 7),
    (8, 18): date(2026, 2, 4),
    (8, 19): date(2026, 3, 11),
}
_GHES = {
    (3, 11): date(2024, 12, 19),
    (3, 12): date(2025, 4, 3),
    (3, 13): date(2025, 6, 19),
    (3, 14): date(2026, 4, 23),
    (3, 15): date(2026, 4, 23),
    (3, 16): date(2026, 6, 25),
    (3, 17): date(2026, 8, 25),
    (3, 18): date(2026, 10, 14),
    (3, 19): date(2026, 12, 9),
    (3, 20): date(2027, 3, 17),
    (3, 21): date(2027, 6, 11),
}
_FORGEJO_ENDS = {
    7: date(2025, 7, 16),
    8: date(2024, 10, 16),
    9: date(2025, 1, 15),
    10: date(2025, 4, 16),
    11: date(2026, 7, 14),
    12: date(2025, 10, 15),
    13: date(2026, 1, 14),
    14: date(2026, 4, 15),
    15: date(2027, 7, 14),
    16: date(2026, 10, 14),
}


@dataclass(frozen=True, slots=True)
class Support:
    """``ends`` is the first day from which no fixes come, at the latest; ``source`` the page that says so."""

    ends: date
    source: str


def support(kind: ServerKind, version: str | None) -> Support | None:
    """Until when this version is supported, or None where no calendar tells."""
    found = re.match(r"v?(\d+)(?:\.(\d+))?", version or "")
    if found is None:
        return None
    major, minor = int(found[1]), int(found[2] or 0)
    match kind:
        case ServerKind.GITLAB:
            return Support(_gitlab(major, minor), _GITLAB)
        case ServerKind.BITBUCKET:
            return Support(_bitbucket(major, minor), _ATLASSIAN)
        case ServerKind.GHES:
            return _listed(_GHES, (major, minor), _GITHUB)
        case ServerKind.FORGEJO:
            ends = _FORGEJO_ENDS.get(max(major, min(_FORGEJO_ENDS)))
            return None if ends is None else Support(ends, _FORGEJO)
        case ServerKind.GITEA | ServerKind.PLAIN:
            return None


def _gitlab(major: int, minor: int) -> date:
    """The day on which the third release after this one comes."""
    if major < _GITLAB_FIRST_MAJOR:
        return _GITLAB_OLDER
    months = 4 + minor + 3  # X.0 comes in May, the month after four others
    first = date(2007 + major + months // 12, months % 12 + 1, 1)
    return first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 14)


def _bitbucket(major: int, minor: int) -> date:
    """Before 8.0 there were Server licences besides; from 9.0 on each version ends two years after its day, and all in 2029."""
    if major < 8:
        return BITBUCKET_SERVER_END
    if major == 8:
        return _BITBUCKET.get((8, minor), min(_BITBUCKET.values()) if minor < 9 else BITBUCKET_DATA_CENTER_END)
    return BITBUCKET_DATA_CENTER_END


def _listed(table: dict[tuple[int, int], date], version: tuple[int, int], source: str) -> Support | None:
    """What the table says; what is older than its first line ended no later than that one."""
    if version < min(table):
        return Support(table[min(table)], source)
    ends = table.get(version)
    return None if ends is None else Support(ends, source)
