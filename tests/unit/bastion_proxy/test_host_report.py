"""What a machine reports is read like anything that comes from outside."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.bastion_proxy import host_report
from strategies.bastion_proxy.host_report import HostReport
from strategies.bastion_proxy.host_script import MARK
from strategies.bastion_proxy.squid import configuration
from strategies.facts import Configuration, Decided, Decision


def line(**values: str | bytes) -> str:
    packed = {name: base64.b64encode(v.encode() if isinstance(v, str) else v).decode() for name, v in values.items()}
    return MARK + json.dumps({"format": "1", **packed})


def read(**values: str | bytes) -> HostReport:
    report = host_report.read(f"installing squid\n{line(configuration='ours', **values)}\n")
    assert report is not None
    return report


def test_what_is_told() -> None:
    text = configuration(["github.com"], ["10.0.0.0/16"], 3128, "prod-east")
    seen = read(
        system="Amazon Linux 2023\n",
        version="6.13-1.amzn2023.0.1",
        active="active\n",
        enabled="disabled\n",
        owner="prod-east\n",
        sha256="a" * 64,
        text=gzip.compress(text.encode()),
        direct="200",
        log="2026-11-24T17:00:33Z 10.0.1.17 CONNECT github.com:443 200 TCP_TUNNEL 39 5\n",
    )
    assert (seen.system, seen.version, seen.running, seen.enabled) == ("Amazon Linux 2023", "6.13-1.amzn2023.0.1", True, False)
    assert (seen.configuration, seen.owner, seen.direct) == (Configuration.OURS, "prod-east", 200)
    assert seen.asked is not None
    assert (seen.asked.hosts, seen.asked.clients, seen.asked.port) == (("github.com",), ("10.0.0.0/16",), 3128)
    assert len(seen.log) == 1


def test_no_answer_is_no_status() -> None:
    assert read(direct="000").direct is None
    assert read(direct="2x0").direct is None


@pytest.mark.parametrize(
    ("line", "decision"),
    [
        ("allowed github.com:443 200 200 0", Decision("github.com:443", True, Decided.PASSED, 200, whole=True)),
        ("allowed github.com:443 200 000 60", Decision("github.com:443", True, Decided.PASSED, 200)),
        ("allowed github.com:443 403 000 56", Decision("github.com:443", True, Decided.REFUSED, 403)),
        ("allowed github.com:443 407 000 56", Decision("github.com:443", True, Decided.REFUSED, 407)),
        ("allowed github.com:443 503 000 56", Decision("github.com:443", True, Decided.FAILED, 503)),
        ("allowed github.com:443 302 000 56", Decision("github.com:443", True, Decided.FAILED, 302)),
        ("allowed github.com:443 000 000 7", Decision("github.com:443", True, Decided.FAILED)),
        ("forbidden http://169.254.169.254/ 000 401 0", Decision("http://169.254.169.254/", False, Decided.PASSED, 401, True)),
        ("forbidden http://169.254.169.254/ 000 403 0", Decision("http://169.254.169.254/", False, Decided.REFUSED, 403, True)),
        ("forbidden http://169.254.169.254/ 000 000 28", Decision("http://169.254.169.254/", False, Decided.FAILED)),
    ],
)
def test_what_squid_decided(line: str, decision: Decision) -> None:
    assert read(decisions=f"{line}\n").decisions == (decision,)


def test_a_decision_that_is_none_is_left_out_and_their_number_is_bounded() -> None:
    line = "forbidden example.com:443 403 000 56\n"
    assert read(decisions="allowed github.com:443\nallowed \x1b[2J 200 200 0\nperhaps a:443 200 200 0\n").decisions == ()
    assert len(read(decisions=line * 1000).decisions) == 10
    assert len(read(decisions=line + line[:20]).decisions) == 1


def test_a_version_is_told_without_its_epoch_and_no_package_is_no_trouble() -> None:
    assert read(offered="7:6.13-1").offered == "6.13-1"
    assert read(offer_error="Error: No matching Packages to list\n").offer_error == ""
    assert read(offer_error="Errors:\n  timed out\n").offer_error == "Errors: | timed out"


def test_what_is_written_to_mislead_a_terminal_is_taken_out_and_bounded() -> None:
    seen = read(system="\x1b[2JAmazon\u202e", log="\x1b]0;x\x07 a\n" + "b" * 10_000, why="\u2066c")
    told = (seen.system, *seen.log, *seen.why)
    assert all(text.isprintable() and len(text) <= 300 for text in told)


def test_a_packed_text_unpacks_to_no_more_than_is_wanted() -> None:
    bomb = gzip.compress(b"# ezgitops.dev/squid instance=x format=1\n" + b"acl allowed dstdomain -n a.b\n" * 5_000_000)
    seen = read(text=bomb)
    assert seen.asked is not None
    assert len(seen.asked.hosts) < 40_000
    assert read(text=b"no gzip").asked is None


@pytest.mark.parametrize(
    "output",
    ["", "nothing", f"{MARK}", f"{MARK}[]", f"{MARK}{{", f'{MARK}{{"format": "2"}}', line(configuration="theirs"), line()],
)
def test_what_is_no_report_is_none(output: str) -> None:
    assert host_report.read(output) is None


VALUES = st.one_of(st.text(max_size=30), st.integers(), st.none(), st.lists(st.text(max_size=3), max_size=2))
NAMES = st.sampled_from(
    ["system", "version", "sha256", "text", "direct", "log", "configuration", "active", "why", "decisions", "other"]
)


@given(said=st.dictionaries(NAMES, VALUES))
def test_nothing_breaks_it(said: dict[str, object]) -> None:
    host_report.read(MARK + json.dumps({"format": "1", **said}))
    host_report.read(MARK + json.dumps({"format": "1", "configuration": base64.b64encode(b"none").decode(), **said}))


@given(st.text())
def test_no_output_breaks_it(output: str) -> None:
    host_report.read(output)
    host_report.read(MARK + output)
