"""A sandbox seen with plain tools: boto3, git, and the Kubernetes API as JSON over HTTPS."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
import urllib3
import yaml

from strategies.codecommit.sigv4 import AwsKeys, git_login
from wizard.sandbox.launch import Sandbox, without_aws

REGION = "us-east-2"
NAME = "cluster-config"
URL = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{NAME}"
GITHUB = "https://github.com/acme/cluster-config.git"
T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, seconds: float = 20.0) -> T:
    """What ``look`` returns once that is neither None nor false; the last thing seen when it never is."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"never came true; last seen: {seen!r}")
        time.sleep(0.05)


class Hands:
    """What an operator can do in a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.environ = without_aws(os.environ) | sandbox.environ | {"GIT_TERMINAL_PROMPT": "0"}
        # An empty home: nothing of the developer's own settings.
        self.environ["HOME"] = sandbox.environ["XDG_CACHE_HOME"]
        config = yaml.safe_load(Path(sandbox.environ["KUBECONFIG"]).read_text())
        self._server = config["clusters"][0]["cluster"]["server"]
        self._headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        self._pool = urllib3.PoolManager(ca_certs=sandbox.environ["SSL_CERT_FILE"])

    def git(self, *arguments: str, login: tuple[str, str] | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run git, with a user name and password when given."""
        environ = self.environ | variables
        if login is not None:
            header = urllib3.make_headers(basic_auth=":".join(login))["authorization"]
            environ |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: {header}",
            }
        return subprocess.run(["git", *arguments], env=environ, capture_output=True, text=True, check=False)

    def session(self) -> boto3.Session:
        """The operator's AWS session, from the files that the sandbox wrote; needs no environment variable."""
        import configparser

        files = configparser.ConfigParser()
        files.read(self.sandbox.environ["AWS_SHARED_CREDENTIALS_FILE"])
        profile = files["prod-east"]
        return boto3.Session(
            profile["aws_access_key_id"], profile["aws_secret_access_key"], profile.get("aws_session_token"), region_name=REGION
        )

    def aws(self, service: str) -> Any:
        """A client of the sandbox's AWS."""
        client: Callable[..., Any] = self.session().client
        return client(service, endpoint_url=self.sandbox.environ["AWS_ENDPOINT_URL"])

    def login(self, url: str = URL, at: datetime | None = None) -> tuple[str, str]:
        """The operator's Git user name and password for a URL."""
        keys = self.session().get_credentials()
        assert keys is not None
        assert keys.access_key is not None
        assert keys.secret_key is not None
        return git_login(url, AwsKeys(keys.access_key, keys.secret_key, keys.token), at or datetime.now(UTC))

    def text(self, path: str) -> str:
        """What the cluster's API answers, as text."""
        return self._pool.request("GET", f"{self._server}{path}", headers=self._headers).data.decode()

    def kube(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Any:
        """One call to the cluster's API; the answer, whatever its status."""
        headers = self._headers | {"Content-Type": kind}
        answer = self._pool.request(
            method, f"{self._server}{path}", body=None if body is None else json.dumps(body), headers=headers
        )
        return answer.json()

    def control(self, path: str, body: Mapping[str, object] | None = None) -> object:
        """One call to the sandbox's control API."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.sandbox.control}{path}", data=data) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def mirror(self, folder: Path, url: str = URL) -> None:
        """Copy acme/cluster-config to CodeCommit."""
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        for arguments in (["clone", "-q", "--mirror", GITHUB, str(folder)], ["-C", str(folder), "push", "-q", url, *refs]):
            done = self.git(*arguments, login=self.login(url) if "push" in arguments else None)
            assert done.returncode == 0, done.stderr

    def endpoint(self, *, group: str = "sg-0e0e0e0e0e0e0e0e0", policy: str | None = None) -> str:
        """Make the interface endpoint for Git and wait until it is available."""
        client = self.aws("ec2")
        extra = {} if policy is None else {"PolicyDocument": policy}
        made = client.create_vpc_endpoint(
            VpcId="vpc-0a1b2c3d4e5f60718",
            ServiceName=f"com.amazonaws.{REGION}.git-codecommit",
            VpcEndpointType="Interface",
            PrivateDnsEnabled=True,
            SubnetIds=["subnet-0aaaaaaaaaaaaaaaa"],
            SecurityGroupIds=[group],
            **extra,
        )["VpcEndpoint"]["VpcEndpointId"]
        self.control("/clock/advance", {"seconds": 5})
        eventually(lambda: client.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0]["State"] == "available")
        return str(made)


@pytest.fixture(scope="module")
def hands(shared_sandbox: Sandbox) -> Hands:
    """A sandbox for the whole module."""
    return Hands(shared_sandbox)
