"""What stands in squid.conf: exactly what was asked for, and nothing that anybody could have smuggled in."""

from __future__ import annotations

import base64
import gzip
import re
import string
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.base import Json
from strategies.bastion_proxy import host_script
from strategies.bastion_proxy.squid import Asked, asked_by, configuration, digest
from wizard.answers.judge import judge

FRAME = configuration((), (), 3128, "prod-east").splitlines()
HOST_LINES = ["http_access deny !allowed", "http_access deny inside", "http_access allow allowed"]
"""What stands there as soon as there is a host."""
HOSTILE = (
    "github.com http_access allow all",
    "github.com\nhttp_access allow all",
    "github.com\r\nhttp_port 1",
    "github.com;reboot",
    "$(reboot).com",
    "`reboot`.com",
    "'github.com'",
    '"github.com"',
    "github.com #",
    ".github.com",
    "*.github.com",
    "github.com:443",
    "https://github.com",
    "GitHub.com",
    "gіthub.com",
    "github．com",
    "github.com\u200b",
    "github.com\u202e",
    "169.254.169.254",
    "[::1]",
    "localhost",
    "-n",
    "!all",
    "include /etc/passwd",
    "a" * 64 + ".com",
    "",
)


def answers(
    hosts: Json, cidrs: Json = ("10.0.0.0/16",), url: str = "http://10.1.1.10:3128", name: str = "prod-east"
) -> dict[str, Json]:
    return {
        "apiVersion": "ezgitops.dev/v1",
        "kind": "Answers",
        "name": name,
        "strategy": "bastion-proxy",
        "cluster": {"machineCidrs": cidrs},
        "bastionProxy": {"proxy": {"method": "instance", "url": url}, "allow": {"hosts": hosts}},
    }


def test_what_it_says_for_one_host() -> None:
    text = configuration(["github.com"], ["10.0.0.0/16"], 3128, "prod-east")
    assert text.splitlines()[0] == "# ezgitops.dev/squid instance=prod-east format=1"
    rules = [line for line in text.splitlines() if line.startswith("http_access")]
    assert rules == [
        "http_access deny !clients",
        "http_access deny !tunnel",
        "http_access deny !https_port",
        "http_access deny !allowed",
        "http_access deny inside",
        "http_access allow allowed",
        "http_access deny all",
    ]
    assert "acl allowed dstdomain -n github.com" in text.splitlines()
    assert "169.254.0.0/16" in text
    assert "fc00::/7" in text, "fd00:ec2::254, where instance metadata is over IPv6"


def test_the_order_and_repetition_of_what_is_asked_changes_nothing() -> None:
    one = configuration(["b.example.com", "a.example.com", "a.example.com"], ["10.0.128.0/17", "10.0.0.0/17"], 3128, "x")
    other = configuration(["a.example.com", "b.example.com"], ["10.0.0.0/16", "10.0.3.0/24"], 3128, "x")
    assert one == other
    assert asked_by(one) == Asked("x", ("a.example.com", "b.example.com"), ("10.0.0.0/16",), 3128)
    assert digest(one) == digest(other)


def test_without_a_host_nothing_passes() -> None:
    rules = [line for line in FRAME if line.startswith("http_access")]
    assert rules[-1] == "http_access deny all"
    assert not [rule for rule in rules if "allow" in rule]


@pytest.mark.parametrize("host", HOSTILE)
def test_hostile_hosts_are_refused_with_their_key_and_reach_nothing(host: str) -> None:
    judged = judge(answers([host]))
    assert [fault.key for fault in judged.faults] == ["bastionProxy.allow.hosts[0]"]
    assert judged.faults[0].message
    with pytest.raises(ValueError, match="host"):
        configuration([host], ["10.0.0.0/16"], 3128, "prod-east")


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/16 all", "10.0.0.0/16\nhttp_access allow all", "10.0.0.1/16", "all", "::/0", "", "$(id)"]
)
def test_hostile_networks_are_refused_too(cidr: str) -> None:
    assert [fault.key for fault in judge(answers(["github.com"], [cidr])).faults] == ["cluster.machineCidrs[0]"]
    with pytest.raises(ValueError, match="network"):
        configuration(["github.com"], [cidr], 3128, "prod-east")


@pytest.mark.parametrize("name", ["", "a b", "a\nhttp_access allow all", "Prod", "x" * 64, "$(id)", "a format=2"])
def test_hostile_names_are_refused_too(name: str) -> None:
    with pytest.raises(ValueError, match="instance"):
        configuration(["github.com"], ["10.0.0.0/16"], 3128, name)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_ports_that_do_not_exist_are_refused(port: int) -> None:
    with pytest.raises(ValueError, match="port"):
        configuration(["github.com"], ["10.0.0.0/16"], port, "prod-east")


def test_ten_thousand_hosts_are_refused_with_their_key() -> None:
    faults = judge(answers([f"h{number}.example.com" for number in range(10_000)])).faults
    assert [fault.key for fault in faults] == ["bastionProxy.allow.hosts"]


TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.text(alphabet=string.printable, max_size=40),
    st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20}){0,3}", fullmatch=True),
)


@given(hosts=st.lists(TEXTS, max_size=6), cidr=st.one_of(st.just("10.0.0.0/16"), TEXTS))
def test_whatever_is_answered_is_refused_or_is_only_what_it_says(hosts: list[str], cidr: str) -> None:
    judged = judge(answers(list(hosts), [cidr]))
    if judged.faults:
        assert all(fault.key.startswith(("bastionProxy.allow.hosts", "cluster.machineCidrs")) for fault in judged.faults)
        assert all(fault.message for fault in judged.faults)
        return
    text = configuration(hosts, [cidr], 3128, "prod-east")
    expected = [f"acl allowed dstdomain -n {host}" for host in sorted(set(hosts))]
    network = f"acl clients src {IPv4Network(cidr)}"
    assert sorted(text.splitlines()) == sorted(
        [*FRAME, *expected, *(HOST_LINES if hosts else ()), *([network] if network not in FRAME else ())]
    )


@given(hosts=st.lists(TEXTS, min_size=1, max_size=4), cidr=TEXTS, instance=TEXTS)
def test_the_text_itself_takes_nothing_that_it_does_not_know(hosts: list[str], cidr: str, instance: str) -> None:
    try:
        text = configuration(hosts, [cidr], 3128, instance)
    except ValueError:
        return
    assert all(re.fullmatch(r"[a-z0-9.-]+", host) for host in hosts)
    assert len(text.splitlines()) <= len(FRAME) + len(HOST_LINES) + len(hosts) + 1


def scripts(instance: str, host: str, text: str) -> tuple[str, ...]:
    return (
        host_script.look(instance, host=host),
        host_script.install(instance, text, 3128, replace_foreign=False),
        host_script.remove(instance),
    )


def bare(script: str) -> str:
    """The script without its values, each of which is base64 in quotes."""
    return re.sub(r"^([A-Z0-9]+=(?:\$\(printf '%s' )?)'[A-Za-z0-9+/=]*'", r"\1''", script, flags=re.MULTILINE)


@given(instance=st.text(max_size=30), host=st.text(max_size=30), text=st.text(max_size=60))
def test_nothing_of_it_is_text_of_the_shell(instance: str, host: str, text: str) -> None:
    assert [bare(one) for one in scripts(instance, host, text)] == [bare(one) for one in scripts("x", "y", "z")]


def test_the_configuration_is_sent_whole_and_small() -> None:
    text = configuration([f"host-{number}.example.com" for number in range(500)], ["10.0.0.0/16"], 3128, "prod-east")
    script = host_script.install("prod-east", text, 3128, replace_foreign=False)
    packed = re.search(r"^TEXT='([A-Za-z0-9+/=]+)'$", script, re.MULTILINE)
    assert packed is not None
    assert gzip.decompress(base64.b64decode(packed[1])).decode() == text
    assert len(script) < host_script.MOST_LETTERS


def test_what_is_too_long_for_one_command_is_said_before_it_is_sent() -> None:
    hosts = [
        f"{digest(str(number))[:60]}.{digest(str(-number))[:60]}.{digest(f'{number}.')[:60]}.example" for number in range(500)
    ]
    with pytest.raises(ValueError, match="characters"):
        host_script.install("x", configuration(hosts, [], 3128, "x"), 3128, replace_foreign=False)
