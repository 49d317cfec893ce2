"""The real Squid on the configuration that the product writes: who passes to where, and who does not."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from strategies.bastion_proxy import host_report, host_script
from strategies.bastion_proxy.host_report import HostReport
from strategies.bastion_proxy.squid import configuration, digest
from strategies.facts import Configuration, Decided, Decision
from wizard.sandbox.certificates import Authority
from wizard.sandbox.machines.daemon import DaemonError, Surroundings, program
from wizard.sandbox.machines.fallback import StandInSquid
from wizard.sandbox.machines.machines import Internet, Machines, reachable
from wizard.sandbox.machines.spec import FOREIGN, PACKAGED, Host, MachineSpec, SquidSpec
from wizard.sandbox.network.front import HttpsFront
from wizard.sandbox.network.proxy import ConnectProxy, Pass, Refuse
from wizard.sandbox.network.routes import proxy_header
from wizard.sandbox.reaper import Reaper

needs_squid = pytest.mark.skipif(program() is None, reason="needs squid")
ADDRESS, NODE, PORT = "10.1.1.10", "10.0.1.17", 3128
INSTANCE = "prod-east"
HOSTS = ("github.com", "loopback.example.com", "metadata.example.com", "private.example.com", "missing.example.com")
RESOLVES = {
    "loopback.example.com": "127.0.0.1",
    "metadata.example.com": "169.254.169.254",
    "private.example.com": "10.0.0.5",
}
TEXT = configuration(HOSTS, ["10.0.0.0/16"], PORT, INSTANCE)
LEADS = Decision("github.com:443", True, Decided.PASSED, 200, whole=True)
REFUSES = (
    Decision("invalid.example:443", False, Decided.REFUSED, 403),
    Decision("169.254.169.254:443", False, Decided.REFUSED, 403),
    Decision("http://169.254.169.254/", False, Decided.REFUSED, 403, whole=True),
)


@dataclass
class Site:
    """One machine, and the internet behind it, in which there is github.com."""

    host: Host
    folder: Path
    machines: Machines

    def run(self, script: str) -> HostReport:
        said = self.machines.execute(self.host.id, script, 60)
        assert said is not None
        report = host_report.read(said.output)
        assert report is not None, (said.output, said.errors)
        assert bool(report.failed) == (said.status != 0)
        return report

    def install(self, text: str = TEXT, *, instance: str = INSTANCE, replace_foreign: bool = False) -> HostReport:
        return self.run(host_script.install(instance, text, PORT, replace_foreign=replace_foreign))

    def look(self, instance: str = INSTANCE) -> HostReport:
        return self.run(host_script.look(instance, host="github.com"))

    def conf(self, name: str = "squid.conf") -> Path:
        return self.machines.folder(self.host.id) / "etc" / "squid" / name

    def ask(self, request: str, source: str = NODE) -> int:
        """The status with which the proxy answers a client at ``source``."""
        door = self.machines.listener(ADDRESS, PORT)
        assert door is not None
        return ask(door, request, source)


def ask(door: int, request: str, source: str) -> int:
    with socket.create_connection(("127.0.0.1", door), 20) as connection:
        connection.sendall(proxy_header(source, ADDRESS, PORT) + f"{request}\r\nHost: x\r\n\r\n".encode())
        return int(connection.recv(200).split(b" ")[1])


def internet(port: int) -> ConnectProxy:
    def route(host: str, _port: int) -> Pass | Refuse:
        return Pass(port) if host == "github.com" else Refuse(f"there is no {host} in this world")

    made = ConnectProxy("internet", reachable(route))
    made.start()
    return made


@pytest.fixture
def spec() -> MachineSpec:
    return MachineSpec(squid=SquidSpec(), resolves=RESOLVES)


@pytest.fixture
def squid() -> Callable[[], str | None]:
    """How the machine finds the real Squid."""
    return program


@pytest.fixture
def site(tmp_path: Path, spec: MachineSpec, squid: Callable[[], str | None]) -> Iterator[Site]:
    authority = Authority()
    bundle = authority.write_bundle(tmp_path / "ca.pem")
    front = HttpsFront(authority.server_context("github.com"), {})
    front.start()
    inspecting = HttpsFront(Authority("Acme Corp", "TLS inspection").server_context("github.com"), {})
    inspecting.start()
    ways = [internet(front.port), internet(inspecting.port)]
    doors = [int(way.url.rpartition(":")[2]) for way in ways]
    top = tmp_path / "sandbox"
    top.mkdir(mode=0o700)
    reaper = Reaper(top)
    host = Host("i-0c1b2c3d4e5f60010", "egress-proxy", ADDRESS, running=True, routed_out=True, spec=spec)
    machines = Machines(
        top / "machines",
        bundle=lambda: bundle,
        find={host.id: host}.get,
        find_at={host.address: host}.get,
        internet=Internet(lambda: doors[0], lambda: doors[1]),
        reaper=reaper,
        squid=squid,
    )
    machines.start()
    try:
        yield Site(host, top, machines)
    finally:
        machines.stop()
        for way in ways:
            way.stop()
        front.stop()
        inspecting.stop()
        reaper.close()


PASSAGES = [
    ("an allowed host", "CONNECT github.com:443 HTTP/1.1", NODE, 200),
    ("from the machine itself", "CONNECT github.com:443 HTTP/1.1", "127.0.0.1", 200),
    ("another host", "CONNECT example.org:443 HTTP/1.1", NODE, 403),
    ("a host below an allowed one", "CONNECT evil.github.com:443 HTTP/1.1", NODE, 403),
    ("an allowed host, written as an absolute name", "CONNECT github.com.:443 HTTP/1.1", NODE, 200),
    ("an allowed host that is not there", "CONNECT missing.example.com:443 HTTP/1.1", NODE, 502),
    ("another port", "CONNECT github.com:22 HTTP/1.1", NODE, 403),
    ("plain HTTP", "GET http://github.com/ HTTP/1.1", NODE, 403),
    ("a wrong source address", "CONNECT github.com:443 HTTP/1.1", "192.168.7.7", 403),
    ("a source address that is private, and not the cluster's", "CONNECT github.com:443 HTTP/1.1", "10.2.0.5", 403),
    ("instance metadata", "CONNECT 169.254.169.254:443 HTTP/1.1", NODE, 403),
    ("instance metadata in clear", "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1", NODE, 403),
    ("instance metadata over IPv6", "CONNECT [fd00:ec2::254]:443 HTTP/1.1", NODE, 403),
    ("localhost", "CONNECT localhost:443 HTTP/1.1", NODE, 403),
    ("loopback", "CONNECT 127.0.0.1:443 HTTP/1.1", NODE, 403),
    ("an allowed name that resolves to loopback", "CONNECT loopback.example.com:443 HTTP/1.1", NODE, 403),
    ("an allowed name that resolves to instance metadata", "CONNECT metadata.example.com:443 HTTP/1.1", NODE, 403),
    ("an allowed name that resolves to a private address", "CONNECT private.example.com:443 HTTP/1.1", NODE, 403),
    ("Squid's own pages", "GET http://10.1.1.10:3128/squid-internal-mgr/info HTTP/1.1", NODE, 403),
]


@needs_squid
def test_who_passes_to_where_through_the_real_squid(site: Site) -> None:
    site.install()
    seen = {what: site.ask(request, source) for what, request, source, _ in PASSAGES}
    assert seen == {what: status for what, _, _, status in PASSAGES}


def test_the_stand_in_for_squid_decides_alike(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as end:
        way = internet(end.getsockname()[1])
        stand_in = StandInSquid(tmp_path, Surroundings(lambda: int(way.url.rpartition(":")[2]), RESOLVES.get))
        try:
            stand_in.start(TEXT)
            seen = {what: ask(stand_in.port, request, source) for what, request, source, _ in PASSAGES}
        finally:
            stand_in.stop()
            way.stop()
    assert seen == {what: status for what, _, _, status in PASSAGES}
    assert "10.2.0.5 CONNECT github.com:443 403 TCP_DENIED" in (tmp_path / "access.log").read_text()


def test_the_stand_in_refuses_what_squid_would(tmp_path: Path) -> None:
    with pytest.raises(DaemonError, match="ACL not found: nobody"):
        StandInSquid(tmp_path, Surroundings(lambda: 0, RESOLVES.get)).start("http_port 3128\nhttp_access allow nobody\n")


@needs_squid
@pytest.mark.parametrize("count", [1, 20, 500])
def test_squid_takes_the_configuration(count: int, tmp_path: Path) -> None:
    hosts = [f"host-{number}.example.com" for number in range(count)]
    text = configuration(hosts, ["10.0.0.0/16", "10.128.0.0/14"], PORT, INSTANCE)
    place = tmp_path / "ezgitops.conf"
    place.write_text(text)
    squid = program()
    assert squid is not None
    parsed = subprocess.run([squid, "-k", "parse", "-f", str(place)], capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, parsed.stderr
    complaints = [line for line in parsed.stderr.splitlines() if "WARNING" in line or "ERROR" in line or "FATAL" in line]
    assert [line.partition("| ")[2] for line in complaints] == ["WARNING: HTTP requires the use of Via"]


@needs_squid
def test_the_log_tells_who_went_where_and_no_secret(site: Site) -> None:
    site.install()
    site.ask("CONNECT github.com:443 HTTP/1.1")
    site.ask("GET http://example.org/path?token=SECRET-MARKER HTTP/1.1")
    log = site.look().log
    assert len(log) == 2, "what the script itself asked for is left out"
    assert "10.0.1.17 CONNECT github.com:443 200 TCP_TUNNEL" in log[0]
    assert "10.0.1.17 GET example.org:80 403 TCP_DENIED" in log[1]
    assert "SECRET" not in str(log)


@needs_squid
def test_the_error_page_does_not_tell_which_squid_it_is(site: Site) -> None:
    site.install()
    door = site.machines.listener(ADDRESS, PORT)
    assert door is not None
    with socket.create_connection(("127.0.0.1", door), 20) as connection:
        connection.sendall(proxy_header(NODE, ADDRESS, PORT) + b"GET http://example.org/ HTTP/1.0\r\n\r\n")
        page = b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    assert "403 Forbidden" in page
    assert "squid/" not in page.lower()


@pytest.mark.parametrize(
    "squid",
    [pytest.param(program, id="squid", marks=needs_squid), pytest.param(lambda: None, id="stand-in")],
)
class TestScripts:
    """What the scripts do to a machine, and how they find it again; with Squid, and where a user has none."""

    def test_from_the_package_and_back(self, site: Site) -> None:
        before = site.look()
        assert (before.system, before.configuration, before.running) == ("Amazon Linux 2023", Configuration.PACKAGED, False)
        assert before.direct == 421
        installed = site.install()
        assert (installed.configuration, installed.owner, installed.sha256) == (Configuration.OURS, INSTANCE, digest(TEXT))
        assert (installed.running, installed.enabled) == (True, True)
        assert installed.asked is not None
        assert installed.asked.hosts == tuple(sorted(HOSTS))
        assert site.conf("squid.conf.before-ezgitops").read_text() == PACKAGED
        assert replace(site.install(), log=()) == replace(installed, log=()), "once more changes nothing"
        removed = site.run(host_script.remove(INSTANCE))
        assert (removed.configuration, removed.running, removed.enabled) == (Configuration.PACKAGED, False, False)
        assert [one.name for one in site.conf().parent.iterdir()] == ["squid.conf"]
        assert site.run(host_script.remove(INSTANCE)) == removed, "and so does removing"

    def test_another_list_takes_effect_without_a_restart(self, site: Site) -> None:
        site.install()
        door = site.machines.listener(ADDRESS, PORT)
        assert site.ask("CONNECT example.org:443 HTTP/1.1") == 403
        site.install(configuration(["example.com"], ["10.0.0.0/16"], PORT, INSTANCE))
        assert site.machines.listener(ADDRESS, PORT) == door
        assert site.ask("CONNECT github.com:443 HTTP/1.1") == 403

    def test_what_is_changed_on_the_machine_is_seen(self, site: Site) -> None:
        site.install()
        site.conf("ezgitops.conf").write_text(TEXT.replace("github.com", "example.org"))
        changed = site.look()
        assert changed.configuration is Configuration.OURS
        assert changed.sha256 not in ("", digest(TEXT))
        assert changed.asked is not None
        assert "example.org" in changed.asked.hosts
        with site.conf().open("a") as conf:
            conf.write("http_access allow all\n")
        assert (site.look().configuration, site.look().sha256) == (Configuration.OURS, "")
        assert site.install().sha256 == digest(TEXT)

    def test_what_squid_does_not_accept_changes_nothing(self, site: Site) -> None:
        site.install()
        refused = site.install(TEXT + "no_such_directive on\nhttp_access allow nobody\n")
        assert refused.failed == "parse"
        assert "nobody" in " ".join(refused.why)
        assert (refused.sha256, refused.running) == (digest(TEXT), True)
        assert site.ask("CONNECT github.com:443 HTTP/1.1") == 200

    def test_what_squid_decides_is_tried_from_the_machine(self, site: Site) -> None:
        assert site.look().decisions == (), "there is nothing of ours to be tried"
        site.install()
        assert site.look().decisions == (LEADS, *REFUSES)
        assert site.look("other").decisions == (), "what belongs to another instance is not tried"
        site.machines.stop_squid(site.host.id)
        assert site.look().decisions == ()

    def test_a_list_without_the_git_host_refuses_it(self, site: Site) -> None:
        site.install(configuration(["example.org"], ["10.0.0.0/16"], PORT, INSTANCE))
        assert site.look().decisions == (replace(LEADS, decided=Decided.REFUSED, status=403, whole=False), *REFUSES)

    def test_a_configuration_that_was_opened_is_seen_to_let_through(self, site: Site) -> None:
        text = TEXT.replace("http_access deny !clients", "http_access allow clients\nhttp_access deny !clients")
        site.install(text)
        leads, *others = site.look().decisions
        assert leads == LEADS
        assert all(one.decided is not Decided.REFUSED and one.status is not None for one in others), others

    def test_a_port_that_is_not_told_is_not_tried(self, site: Site) -> None:
        site.install()
        site.conf("ezgitops.conf").write_text(TEXT.replace("http_port 3128", "http_port 127.0.0.1:3128"))
        assert (site.look().running, site.look().decisions) == (True, ())

    def test_another_instance_is_left_alone(self, site: Site) -> None:
        site.install()
        other = configuration(["example.org"], ["10.9.0.0/16"], PORT, "other")
        refused = site.install(other, instance="other", replace_foreign=True)
        assert (refused.failed, refused.why, refused.owner) == ("other-instance", (INSTANCE,), INSTANCE)
        assert site.look("other").configuration is Configuration.OTHER_INSTANCE
        site.run(host_script.remove("other"))
        assert site.look().sha256 == digest(TEXT)

    def test_dies_and_is_started_again(self, site: Site) -> None:
        site.install()
        site.machines.stop_squid(site.host.id)
        assert site.machines.listener(ADDRESS, PORT) is None
        assert (site.look().running, site.look().enabled) == (False, True)
        assert site.machines.start_squid(site.host.id) is None
        assert site.look().running
        site.machines.stop_squid(site.host.id)
        assert site.install().running, "an apply starts it too"


class TestForeign:
    """A configuration that somebody else wrote, and that runs."""

    @pytest.fixture
    def spec(self) -> MachineSpec:
        return MachineSpec(squid=SquidSpec(configuration="foreign", running=True))

    def test_is_left_alone_unless_asked(self, site: Site) -> None:
        assert site.look().configuration is Configuration.FOREIGN
        refused = site.install()
        assert (refused.failed, refused.running) == ("foreign", True)
        assert site.conf().read_text() == FOREIGN

    def test_is_put_aside_and_comes_back_running(self, site: Site) -> None:
        site.install(replace_foreign=True)
        assert site.conf("squid.conf.before-ezgitops").read_text() == FOREIGN
        assert site.ask("CONNECT example.org:443 HTTP/1.1") == 403
        back = site.run(host_script.remove(INSTANCE))
        assert (back.configuration, back.running, back.enabled) == (Configuration.FOREIGN, True, True)
        assert site.conf().read_text() == FOREIGN


class TestBare:
    """No Squid, and an internet with somebody in between."""

    @pytest.fixture
    def spec(self) -> MachineSpec:
        return MachineSpec(way_out="intercepted")

    def test_it_is_installed(self, site: Site) -> None:
        before = site.look()
        assert (before.version, before.offered, before.configuration) == (None, "6.13-1.amzn2023.0.1", Configuration.NONE)
        assert site.install().version == "6.13-1.amzn2023.0.1"

    def test_who_is_in_between_is_told(self, site: Site) -> None:
        seen = site.look()
        assert seen.direct is None
        assert "SSL certificate problem" in seen.direct_error
        assert "Acme Corp" in seen.issuer
        site.install()
        assert site.look().decisions == (replace(LEADS, whole=False), *REFUSES)


class TestCutOff:
    """Neither packages nor an internet."""

    @pytest.fixture
    def spec(self) -> MachineSpec:
        return MachineSpec(dnf="unreachable", way_out="none")

    def test_both_are_said(self, site: Site) -> None:
        seen = site.look()
        assert seen.offered is None
        assert "Failed to download metadata" in seen.offer_error
        assert "Timeout was reached" in seen.direct_error
        refused = site.install()
        assert refused.failed == "package"
        assert "Failed to download metadata" in " ".join(refused.why)


class TestWithoutWayOut:
    """Squid is there, and leads nowhere."""

    @pytest.fixture
    def spec(self) -> MachineSpec:
        return MachineSpec(squid=SquidSpec(), way_out="none")

    def test_an_allowed_host_gets_no_answer(self, site: Site) -> None:
        site.install()
        failed = replace(LEADS, decided=Decided.FAILED, status=502, whole=False)
        assert site.look().decisions == (failed, *REFUSES), "to refuse takes no way out"
        assert site.ask("CONNECT github.com:443 HTTP/1.1") == 502
