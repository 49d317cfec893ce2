"""The look from inside the cluster, before and after an apply: what it tells, and that nothing of it is left."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from strategies.resources.cluster import kubeconfig
from strategies.resources.cluster.apis import JOB, POD, strings
from strategies.resources.cluster.client import KubeClient
from tests.e2e.program import SAMPLE, Program, Result, calls
from wizard.sandbox.launch import Sandbox

RUN = ("-f", str(SAMPLE), "--output", "json")
ALWAYS = {"probe.image": "pass", "probe.sts": "pass"}
GIT = ("probe.git-dns", "probe.git-tcp", "probe.git-tls", "probe.ls-remote")

PROXY = (
    "probe.proxy-tcp", "probe.proxy-auth", "probe.proxy-allows", "probe.proxy-refuses", "probe.git-tls", "probe.ls-remote",
)  # fmt: skip
BASTION = SAMPLE.with_name("answers-bastion-proxy.yaml")


def probed(result: Result) -> dict[str, str]:
    """How the probe's checks ended."""
    results = (event["result"] for event in result.of("check_result"))
    return {str(e["id"]): str(e["status"]) for e in results if isinstance(e, dict) and str(e["id"]).startswith("probe.")}


def jobs_made(sandbox: Sandbox) -> int:
    """How many Jobs were made so far."""
    return sum((call.get("verb"), call.get("resource")) == ("create", "jobs.batch") for call in calls(sandbox.control))


def test_it_tells_what_holds_before_and_after_an_apply_and_leaves_nothing(program: Program, sandbox: Sandbox) -> None:
    before = program.run("check", *RUN)
    assert before.code == 0, before.out
    assert probed(before) == ALWAYS | dict.fromkeys(GIT, "skipped")
    assert program.run("apply", *RUN, "--yes").code == 0
    assert jobs_made(sandbox) == 1, "only a check looks from inside"

    after = program.run("check", *RUN)
    assert after.code == 0, after.out
    assert probed(after) == ALWAYS | dict.fromkeys(GIT, "pass"), after.out

    off = program.run("check", *RUN, "--set", "clusterProbe=false")
    assert probed(off) == dict.fromkeys((*ALWAYS, *GIT), "skipped")
    assert jobs_made(sandbox) == 2

    client = KubeClient(partial(kubeconfig.login, program.environment(), None), lambda: datetime.now(UTC))
    assert client.list(JOB, "openshift-gitops") == []
    names = [strings(pod, "metadata", "labels")["app.kubernetes.io/name"] for pod in client.list(POD, "openshift-gitops")]
    assert names == ["ezgitops-refresher"]


def test_through_a_proxy_it_judges_what_an_apply_has_made(program: Program, sandbox: Sandbox) -> None:
    run = ("-f", str(BASTION), "--output", "json")
    before = program.run("check", *run)
    assert before.code == 0, before.out
    assert probed(before) == {"probe.image": "pass"} | dict.fromkeys(PROXY, "skipped")
    assert program.run("apply", *run, "--yes").code == 0

    after = program.run("check", *run)
    assert after.code == 0, after.out
    assert probed(after) == dict.fromkeys(("probe.image", *PROXY), "pass"), after.out
    assert jobs_made(sandbox) == 2


EXISTING = {
    "bastionProxy.proxy.method": "existing",
    "bastionProxy.proxy.url": "http://proxy.acme.example:3128",
    "bastionProxy.instance.id": "null",
    "bastionProxy.network.proxyGroupId": "null",
}
LOGIN = {"bastionProxy.proxy.username": "argocd", "bastionProxy.proxy.password": "env:PROXY_PASSWORD"}


@pytest.mark.parametrize(
    ("scenario", "before"),
    [
        ("proxy-needs-auth", {"probe.proxy-auth": "fail"}),
        ("proxy-intercepts-tls", {"probe.proxy-auth": "pass", "probe.proxy-allows": "pass", "probe.git-tls": "fail"}),
    ],
)
def test_what_a_proxy_of_somebody_elses_asks_for_is_told_and_holds_once_it_is_answered(
    scenario: str, before: dict[str, str], tmp_path: Path
) -> None:
    with Sandbox(scenario) as sandbox:
        program = Program(tmp_path, {**sandbox.environ, "PROXY_PASSWORD": "let-me-out"})
        ca_file = {"bastionProxy.proxy.caFile": str(Path(sandbox.environ["KUBECONFIG"]).with_name("corporate-ca.pem"))}

        def run(command: str, answers: dict[str, str], *more: str) -> Result:
            edits = [word for key, value in answers.items() for word in ("--set", f"{key}={value}")]
            done = program.run(command, "-f", str(BASTION), "--output", "json", *edits, *more)
            assert "let-me-out" not in done.out + done.err
            return done

        missing = run("check", EXISTING)
        assert missing.code == 3, missing.out
        assert before.items() <= probed(missing).items()
        answered = {**EXISTING, **(LOGIN if scenario == "proxy-needs-auth" else ca_file)}
        assert run("check", answered).code == 0
        assert run("apply", answered, "--yes").code == 0
        assert probed(run("check", answered)) == dict.fromkeys(("probe.image", *PROXY), "pass")


def test_stopped_meanwhile_it_leaves_nothing_either(tmp_path: Path) -> None:
    with Sandbox("probe-image-missing", latency=0.1) as sandbox:
        program = Program(tmp_path, dict(sandbox.environ))
        client = KubeClient(partial(kubeconfig.login, program.environment(), None), lambda: datetime.now(UTC))
        process = program.start("check", *RUN)
        while process.poll() is None and not client.list(JOB, "openshift-gitops"):
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        # 3 where the look had ended before the signal came.
        assert process.returncode in (130, 3)
        assert jobs_made(sandbox) == 1
        assert client.list(JOB, "openshift-gitops") == []
