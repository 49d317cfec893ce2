"""Runs a Python program of a pod with the names and addresses of the sandbox's VPC.

``python vpc_python.py RESOLVER PROXY FILE|-c CODE [ARGUMENT ...]`` stands where the image's interpreter stands, and does for it
what network namespace and resolver configuration do for a container: names are looked up at the VPC's resolver, and connections
to addresses outside of this machine go through the VPC's CONNECT proxy, by address. The program itself is the unchanged one.
"""

from __future__ import annotations

import errno
import ipaddress
import runpy
import socket
import sys
from collections.abc import Callable, Sequence

_LOCAL = ("localhost", "")
_PATIENCE = 5.0

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]


def resolver(server: tuple[str, int]) -> Callable[..., list[AddressInfo]]:
    """A ``socket.getaddrinfo`` that asks the VPC's resolver for every name that is not of this machine."""
    real = socket.getaddrinfo

    def getaddrinfo(
        host: str | bytes | None,
        port: str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the name that callers use
        proto: int = 0,
        flags: int = 0,
    ) -> list[AddressInfo]:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        if name is None or name in _LOCAL or _address(name) is not None:
            return real(name, port, family, type, proto, flags)  # type: ignore[return-value]  # typeshed: IPv6 too
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(_PATIENCE)
            asking.sendto(name.encode("idna"), server)
            found = asking.recv(4096).decode("ascii").split()
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = socket.SocketKind(type) if type else socket.SOCK_STREAM
        return [(socket.AF_INET, kind, proto, "", (address, int(port or 0))) for address in found]

    return getaddrinfo


def connector(proxy: tuple[str, int]) -> Callable[[socket.socket, tuple[str, int]], None]:
    """A ``socket.socket.connect`` that reaches what is not on this machine through the VPC, or not at all."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        host = _address(address[0]) if isinstance(address, tuple) else None
        if host is None or host.is_loopback or self.type != socket.SOCK_STREAM:
            real(self, address)
            return
        real(self, proxy)
        self.sendall(f"CONNECT {host}:{address[1]} HTTP/1.1\r\nHost: {host}:{address[1]}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            more = self.recv(1)
            if not more:
                break
            head += more
        if b" 502 " in head.partition(b"\r\n")[0]:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            # The VPC drops what it has no way for: nothing answers until the client gives up.
            raise TimeoutError("timed out")

    return connect


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main(arguments: Sequence[str]) -> None:
    """Put the network in place, then be the program."""
    names, proxy, program, *rest = arguments
    # This process is the container's: what a namespace would do for it from outside is done from inside.
    socket.getaddrinfo = resolver(_server(names))  # type: ignore[assignment]
    socket.socket.connect = connector(_server(proxy))  # type: ignore[assignment, method-assign]
    if program == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c does
    else:
        sys.argv = [program, *rest]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
