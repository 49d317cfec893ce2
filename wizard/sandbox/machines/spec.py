"""What is on a machine of a scenario (``machine:`` of an instance), and a machine as the account shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PACKAGED = """\
#
# Recommended minimum configuration:
#
acl localnet src 10.0.0.0/8
acl localnet src 172.16.0.0/12
acl localnet src 192.168.0.0/16
acl SSL_ports port 443
acl Safe_ports port 80
acl Safe_ports port 443
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
http_access allow localhost manager
http_access deny manager
http_access allow localnet
http_access allow localhost
http_access deny all
http_port 3128
coredump_dir /var/spool/squid
"""
"""The configuration that the package brings, shortened: it lets every private network out everywhere."""
FOREIGN = """\
# Managed by Ansible, role corporate-proxy. Do not edit.
acl office src 10.0.0.0/8
http_access allow office
http_access deny all
http_port 3128
visible_hostname egress.acme.example
"""
STUB = """\
# ezgitops.dev/squid instance={instance}
# What was here before is in {root}/etc/squid/squid.conf.before-ezgitops.
include {root}/etc/squid/ezgitops.conf
"""
"""What an apply puts in the place of squid.conf."""


class Part(BaseModel):
    """A part of the scenario; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SquidSpec(Part):
    """Squid on the machine. ``text`` stands in the place of what ``configuration`` says.

    ``ours``: as an apply for ``instance`` leaves it behind; ``text`` is then what stands in the file that squid.conf includes.
    """

    installed: bool = True
    version: str = "6.13-1.amzn2023.0.1"
    running: bool = False
    configuration: Literal["packaged", "foreign", "none", "ours"] = "packaged"
    text: str | None = None
    instance: str = "prod-east"

    def files(self, root: str) -> Mapping[str, str]:
        """What stands in the files of /etc/squid, by their names; ``root`` is the folder in which the machine has its /etc."""
        if self.configuration == "ours":
            return {"squid.conf": STUB.format(root=root, instance=self.instance), "ezgitops.conf": self.text or ""}
        content = self.text or {"packaged": PACKAGED, "foreign": FOREIGN, "none": None}[self.configuration]
        return {} if content is None else {"squid.conf": content}


class ProxyLogin(Part):
    """Whom a proxy lets through."""

    user: str
    password: str


class ProxySpec(Part):
    """A proxy that somebody runs and nobody configures here: it lets HTTPS out to every host that there is.

    ``refuses`` are hosts that it does not let through; ``everything``: it also leads to other ports, to instance metadata and
    to itself. ``intercepts``: it ends TLS and signs certificates with a CA of its own.
    """

    port: int = 3128
    auth: ProxyLogin | None = None
    refuses: tuple[str, ...] = ()
    everything: bool = False
    intercepts: bool = False


class MachineSpec(Part):
    """A machine with Amazon Linux 2023, bare unless something is said.

    ``dnf`` says whether the package repositories answer (they are in S3, so a gateway endpoint does), ``way_out`` whether the
    internet does (None: as the routes of its subnet lead) or what is between: ``intercepted`` is a middlebox that ends TLS.
    ``resolves`` are names that its resolver answers otherwise, with the address. ``proxy`` is a proxy on it that is no Squid to
    look after. ``gitlab`` is the version of GitLab's package that is installed, and not configured.
    """

    squid: SquidSpec = Field(default_factory=lambda: SquidSpec(installed=False))
    dnf: Literal["reachable", "unreachable"] = "reachable"
    way_out: Literal["open", "intercepted", "none"] | None = None
    resolves: Mapping[str, str] = Field(default_factory=dict)
    proxy: ProxySpec | None = None
    gitlab: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A machine as the account shows it now: whether it runs, whether its subnet's routes lead out, the volumes attached to it
    besides its own disk."""

    id: str
    name: str
    address: str
    running: bool
    routed_out: bool
    spec: MachineSpec
    volumes: tuple[str, ...] = ()
