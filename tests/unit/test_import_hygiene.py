"""What a command may load: `--help` must not pay for a screen, an SDK or the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"textual", "boto3", "botocore", "kubernetes", "moto", "questionary", "cryptography", "werkzeug", "gitlab", "requests"}


def loaded(*arguments: str) -> set[str]:
    """The top-level modules in ``sys.modules`` after a run of the program in a fresh interpreter."""
    code = (
        "import json, sys\n"
        "from wizard.cli import main\n"
        "sys.argv = ['ezgitops', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=60)
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["apply", "--help"], ["schema"]])
def test_light_commands_stay_light(arguments: list[str]) -> None:
    assert loaded(*arguments) & HEAVY == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_does_not_even_load_the_model(arguments: list[str]) -> None:
    assert "pydantic" not in loaded(*arguments)


def test_the_probe_sees_what_is_loaded() -> None:
    assert "pydantic" in loaded("schema")


def test_a_session_loads_what_reads_certificates_and_asks_servers_when_there_is_one() -> None:
    code = (
        "import json, sys\n"
        "from wizard.answers.draft import Draft\n"
        "from wizard.compose import make_session\n"
        "make_session(Draft(), environ={})\n"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    found = set(json.loads(done.stdout.splitlines()[-1]))
    assert "boto3" in found
    assert found & {"cryptography", "gitlab", "textual", "moto", "questionary", "werkzeug"} == set()
