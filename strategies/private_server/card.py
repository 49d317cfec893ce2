"""What the strategy page says of a private Git server for this environment."""

from __future__ import annotations

from strategies.base import Card, Situation, Status, Verdict
from strategies.common.verdicts import unknown
from strategies.facts import SERVER, SERVER_CHAIN
from strategies.private_server import offers, own


def card(situation: Situation) -> Card:
    """The card, with what the facts read so far say."""
    asked = situation.answers.private_server
    return Card(
        headline="you run Git already" if not asked.own.make else "a GitLab of your own",
        summary="GitLab, Bitbucket, Gitea, Forgejo, GitHub Enterprise or any other that the cluster reaches, with its own CA.",
        badges=tuple(_badges(situation)),
        cost=own.cost(situation.answers) if asked.own.make else "nothing beyond the server that you run",
        makes="makes a read-only credential, its Secret, trust and the Application · ready in about a minute",
        recommended=False,
    )


def _badges(situation: Situation) -> list[Verdict]:
    if situation.answers.private_server.repository.url is None:
        return [unknown("give its URL, and it is looked at")]
    trust = offers.judge_trust(situation) if situation.facts.known(SERVER_CHAIN.id) else None
    if trust is not None and trust.status is Status.FAIL:
        return [Verdict(trust.status, trust.evidence)]  # what the server is, is seen once it is believed
    told = [offers.judge_url(situation) if situation.facts.known(SERVER.id) else None, trust]
    return [Verdict(one.status, one.evidence) for one in told if one is not None]
