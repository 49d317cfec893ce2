"""The program with streams that its caller closed, or with a reader that leaves: no traceback, and the code that fits."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

EZGITOPS = [sys.executable, "-m", "wizard"]


@pytest.mark.parametrize("closing", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("--version", 0), ("schema", 0), ("check -f nowhere.yaml", 2), ("", 2)])
def test_closed_streams_are_no_mistake(closing: str, arguments: str, code: int) -> None:
    command = f'exec "$0" -m wizard {arguments} {closing}'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.returncode == code


def test_a_reader_that_has_gone_is_not_told_of() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*EZGITOPS, "schema"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    finally:
        os.close(writing)
    assert done.stderr == ""
