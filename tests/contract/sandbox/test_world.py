"""The sandbox as a process: what it exports, that it ends with its launcher, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.sandbox.conftest import Hands, eventually
from wizard.sandbox.launch import Sandbox, SandboxError

EXPECTED = {
    "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL", "KUBECONFIG", "HTTPS_PROXY",
    "NO_PROXY", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "XDG_STATE_HOME", "XDG_CACHE_HOME", "EZGITOPS_SANDBOX_CONTROL",
}  # fmt: skip


def alive(pid: int) -> bool:
    """True while the process exists and is no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
    return state != "" and not state.startswith("Z")


def test_it_exports_the_standard_environment_and_private_files(hands: Hands) -> None:
    environ = hands.sandbox.environ
    assert environ.keys() >= EXPECTED
    folder = Path(environ["KUBECONFIG"]).parent
    assert folder.stat().st_mode & 0o077 == 0
    assert Path(environ["AWS_SHARED_CREDENTIALS_FILE"]).stat().st_mode & 0o077 == 0
    assert hands.aws("sts").get_caller_identity()["Arn"].endswith(":assumed-role/PlatformEngineer/operator")
    assert hands.kube("GET", "/api/v1/namespaces/openshift-gitops")["metadata"]["name"] == "openshift-gitops"


def test_calls_and_clock_can_be_seen(hands: Hands) -> None:
    hands.aws("sts").get_caller_identity()
    hands.kube("GET", "/version")
    calls = hands.control("/calls")
    assert isinstance(calls, list)
    assert {call["api"] for call in calls} == {"aws", "cluster"}
    with pytest.raises(OSError, match="400"):
        hands.control("/clock/advance", {"seconds": -1})
    with pytest.raises(OSError, match="404"):
        hands.control("/../clock")


def test_two_run_side_by_side_and_leave_nothing() -> None:
    with Sandbox() as one, Sandbox() as other:
        both = [Hands(one), Hands(other)]
        both[0].aws("codecommit").create_repository(repositoryName="only-here")
        assert both[1].aws("codecommit").list_repositories()["repositories"] == []
        pids = [one.pid, other.pid]
        folders = [Path(each.environ["KUBECONFIG"]).parent for each in (one, other)]
    assert not any(map(alive, pids))
    assert not any(folder.exists() for folder in folders)


_POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: sleeper, namespace: demo-apps}
spec:
  replicas: 1
  selector: {matchLabels: {app: sleeper}}
  template:
    metadata: {labels: {app: sleeper}}
    spec:
      containers:
        - name: sleeper
          image: IMAGE
          command: [python3, -c, "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
"""


def _sleeper(hands: Hands) -> int:
    """Start a pod; the id of its process on this machine."""
    import yaml

    streams = hands.kube("GET", "/apis/image.openshift.io/v1/namespaces/openshift/imagestreams/tools")
    image = streams["spec"]["tags"][0]["from"]["name"]
    manifest = yaml.safe_load(_POD.replace("IMAGE", image))
    hands.kube("POST", "/apis/apps/v1/namespaces/demo-apps/deployments", manifest)
    logs = Path(hands.sandbox.environ["KUBECONFIG"]).parent / "pods"
    return eventually(lambda: next((int(log.read_text()) for log in logs.glob("*/log") if log.read_text().strip()), None))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_sandbox_that_is_ended_takes_its_pods_and_files_along(number: signal.Signals) -> None:
    with Sandbox() as sandbox:
        hands = Hands(sandbox)
        pod = _sleeper(hands)
        assert alive(pod)
        folder = Path(sandbox.environ["KUBECONFIG"]).parent
        os.kill(sandbox.pid, number)
        eventually(lambda: not alive(pod))
        eventually(lambda: not folder.exists())


def test_a_sandbox_ends_when_its_launcher_is_killed() -> None:
    script = (
        "import sys\nfrom wizard.sandbox.launch import Sandbox\n"
        "sandbox = Sandbox()\nsandbox.start()\n"
        "print(sandbox.pid, sandbox.environ['KUBECONFIG'], flush=True)\nsys.stdin.read()\n"
    )
    launcher = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    pid, kubeconfig = launcher.stdout.readline().split()
    launcher.kill()
    launcher.communicate()
    eventually(lambda: not alive(int(pid)))
    eventually(lambda: not Path(kubeconfig).parent.exists())


def test_a_scenario_that_does_not_exist_is_named() -> None:
    with pytest.raises(SandboxError, match="did not start"):
        Sandbox("nowhere").start()
    command = [sys.executable, "-m", "wizard", "sandbox", "--scenario", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'nowhere'" in done.stderr
    assert "ezgitops sandbox --list" in done.stderr


def test_list_starts_nothing() -> None:
    command = [sys.executable, "-m", "wizard", "sandbox", "--list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("healthy  ")
    assert done.stderr == ""


def test_the_exports_of_the_command_are_shell_lines(tmp_path: Path) -> None:
    out = tmp_path / "sandbox.env"
    with out.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "wizard", "sandbox"], stdout=file, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: "EZGITOPS_SANDBOX_CONTROL" in out.read_text() and out.read_text().endswith("\n"))
        assert all(line.startswith("export ") for line in out.read_text().splitlines())
        shell = subprocess.run(
            ["sh", "-c", '. "$0" && printf %s "$KUBECONFIG"', str(out)], capture_output=True, text=True, check=True
        )
        assert Path(shell.stdout).is_file()
        key = ["sh", "-c", '. "$0" && printf %s "$GITHUB_APP_PRIVATE_KEY" | wc -l', str(out)]
        assert int(subprocess.run(key, capture_output=True, text=True, check=True).stdout) > 10  # a value of several lines
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert not Path(shell.stdout).parent.exists()


def test_a_reader_that_leaves_neither_stops_it_nor_is_told_of() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, "-m", "wizard", "sandbox", "--attached"],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    _, said = process.communicate("", timeout=60)
    assert said == ""
    assert process.returncode == 0
