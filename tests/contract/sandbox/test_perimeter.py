"""What the policy of the STS endpoint does to a token from inside the VPC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from wizard.sandbox.aws.views import EndpointView
from wizard.sandbox.network.perimeter import NOBODY, behind

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROLE = "arn:aws:iam::123456789012:role/reader"


def view(permits: Callable[[str, str, str], bool]) -> EndpointView:
    return EndpointView("vpce-1", "vpc-1", "sts", (), (), (), {}, permits)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """STS itself: says what it was asked."""
    return Response(Request(environ).form.get("Action", "by query"))(environ, start_response)


@pytest.mark.parametrize("by_query", [False, True])
def test_a_token_passes_only_where_the_policy_lets_nobody_in_particular_through(by_query: bool) -> None:
    """IAM user guide, "AWS global condition context keys": an unsigned call has no aws:Principal keys."""
    asked = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": ROLE}
    seen: list[tuple[str, str, str]] = []

    def permits(principal: str, action: str, resource: str) -> bool:
        seen.append((principal, action, resource))
        return len(seen) > 1

    client = Client(behind(lambda: view(permits), echo))
    ask = (lambda: client.get(f"/?{urlencode(asked)}")) if by_query else (lambda: client.post("/", data=asked))

    refused, passed = ask(), ask()

    assert (refused.status_code, passed.status_code) == (403, 200)
    assert "because no VPC endpoint policy allows the sts:AssumeRoleWithWebIdentity action" in refused.text
    assert seen == [(NOBODY, "sts:AssumeRoleWithWebIdentity", ROLE)] * 2
    assert passed.text == ("by query" if by_query else "AssumeRoleWithWebIdentity")


def test_other_calls_are_not_judged_here() -> None:
    client = Client(behind(lambda: view(lambda *_: False), echo))
    assert client.post("/", data={"Action": "GetCallerIdentity"}).text == "GetCallerIdentity"
    assert Client(behind(lambda: None, echo)).post("/", data={"Action": "AssumeRoleWithWebIdentity"}).status_code == 200
