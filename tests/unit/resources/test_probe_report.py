"""A report from the cluster is not trusted: types, lengths and characters are those of a report, or there is none."""

from __future__ import annotations

import json

import pytest

from strategies.common.probe_script import MARK
from strategies.facts import HostView, Listing, ListingState, ProbeState
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


@pytest.mark.parametrize(
    "log", ["", "no report", f"{MARK}", f"{MARK}{{", f'{MARK}{{"listing": {{"state": "hacked"}}}}', f'{MARK}{{"listing": 3}}']
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
