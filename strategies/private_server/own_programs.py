"""The two programs that the set-up script brings to the machine with GitLab. Text, run there and never here."""

from __future__ import annotations

from typing import Final

SECRETS: Final = r'''
"""get NAME [KEY] | has NAME | put NAME [KEY]: the machine's secrets in AWS Secrets Manager, with what every Python 3.6 has.

get writes the value, or one key of it, to standard output. has ends with 3 where there is no value yet. put takes the value
from standard input: all of it, or one key of the last line there that is JSON.
Signature: AWS general reference, "Signature Version 4". Credentials: EC2 user guide, "Retrieve security credentials from
instance metadata", by IMDSv2.
"""
import datetime, hashlib, hmac, json, os, sys, urllib.error, urllib.request, uuid

METADATA = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
REGION = os.environ["EZGITOPS_REGION"]
SUFFIX = "amazonaws.com.cn" if REGION.startswith("cn-") else "amazonaws.com"
URL = os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://secretsmanager.%s.%s" % (REGION, SUFFIX)).rstrip("/")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def metadata(path, method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(METADATA + path, method=method, headers=named)
    with DIRECT.open(request, timeout=5) as answer:
        return answer.read(100000).decode()


def credentials():
    token = metadata("/latest/api/token", "PUT", X_aws_ec2_metadata_token_ttl_seconds="60")
    place = "/latest/meta-data/iam/security-credentials/"
    role = metadata(place, X_aws_ec2_metadata_token=token).split()[0]
    found = json.loads(metadata(place + role, X_aws_ec2_metadata_token=token))
    return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def call(operation, **body):
    access, secret, session = credentials()
    data = json.dumps(body).encode()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    host = URL.split("://", 1)[1]
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": now,
        "x-amz-security-token": session,
        "x-amz-target": "secretsmanager." + operation,
    }
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        ["POST", "/", ""] + ["%s:%s" % (k, headers[k]) for k in sorted(headers)] + ["", names, hashlib.sha256(data).hexdigest()]
    )
    scope = "%s/%s/secretsmanager/aws4_request" % (now[:8], REGION)
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (now[:8], REGION, "secretsmanager", "aws4_request"):
        key = sign(key, part)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    signed = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
    headers["authorization"] = signed % (access, scope, names, signature)
    with DIRECT.open(urllib.request.Request(URL + "/", data=data, headers=headers), timeout=20) as answer:
        return json.loads(answer.read(1000000).decode())


def value_of(key):
    text = sys.stdin.read(200000)
    if key is None:
        return text
    for line in reversed(text.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get(key), str) and found[key]:
            return found[key]
    raise SystemExit("GitLab gave no " + key)


def main(verb, name, key=None):
    try:
        if verb == "get":
            text = call("GetSecretValue", SecretId=name)["SecretString"]
            sys.stdout.write(text if key is None else json.loads(text)[key])
        elif verb == "has":
            stages = call("DescribeSecret", SecretId=name).get("VersionIdsToStages") or {}
            return 0 if any("AWSCURRENT" in one for one in stages.values()) else 3
        else:
            call("PutSecretValue", SecretId=name, SecretString=value_of(key), ClientRequestToken=str(uuid.uuid4()))
        return 0
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode("utf-8", "replace")
        try:
            told = json.loads(said)
            said = "%s: %s" % (str(told.get("__type", "")).rsplit("#", 1)[-1], told.get("message") or told.get("Message") or "")
        except ValueError:
            pass
        sys.stderr.write("%s of %s: HTTP %s %s\n" % (verb, name, error.code, said[:500]))
    except (OSError, KeyError, ValueError, IndexError) as error:
        # What a failed parse quotes may be the secret itself.
        why = str(error)[:300] if isinstance(error, OSError) else ""
        sys.stderr.write("%s of %s: %s %s\n" % (verb, name, type(error).__name__, why))
    return 1


sys.exit(main(*sys.argv[1:]))
'''.lstrip()

RAILS: Final = r"""
# What is wanted comes as JSON on standard input, and the last line of the output is JSON: nothing secret is an argument.
require 'json'
require 'securerandom'
asked = JSON.parse(STDIN.read)
answer = {}
# Closed to strangers, and quiet. A version that does not know a setting has nothing to be told about it.
settings = {
  signup_enabled: false, version_check_enabled: false, usage_ping_enabled: false, gravatar_enabled: false,
  include_optional_metrics_in_service_ping: false, gitlab_product_usage_data_enabled: false,
  default_project_visibility: Gitlab::VisibilityLevel::PRIVATE, default_group_visibility: Gitlab::VisibilityLevel::PRIVATE
}
current = Gitlab::CurrentSettings.current_application_settings
Gitlab::CurrentSettings.update!(settings.select { |name, _| current.respond_to?("#{name}=") })
root = User.find_by_username('root')
raise 'there is no user root' if root.nil?
if asked['password'] == 'yes'
  # All four kinds of character, so that no rule on passwords refuses it.
  answer['password'] = "#{SecureRandom.alphanumeric(32)}-Aa0"
  root.password = root.password_confirmation = answer['password']
  root.password_automatically_set = false
  root.save!
end
if asked['token'] == 'yes'
  root.personal_access_tokens.active.where(name: asked['name']).each(&:revoke!)
  token = root.personal_access_tokens.create!(name: asked['name'], scopes: ['api'], expires_at: Date.parse(asked['ends']))
  answer['token'] = token.token
end
puts
puts answer.to_json
""".lstrip()
