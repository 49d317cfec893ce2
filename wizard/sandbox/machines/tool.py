"""Stands for a program of a machine (dnf, rpm, systemctl, squid, curl): asks the sandbox, which is what such a program asks.

``python tool.py NAME [ARGUMENT ...]`` with the machine's door (``HOST:PORT/TOKEN``) in ``EZGITOPS_MACHINE``.
"""

import json
import os
import socket
import sys

_READS = ("gitlab-rails",)
"""The programs that are given something on standard input."""


def main(arguments: "list[str]") -> int:
    """Pass the call on, write what comes back, and end with its status."""
    door, _, token = os.environ["EZGITOPS_MACHINE"].partition("/")
    host, _, port = door.partition(":")
    given = sys.stdin.read() if arguments[0] in _READS else ""
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(json.dumps({"token": token, "call": arguments, "given": given}).encode() + b"\n")
        answer = json.loads(connection.makefile("rb").readline())
    sys.stdout.write(answer["output"])
    sys.stderr.write(answer["errors"])
    return int(answer["status"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
