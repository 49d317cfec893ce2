"""Lists a repository over SSH with the key that Argo CD will have: all that can be learnt where there is no API to ask.

The server is believed by the host keys that were confirmed and no others, whatever this machine's own ``known_hosts`` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import replace

from strategies.base import Situation
from strategies.common.shown import shown
from strategies.facts import SERVER_HOST_KEYS, FactError, ServerRepository
from strategies.ports import FactFailureError, ResourceError
from strategies.private_server import in_effect, place
from strategies.resources.git.errors import Trouble, explain, trouble
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote

_REFUSED = re.compile(r"Permission denied|publickey", re.IGNORECASE)
"""ssh(1) and the servers' own words for a key that nobody there knows."""


def key_inputs(situation: Situation) -> Hashable | None:
    """What a look with the key depends on; empty where there is none to look with, None until the host keys were read."""
    reference = _reference(situation)
    if reference is None:
        return ()
    if not situation.facts.known(SERVER_HOST_KEYS.id):
        return None
    return (situation.answers.private_server.repository.url, reference, _known_hosts(situation))


def _reference(situation: Situation) -> str | None:
    """Where the key is, if it is the one login that is answered. One that a human is asked for waits until it is used."""
    asked = situation.answers.private_server
    reference = asked.credentials.secret if asked.credentials.method == "ssh-key" else None
    alone = asked.server.admin_token is None and place.by_ssh(situation.answers)
    return reference if alone and reference is not None and not reference.startswith("prompt:") else None


def _known_hosts(situation: Situation) -> str:
    """The host keys that are shown and were confirmed, as lines of a known_hosts file; empty where there are none."""
    found, confirmed = situation.facts.get(SERVER_HOST_KEYS), situation.answers.private_server.server.host_keys or []
    if found is None:
        return ""
    return replace(found, keys=tuple(one for one in found.keys if one.fingerprint in confirmed)).known_hosts


def listed_by_key(
    git: GitProgram, resolve_secret: Callable[[Situation, str], str], situation: Situation
) -> ServerRepository | None:
    """The repository of the URL, by what Git lists; None where nobody is to be asked. Raises FactFailureError."""
    hosts, reference, url = _known_hosts(situation), _reference(situation), situation.answers.private_server.repository.url
    if not hosts or reference is None or url is None:
        return None
    path = place.path_below(situation.answers, in_effect.base_url(situation))
    try:
        login = GitLogin(url, "", "", ssh_key=resolve_secret(situation, reference), known_hosts=hosts)
        found = list_remote(git, url, login)
    except ResourceError as error:
        raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from None
    except GitError as error:
        if _REFUSED.search(error.stderr):
            return ServerRepository(path, refused=_refused(url, reference))
        if trouble(error) is Trouble.NOT_FOUND:
            return ServerRepository(path, exists=False)
        raise FactFailureError(explain(error, url, login=True)) from error
    return ServerRepository(path, default_branch=found.default_branch, empty=not found.branches, ssh_url=url)


def _refused(url: str, reference: str) -> FactError:
    return FactError(
        f"the server does not let the key of {shown(reference)} in to {url}",
        "Add its public half to the repository as a deploy key that may read, or answer privateServer.credentials.secret anew.",
    )
