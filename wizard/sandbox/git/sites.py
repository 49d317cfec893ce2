"""GitHub under all the names that an organisation's clusters know it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wizard.sandbox.git.apps import Apps
from wizard.sandbox.git.github import GitHub, HostedRepository
from wizard.sandbox.git.pages import Pages
from wizard.sandbox.git.raw import RawFiles
from wizard.sandbox.scenario import GitHubSection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def github_sites(
    section: GitHubSection, repositories: Mapping[str, HostedRepository], apps: Apps
) -> dict[str, WSGIApplication]:
    """Everything that answers under a name of GitHub's, by host name: Git, the API, raw files, and the organisation's Pages."""
    git, api, raw, pages = section.hosts
    return {
        git: GitHub(repositories, apps.lets_read),
        api: apps.api(),
        raw: RawFiles(repositories),
        pages: Pages(section.pages, pages),
    }
