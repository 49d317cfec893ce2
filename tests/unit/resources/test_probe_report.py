"""A report from the cluster is not trusted: types, lengths and characters are those of a report, or there is none."""

from __future__ import annotations

import json

import pytest

from strategies.common.probe_proxy_script import MOST_TARGETS
from strategies.common.probe_script import MARK
from strategies.facts import HostView, Listing, ListingState, Passage, PassageState, ProbeState, ProxyView
from strategies.resources.cluster.probe_report import last_lines, report


def test_a_whole_report() -> None:
    said = {
        "git": {"host": "git", "addresses": ["10.0.0.4", "10.0.1.4"], "unreached": {"10.0.1.4": "timed out"}, "status": 404},
        "sts": {"host": "sts", "name_error": "Name or service not known"},
        "listing": {"state": "answered", "status": 200, "references": 52, "revision_found": True},
    }
    found = report("image", f"some warning\n{MARK}{json.dumps(said)}\n")
    assert found is not None
    assert (found.state, found.image) == (ProbeState.DONE, "image")
    assert found.git == HostView("git", ("10.0.0.4", "10.0.1.4"), unreached={"10.0.1.4": "timed out"}, status=404)
    assert found.sts == HostView("sts", name_error="Name or service not known")
    assert found.listing == Listing(ListingState.ANSWERED, 200, 52, revision_found=True)


def test_what_was_seen_of_a_proxy() -> None:
    allowed = [
        {"target": "github.com:443", "state": "open", "own_authorities": True, "tls_error": "bad", "issuer": "O=Acme"},
        {"target": "raw.githubusercontent.com:443", "state": "refused", "status": 403, "error": "Forbidden"},
    ]
    proxy = {
        "url": "http://10.1.1.10:3128",
        "login": True,
        "allowed": allowed,
        "forbidden": [{"target": "h:22", "state": "unanswered"}],
    }
    found = report("image", MARK + json.dumps({"proxy": proxy}))
    assert found is not None
    assert found.proxy == ProxyView(
        "http://10.1.1.10:3128",
        login=True,
        allowed=(
            Passage("github.com:443", PassageState.OPEN, tls_error="bad", issuer="O=Acme", own_authorities=True),
            Passage("raw.githubusercontent.com:443", PassageState.REFUSED, 403, "Forbidden"),
        ),
        forbidden=(Passage("h:22", PassageState.UNANSWERED),),
    )


def test_a_proxy_cannot_say_more_than_a_report_holds() -> None:
    many = [{"target": "\x1b[2J" + "h" * 999, "state": "open", "status": True, "error": ["x"]}] * 999
    found = report("image", MARK + json.dumps({"proxy": {"url": 3, "login": "yes", "allowed": many, "forbidden": {"a": 1}}}))
    assert found is not None
    assert found.proxy is not None
    assert (found.proxy.url, found.proxy.login, found.proxy.forbidden) == ("", False, ())
    assert len(found.proxy.allowed) == MOST_TARGETS
    assert "\x1b" not in found.proxy.allowed[0].target
    assert len(found.proxy.allowed[0].target) <= 303
    assert (found.proxy.allowed[0].status, found.proxy.allowed[0].error) == (None, "")


@pytest.mark.parametrize(
    "log",
    [
        "",
        "no report",
        f"{MARK}",
        f"{MARK}{{",
        f'{MARK}{{"listing": {{"state": "hacked"}}}}',
        f'{MARK}{{"listing": 3}}',
        f'{MARK}{{"proxy": {{"allowed": [{{"state": "hacked"}}]}}}}',
        f'{MARK}{{"proxy": {{"allowed": [3]}}}}',
    ],
)
def test_what_is_no_report(log: str) -> None:
    assert report("image", log) is None


def test_values_of_other_types_count_for_nothing() -> None:
    said = {"git": {"host": 3, "addresses": [1, None, "10.0.0.4"], "unreached": [], "status": True, "tls_error": {"a": 1}}}
    found = report("image", MARK + json.dumps(said))
    assert found is not None
    assert found.git == HostView("", ("10.0.0.4",))


def test_what_is_shown_is_short_and_moves_no_cursor() -> None:
    said = {"sts": {"host": "sts", "addresses": ["1"] * 99, "tls_error": "\x1b[2J" + "x" * 999}}
    found = report("image", MARK + json.dumps(said))
    assert found is not None
    assert found.sts is not None
    assert len(found.sts.addresses) == 16
    assert "\x1b" not in found.sts.tls_error
    assert len(found.sts.tls_error) <= 303
    assert last_lines("a\n\nb\n c \n\x07d\n") == "b | c |  d"
