"""GitHub beside Git: the token of an App's installation, Pages with Helm repositories, raw files."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from typing import Any

import pytest
import urllib3
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.contract.sandbox.conftest import Hands
from wizard.sandbox.launch import Sandbox

APP, INSTALLATION = 424242, 31337
TOKENS = f"https://api.github.com/app/installations/{INSTALLATION}/access_tokens"
PRIVATE = "https://github.com/acme/private-config.git"
INDEX = "https://acme.github.io/charts/index.yaml"


def ask(hands: Hands, method: str, url: str, **headers: str) -> tuple[int, bytes]:
    """What the operator's network answers."""
    pool = urllib3.ProxyManager(hands.environ["HTTPS_PROXY"], ca_certs=hands.environ["SSL_CERT_FILE"])
    answer = pool.request(method, url, headers={"User-Agent": "tests", **headers}, retries=False)
    return answer.status, answer.data


def signed(key: str, **claims: Any) -> str:
    now = int(time.time())
    said = {"iss": str(APP), "iat": now - 30, "exp": now + 120} | claims
    return jwt.encode({"alg": "RS256"}, said, RSAKey.import_key(key))


def a_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture(scope="module")
def key(hands: Hands) -> str:
    """The App's private key, as the operator has it."""
    return hands.environ["GITHUB_APP_PRIVATE_KEY"]


def test_an_installations_token_opens_what_the_app_is_installed_for(sandbox: Sandbox) -> None:
    hands = Hands(sandbox)
    key = hands.environ["GITHUB_APP_PRIVATE_KEY"]
    status, body = ask(hands, "POST", TOKENS, Authorization=f"Bearer {signed(key)}")
    assert status == 201
    token = json.loads(body)["token"]
    listed = hands.git("ls-remote", PRIVATE, login=("x-access-token", token))
    assert "refs/heads/main" in listed.stdout
    assert hands.git("ls-remote", PRIVATE, login=("x-access-token", "ghs_guess")).returncode != 0
    pushed = hands.git("push", PRIVATE, "HEAD:refs/heads/mine", login=("x-access-token", token))
    assert pushed.returncode != 0
    hands.control("/clock/advance", {"seconds": 3601})
    assert hands.git("ls-remote", PRIVATE, login=("x-access-token", token)).returncode != 0


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"exp": -10}, "expires"),
        ({"exp": 3600}, "too far in the future"),
        ({"iat": 600}, "'Issued at' claim"),
        ({"iss": "1"}, "'Issuer' claim"),
    ],
)
def test_a_token_with_other_claims_is_refused(hands: Hands, key: str, claims: dict[str, Any], told: str) -> None:
    # Numbers are seconds from now: this may run long after it was collected.
    wrong = {name: int(time.time()) + value if isinstance(value, int) else value for name, value in claims.items()}
    status, body = ask(hands, "POST", TOKENS, Authorization=f"Bearer {signed(key, **wrong)}")
    assert status == 401
    assert told in body.decode()


def test_another_key_another_installation_and_no_name_are_refused(hands: Hands, key: str) -> None:
    assert ask(hands, "POST", TOKENS, Authorization=f"Bearer {signed(a_key())}")[0] == 401
    assert ask(hands, "POST", TOKENS)[0] == 401
    other = TOKENS.replace(str(INSTALLATION), "1")
    assert ask(hands, "POST", other, Authorization=f"Bearer {signed(key)}")[0] == 404
    assert ask(hands, "POST", TOKENS, **{"Authorization": f"Bearer {signed(key)}", "User-Agent": ""})[0] == 403


def test_a_helm_repository_lists_its_charts_and_their_digests(hands: Hands) -> None:
    entries = yaml.safe_load(ask(hands, "GET", INDEX)[1])["entries"]["cluster-banner"]
    assert [each["version"] for each in entries] == ["1.2.0", "1.1.0"]
    packed = ask(hands, "GET", entries[0]["urls"][0])[1]
    assert hashlib.sha256(packed).hexdigest() == entries[0]["digest"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert tar.getnames() == [
            f"cluster-banner/{name}" for name in ("Chart.yaml", "templates/configmap.yaml", "values.yaml")
        ]
    assert ask(hands, "GET", INDEX.replace("charts", "nothing"))[0] == 404
    assert ask(hands, "POST", INDEX)[0] == 405


def test_raw_files_are_those_of_public_repositories(hands: Hands) -> None:
    raw = "https://raw.githubusercontent.com/acme"
    status, body = ask(hands, "GET", f"{raw}/cluster-config/main/clusters/prod-east/namespace.yaml")
    assert (status, yaml.safe_load(body)["kind"]) == (200, "Namespace")
    assert ask(hands, "GET", f"{raw}/cluster-config/main/nothing.yaml")[0] == 404
    assert ask(hands, "GET", f"{raw}/private-config/main/clusters/prod-east/namespace.yaml")[0] == 404
