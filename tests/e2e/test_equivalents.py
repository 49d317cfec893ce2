"""The list of equivalent commands does what the run did: typed in a fresh world, nothing is left to be made."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from tests.e2e.program import SAMPLE, Program
from tests.programs import needs
from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(SAMPLE))
SECONDS = 60.0
"""How long the endpoint and the refresher's pod may take after the last command."""


@needs("kubectl")
@needs("aws")
@needs("bash")
def test_the_commands_make_what_the_run_made(program: Program, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    applied = program.run("apply", *FILE, "--yes")
    assert applied.code == 0, applied.out + applied.err
    line = next(line for line in applied.out.splitlines() if line.startswith("Commands"))
    home = program.environment()["HOME"]
    script = Path(line.split()[1].replace("~", home, 1)).read_text(encoding="utf-8")
    for word in ("create-vpc-endpoint", "tag-resource", "git clone --mirror", 'kind": "Secret'):
        assert word in script

    with Sandbox() as other:
        folder = tmp_path_factory.mktemp("typed")
        fresh = Program(folder, dict(other.environ))
        # `oc` understands what is used here as `kubectl` does.
        (folder / "bin").mkdir()
        (folder / "bin" / "oc").symlink_to(shutil.which("kubectl") or "")
        environ = fresh.environment()
        environ["PATH"] = f"{folder / 'bin'}:{environ['PATH']}"
        typed = subprocess.run(
            ["bash", "-eux", "-o", "pipefail"],
            input=script, cwd=folder, env=environ, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert typed.returncode == 0, typed.stdout[-2000:] + typed.stderr[-3000:]
        end = time.monotonic() + SECONDS
        while (planned := fresh.run("plan", *FILE, "--detailed-exitcode")).code == 4 and time.monotonic() < end:
            pass
        assert planned.code == 0, planned.out + planned.err
        assert fresh.run("status", *FILE).code == 0
