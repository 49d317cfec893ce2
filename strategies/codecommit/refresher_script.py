"""Keeps the Git password of one Argo CD repository Secret fresh.

Runs in the cluster as a script of its own, on whatever Python 3.6 or newer the image has, with the standard library alone.
Every five minutes it exchanges its projected service account token for a session of an IAM role (AssumeRoleWithWebIdentity),
signs a CodeCommit Git password with it (good for 15 minutes), and patches user name and password into the Secret.
Everything it needs comes from the environment and from mounted files; it prints one line for each attempt.
"""

import base64
import calendar
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple
from xml.etree import ElementTree

SIGNATURE_SECONDS = 15 * 60
"""How long CodeCommit accepts a signed password (CodeCommit user guide, troubleshooting of the credential helper)."""
FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 60.0
TIMEOUT_SECONDS = 10.0
REFRESHED_AT = "ezgitops.dev/refreshed-at"
VALID_UNTIL = "ezgitops.dev/valid-until"
FIELD_MANAGER = "ezgitops-refresher"

Send = Callable[[str, str, Dict[str, str], bytes, Optional[str]], Tuple[int, bytes]]
"""(method, url, headers, body, file of the only CA to trust or None) -> (status, body)."""


class RefreshError(Exception):
    """One attempt failed: what happened and what to do, as one line."""


class Settings(NamedTuple):
    """What the environment says."""

    region: str
    sts_host: str
    role_arn: str
    session_name: str
    aws_token_file: str
    git_host: str
    git_path: str
    secret_namespace: str
    secret_name: str
    kube_url: str
    kube_token_file: str
    kube_ca_file: str
    state_file: str
    interval: float


class Session(NamedTuple):
    """A session of the role. ``expires`` in seconds since the epoch."""

    access_key: str
    secret_key: str
    token: str
    expires: float


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings; raises RefreshError naming every variable that is missing."""
    names = (
        "AWS_REGION",
        "EZGITOPS_STS_HOST",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "EZGITOPS_GIT_HOST",
        "EZGITOPS_GIT_PATH",
        "EZGITOPS_SECRET_NAMESPACE",
        "EZGITOPS_SECRET_NAME",
        "EZGITOPS_KUBE_TOKEN_FILE",
        "EZGITOPS_KUBE_CA_FILE",
        "EZGITOPS_STATE_FILE",
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
    )
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise RefreshError("the Deployment does not set {}; apply it again with ezgitops".format(", ".join(missing)))
    host = environ["KUBERNETES_SERVICE_HOST"]
    return Settings(
        region=environ["AWS_REGION"],
        sts_host=environ["EZGITOPS_STS_HOST"],
        role_arn=environ["AWS_ROLE_ARN"],
        session_name=environ["AWS_ROLE_SESSION_NAME"],
        aws_token_file=environ["AWS_WEB_IDENTITY_TOKEN_FILE"],
        git_host=environ["EZGITOPS_GIT_HOST"],
        git_path=environ["EZGITOPS_GIT_PATH"],
        secret_namespace=environ["EZGITOPS_SECRET_NAMESPACE"],
        secret_name=environ["EZGITOPS_SECRET_NAME"],
        kube_url="https://{}:{}".format("[" + host + "]" if ":" in host else host, environ["KUBERNETES_SERVICE_PORT"]),
        kube_token_file=environ["EZGITOPS_KUBE_TOKEN_FILE"],
        kube_ca_file=environ["EZGITOPS_KUBE_CA_FILE"],
        state_file=environ["EZGITOPS_STATE_FILE"],
        interval=float(environ.get("EZGITOPS_INTERVAL_SECONDS", "300")),
    )


def git_password(secret_key: str, region: str, host: str, path: str, now: float) -> str:
    """The Git password: signature version 4 over the method ``GIT``, the path and the host (git-remote-codecommit).

    ``path`` must be exactly the clone URL's; ``now`` in seconds since the epoch.
    """
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    scope = f"{stamp[:8]}/{region}/codecommit/aws4_request"
    canonical = f"GIT\n{path}\n\nhost:{host}\n\nhost\n"
    # Unlike everywhere else in AWS, the string to sign carries the time without its Z.
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return stamp + "Z" + hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def git_username(access_key: str, token: Optional[str]) -> str:
    """The Git user name: the access key, and for temporary credentials ``%`` and the session token."""
    return access_key + "%" + token if token else access_key


def assume_role(settings: Settings, send: Send) -> Session:
    """A session of the role, for the projected token. Raises RefreshError."""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": settings.role_arn,
        "RoleSessionName": settings.session_name,
        "WebIdentityToken": read_file(settings.aws_token_file),
        "DurationSeconds": "900",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/xml"}
    url = f"https://{settings.sts_host}/"
    try:
        status, body = send("POST", url, headers, urllib.parse.urlencode(form).encode(), None)
    except OSError as error:
        raise RefreshError(
            f"STS at {settings.sts_host} cannot be reached ({reason(error)}); the VPC needs an interface endpoint for sts "
            "with private DNS, whose security group lets 443 in from the nodes"
        ) from error
    try:
        answer = flat(body)
    except ElementTree.ParseError as error:
        raise RefreshError(f"STS at {settings.sts_host} answered HTTP {status} and no XML") from error
    if status != 200:
        raise RefreshError(sts_refusal(settings, answer.get("Code", ""), answer.get("Message", f"HTTP {status}")))
    try:
        expires = seconds_of(answer["Expiration"])
        return Session(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], expires)
    except (KeyError, ValueError) as error:
        raise RefreshError(f"STS at {settings.sts_host} answered without credentials") from error


def sts_refusal(settings: Settings, code: str, message: str) -> str:
    """STS's refusal and what to do about it."""
    role = settings.role_arn
    if code == "InvalidIdentityToken":
        advice = "the account needs an IAM OIDC provider for this cluster's issuer that lists the token's audience"
    elif code == "AccessDenied":
        advice = "the role's trust policy must name this service account (sub) and the token's audience (aud)"
    elif code == "ExpiredTokenException":
        advice = "the node's kubelet has not renewed the projected token, or a clock is wrong"
    else:
        advice = "apply again with ezgitops to see what is missing"
    return f"STS refuses {role}: {code}: {message}; {advice}"


def patch_secret(settings: Settings, username: str, password: str, now: float, until: float, send: Send) -> None:
    """Write user name, password and when they were made into the Secret. Raises RefreshError."""
    patch = {
        "metadata": {"annotations": {REFRESHED_AT: timestamp(now), VALID_UNTIL: timestamp(until)}},
        "data": {"username": encoded(username), "password": encoded(password)},
    }
    path = f"/api/v1/namespaces/{settings.secret_namespace}/secrets/{settings.secret_name}"
    url = f"{settings.kube_url}{path}?fieldManager={FIELD_MANAGER}"
    headers = {
        "Authorization": "Bearer " + read_file(settings.kube_token_file),
        "Content-Type": "application/merge-patch+json",
        "Accept": "application/json",
    }
    name = f"Secret {settings.secret_namespace}/{settings.secret_name}"
    try:
        status, body = send("PATCH", url, headers, json.dumps(patch).encode(), settings.kube_ca_file)
    except OSError as error:
        raise RefreshError(f"the API server {settings.kube_url} cannot be reached ({reason(error)})") from error
    if status == 404:
        raise RefreshError(f"{name} does not exist; make it again with ezgitops apply")
    if status in (401, 403):
        raise RefreshError(f"{name} may not be patched: {kube_message(body)}; apply again with ezgitops")
    if status >= 300:
        raise RefreshError(f"{name} was not patched: HTTP {status}: {kube_message(body)}")


def refresh(settings: Settings, send: Send, now: float) -> float:
    """One whole attempt; returns until when the new password is good. Raises RefreshError and then has changed nothing."""
    session = assume_role(settings, send)
    password = git_password(session.secret_key, settings.region, settings.git_host, settings.git_path, now)
    until = min(now + SIGNATURE_SECONDS, session.expires)
    patch_secret(settings, git_username(session.access_key, session.token), password, now, until, send)
    write_state(settings.state_file, until)
    return until


def run(
    settings: Settings,
    send: Send,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    log: Callable[[str], None],
) -> None:
    """Refresh for ever: every ``interval`` seconds, and after a failure soon, then less and less soon."""
    wait = FIRST_RETRY_SECONDS
    while True:
        now = clock()
        try:
            until = refresh(settings, send, now)
        except RefreshError as error:
            log(f"{timestamp(clock())} failed, again in {wait:.0f} s: {error}")
            sleep(wait)
            wait = min(wait * 2, LAST_RETRY_SECONDS)
            continue
        log(f"{timestamp(now)} refreshed {settings.secret_namespace}/{settings.secret_name}, good until {timestamp(until)}")
        wait = FIRST_RETRY_SECONDS
        sleep(settings.interval)


def ready(state_file: str, now: float) -> bool:
    """True while the password written last is good: the pod's readiness."""
    try:
        return float(read_file(state_file)) > now
    except (RefreshError, ValueError):
        return False


def send_request(method: str, url: str, headers: Dict[str, str], body: bytes, ca_file: Optional[str]) -> Tuple[int, bytes]:
    """The real transport. The API server (own CA) is never reached through a proxy; AWS is when HTTPS_PROXY says so."""
    handlers: List[Any] = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))]
    if ca_file is not None:
        handlers.append(urllib.request.ProxyHandler({}))
    # Every URL is built above, with the scheme https.
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except http.client.HTTPException as error:
        raise OSError(f"the answer broke off: {error}") from error


def flat(body: bytes) -> Dict[str, str]:
    """The leaves of an XML answer of STS by their names, without the namespace."""
    leaves = ElementTree.fromstring(body).iter()  # noqa: S314 - from STS, over verified TLS; the image has no other parser
    return {re.sub(r"^\{.*\}", "", leaf.tag): leaf.text for leaf in leaves if leaf.text and not len(leaf)}


def kube_message(body: bytes) -> str:
    """The message of a Kubernetes Status."""
    try:
        return str(json.loads(body.decode())["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def read_file(path: str) -> str:
    """The file's text. Raises RefreshError."""
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise RefreshError(f"{path} cannot be read: {error.strerror}") from error


def write_state(path: str, until: float) -> None:
    """Remember until when the password is good. Raises RefreshError."""
    try:
        fresh = Path(path + ".new")
        fresh.write_text(str(until))
        fresh.replace(path)
    except OSError as error:
        raise RefreshError(f"{path} cannot be written: {error.strerror}") from error


def encoded(value: str) -> str:
    """Base64, as ``data`` of a Secret wants it."""
    return base64.b64encode(value.encode()).decode()


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def seconds_of(text: str) -> float:
    """Seconds since the epoch of STS's ``2026-11-23T14:02:11Z`` (with or without fractions)."""
    return float(calendar.timegm(time.strptime(re.sub(r"(\.\d+)?Z$", "", text), "%Y-%m-%dT%H:%M:%S")))


def reason(error: OSError) -> str:
    """The innermost reason of a failed connection."""
    inner = getattr(error, "reason", None)
    return str(inner if inner is not None else error)


def stop(_number: int, _frame: Any) -> None:
    """End at once on SIGTERM, which the first process of a container otherwise ignores."""
    sys.exit(0)


def main(arguments: List[str], environ: Mapping[str, str]) -> int:
    """``--ready``: exit code 0 while the password is good. Otherwise refresh until stopped."""
    try:
        settings = read_settings(environ)
    except RefreshError as error:
        print(error, flush=True)
        return 1
    if arguments == ["--ready"]:
        return 0 if ready(settings.state_file, time.time()) else 1
    signal.signal(signal.SIGTERM, stop)
    run(settings, send_request, time.time, time.sleep, lambda line: print(line, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
