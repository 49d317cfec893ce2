"""No secret in anything that a run leaves behind: a marker is planted, and everything is searched for it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.e2e.program import SAMPLE, Program

MARKER = "m4rk3r-s3cr3t-9f2c"


def holds(path: Path, words: list[bytes]) -> bool:
    """True when a file holds one of the words."""
    content = path.read_bytes()
    return any(word in content for word in words)


def arguments_of_all_processes() -> bytes:
    """The command lines of every process, where the platform shows them."""
    if not Path("/proc").exists():
        return subprocess.run(["ps", "-axo", "command"], capture_output=True, check=True).stdout
    found = b""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found += (entry / "cmdline").read_bytes()
            except OSError:
                continue
    return found


def test_no_secret_is_left_behind(program: Program) -> None:
    answers = program.folder / "answers.yaml"
    text = SAMPLE.read_text(encoding="utf-8")
    text = text.replace("  password: null", "  password: env:SOURCE_TOKEN").replace("  username: null", "  username: acme-bot")
    text = text.replace("method: iam-role", "method: git-credentials")
    assert "env:SOURCE_TOKEN" in text
    assert "git-credentials" in text
    answers.write_text(text, encoding="utf-8")

    seen: set[bytes] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen.update(line for line in arguments_of_all_processes().split(b"\0") if MARKER.encode() in line)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = program.run("apply", "-f", str(answers), "--yes", "--output", "json", environ={"SOURCE_TOKEN": MARKER})
    finally:
        stop.set()
        watcher.join()
    assert result.code == 0, result.out[-3000:] + result.err

    from kubernetes import client, config

    api = client.CoreV1Api(config.new_client_from_config(program.environ["KUBECONFIG"]))
    secret = api.read_namespaced_secret("repo-prod-east-cluster-config", "openshift-gitops")
    password = base64.b64decode(secret.data["password"])
    assert len(password) > 8

    words = [MARKER.encode(), base64.b64encode(MARKER.encode()), base64.b64encode(f"acme-bot:{MARKER}".encode())]
    words += [password, base64.b64encode(password)]
    assert seen == set()
    for word in words:
        assert word not in result.out.encode()
        assert word not in result.err.encode()
    places = [program.folder, Path(os.environ["HOME"]), Path(program.environ["XDG_STATE_HOME"])]
    if "XDG_CACHE_HOME" in program.environ:
        places.append(Path(program.environ["XDG_CACHE_HOME"]))
    files = [f for place in places if place.exists() for f in place.rglob("*") if f.is_file()]
    assert files
    assert [f for f in files if holds(f, words)] == []
    readable = [
        f for f in files if f.suffix in {".log", ".json", ".jsonl", ".yaml"} and f != answers and f.stat().st_mode & 0o077
    ]
    assert readable == []


def test_the_marker_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"password={MARKER}")
    assert holds(tmp_path / "log", [MARKER.encode()])
    command = [sys.executable, "-c", "print('up', flush=True); input()", MARKER]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"up\n"
        assert MARKER.encode() in arguments_of_all_processes()
    finally:
        child.communicate(b"\n")
