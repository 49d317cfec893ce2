"""``ssh`` and ``ssh-keyscan`` for the programs of a sandbox: OpenSSH's own, led through the CONNECT proxy of ``HTTPS_PROXY``.

OpenSSH looks names up and opens connections by itself; in a sandbox the proxy knows where a name leads, for SSH as for HTTPS.

``python ssh_client.py connect HOST PORT`` is a ProxyCommand (ssh_config(5)); ``ssh PROGRAM ARGUMENT ...`` runs ssh with it,
where the user ``git`` of a server is the account that its sshd knows (``ssh``); ``keyscan PROGRAM ARGUMENT ...`` runs
ssh-keyscan against a port of this machine that leads there, and prints what it says under the real name. Standard library
alone.
"""

from __future__ import annotations

import getpass
import os
import selectors
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

_CHUNK = 65536
_WITH_VALUE = "BbcDEeFIiJLlmOopQRSWw"
"""The options of ssh(1) that take a value."""
_SCAN_WITH_VALUE = "fOpTt"
"""Those of ssh-keyscan(1)."""


class ConnectError(Exception):
    """The proxy did not lead there; the text is its own."""


def connect(host: str, port: int) -> socket.socket:
    """A connection through the proxy of the environment. Raises ConnectError."""
    proxy = urlsplit(os.environ.get("HTTPS_PROXY", ""))
    if proxy.hostname is None or proxy.port is None:
        raise ConnectError("HTTPS_PROXY is not set")
    try:
        made = socket.create_connection((proxy.hostname, proxy.port), timeout=30)
        made.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode("ascii"))
        head = b""
        # Byte by byte: what follows the head belongs to SSH.
        while not head.endswith(b"\r\n\r\n"):
            byte = made.recv(1)
            if not byte:
                break
            head += byte
    except OSError as error:
        raise ConnectError(str(error)) from error
    words = head.split(b" ", 2)
    if len(words) < 2 or words[1] != b"200":
        made.settimeout(2)
        raise ConnectError(_rest(made) or "the proxy refuses")
    made.settimeout(None)
    return made


def _rest(connection: socket.socket) -> str:
    try:
        return connection.recv(1024).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def pipe(host: str, port: int) -> int:
    """Standard input and output through the proxy, until either side ends."""
    try:
        there = connect(host, port)
    except ConnectError as error:
        sys.stderr.write(f"ssh: connect to host {host} port {port}: {error}\n")
        return 1
    with there, selectors.DefaultSelector() as ready:
        ready.register(sys.stdin.fileno(), selectors.EVENT_READ)
        ready.register(there, selectors.EVENT_READ)
        while True:
            for key, _events in ready.select():
                if key.fileobj is there:
                    data = there.recv(_CHUNK)
                    if not data:
                        return 0
                    os.write(sys.stdout.fileno(), data)
                else:
                    data = os.read(sys.stdin.fileno(), _CHUNK)
                    if not data:
                        return 0
                    there.sendall(data)


def arguments(given: Sequence[str], account: str) -> list[str]:
    """What ssh is called with: the user ``git`` of the destination is ``account``, and so is the value of ``-l git``."""
    found, position = list(given), 0
    while position < len(found):
        word = found[position]
        if word == "--":
            position += 1
            continue
        if not word.startswith("-"):
            user, at, host = word.rpartition("@")
            found[position] = f"{account}@{host}" if at and user == "git" else word
            break
        takes = len(word) == 2 and word[1] in _WITH_VALUE
        if word == "-l" and found[position + 1 : position + 2] == ["git"]:
            found[position + 1] = account
        position += 2 if takes else 1
    return found


def ssh(program: str, given: Sequence[str]) -> int:
    """Become ssh."""
    command = shlex.join([sys.executable, "-I", "-S", __file__, "connect"]) + " %h %p"
    return os.execv(  # noqa: S606 - it becomes ssh
        program, [program, "-o", f"ProxyCommand={command}", *arguments(given, getpass.getuser())]
    )


def keyscan(program: str, given: Sequence[str]) -> int:
    """Run ssh-keyscan for each host that was given, and print its lines under the host's name."""
    options: list[str] = []
    hosts: list[str] = []
    port, position = 22, 0
    while position < len(given):
        word = given[position]
        if not word.startswith("-") or word == "--":
            hosts += [] if word == "--" else [word]
            position += 1
            continue
        taken = 2 if len(word) == 2 and word[1] in _SCAN_WITH_VALUE else 1
        if word == "-p":
            port = int(given[position + 1])
        else:
            options += given[position : position + taken]
        position += taken
    codes = [_scan(program, options, host, port) for host in hosts]
    return max(codes, default=1)


def _scan(program: str, options: Sequence[str], host: str, port: int) -> int:
    # ssh-keyscan asks for each type of key in a connection of its own, so whether one leads there is seen first.
    try:
        connect(host, port).close()
    except ConnectError as error:
        sys.stderr.write(f"{host}: {error}\n")
        return 1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        local = listener.getsockname()[1]
        threading.Thread(target=_lead, args=(listener, host, port), daemon=True).start()
        done = subprocess.run([program, *options, "-p", str(local), "127.0.0.1"], capture_output=True, text=True, check=False)
    name = host if port == 22 else f"[{host}]:{port}"
    sys.stdout.write(done.stdout.replace(f"[127.0.0.1]:{local}", name).replace(f"127.0.0.1:{local}", f"{host}:{port}"))
    sys.stderr.write(done.stderr.replace(f"[127.0.0.1]:{local}", name).replace(f"127.0.0.1:{local}", f"{host}:{port}"))
    return done.returncode


def _lead(listener: socket.socket, host: str, port: int) -> None:
    while True:
        try:
            here, _ = listener.accept()
        except OSError:
            return
        try:
            there = connect(host, port)
        except ConnectError:
            here.close()
            continue
        for source, sink in ((here, there), (there, here)):
            threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(_CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side went away, which its own pump sees too


def main(verb: str, *given: str) -> int:
    """Run one of the three; the exit code."""
    if verb == "connect":
        return pipe(given[0], int(given[1]))
    return {"ssh": ssh, "keyscan": keyscan}[verb](given[0], given[1:])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
