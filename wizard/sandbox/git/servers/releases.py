"""The version that a server has which is kept up to date, so that a scenario does not grow old with the calendar.

GitLab brings out a minor version on the third Thursday of each month, and X.0 in May ("GitLab release and maintenance policy",
docs.gitlab.com/policy/maintenance): 18.0 came in May 2025.
"""

from __future__ import annotations

from datetime import date, timedelta

from wizard.sandbox.git.servers.scenario import ServerSection

CURRENT = "current"
_MAY = 5
_THURSDAY = 3
_FIRST = 2007
"""GitLab X.0 came in May of this year and X more."""


def up_to_date(section: ServerSection, today: date) -> ServerSection:
    """The server with the newest version of that day, where the scenario says ``current``."""
    return section.model_copy(update={"version": f"{newest(today)}-ee"}) if section.version == CURRENT else section


def newest(today: date) -> str:
    """GitLab's newest version: ``19.6.0``."""
    month = today.replace(day=1)
    if today < _third_thursday(month):
        month = (month - timedelta(days=1)).replace(day=1)
    months = (month.year - _FIRST) * 12 + month.month - _MAY
    return f"{months // 12}.{months % 12}.0"


def _third_thursday(first: date) -> date:
    return first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 14)
