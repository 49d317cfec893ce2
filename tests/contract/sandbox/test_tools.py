"""The tools of the trade, pointed at the sandbox by nothing but its environment; and the program inside one."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.contract.sandbox.conftest import Hands
from wizard.sandbox import launch


def tool(hands: Hands, *argv: str) -> str:
    """What a program prints; skips where it is not installed."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"needs {argv[0]}")
    done = subprocess.run(argv, env=hands.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kubectl_sees_the_cluster(hands: Hands) -> None:
    assert tool(hands, "kubectl", "config", "current-context").strip() == "prod-east"
    assert "openshift-gitops" in tool(hands, "kubectl", "get", "argocd", "-A")
    assert tool(hands, "kubectl", "auth", "can-i", "create", "deployments", "-n", "openshift-gitops").strip() == "yes"


def test_the_aws_cli_sees_the_account(hands: Hands) -> None:
    identity = json.loads(tool(hands, "aws", "sts", "get-caller-identity", "--output", "json"))
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator"
    subnets = json.loads(tool(hands, "aws", "ec2", "describe-subnets", "--output", "json"))["Subnets"]
    assert len([one for one in subnets if one["VpcId"] == "vpc-0a1b2c3d4e5f60718"]) == 3


def test_the_program_runs_inside_and_its_exit_code_comes_back() -> None:
    assert launch.run(["--version"]) == 0
    assert launch.run(["apply", "-f", "/nowhere/answers.yaml", "--yes"]) == 2


def test_an_environment_that_points_elsewhere_is_left_outside() -> None:
    outside = {"AWS_PROFILE": "real", "AWS_ACCESS_KEY_ID": "AKIA", "https_proxy": "http://corporate:3128", "HOME": "/home/o"}
    assert launch.without_aws(outside) == {"HOME": "/home/o"}
