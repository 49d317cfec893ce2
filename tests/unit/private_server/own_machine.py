"""A machine with GitLab's package, for scripts: its programs are small, and write down what they do."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from strategies.private_server import own_report, own_script
from strategies.private_server.own_report import ServerReport
from wizard.sandbox.machines.disks import DISK_PROGRAMS, PLACES, attach, put_programs

HOST = "gitlab.acme.example"
CONFIGURATION = "# ezgitops.dev/gitlab instance=prod-east format=1\nexternal_url 'https://gitlab.acme.example'\n"
SETUP = own_script.Setup(
    instance="prod-east",
    host=HOST,
    region="us-east-2",
    volume_id="vol-0aa00000000000001",
    configuration=CONFIGURATION,
    certificate_secret="ezgitops/prod-east/gitlab/certificate",
    password_secret="ezgitops/prod-east/gitlab/root-password",
    token_secret="ezgitops/prod-east/gitlab/administrator-token",
    keys_secret=None,
    backup_folder=None,
)
BACKED_UP = replace(SETUP, keys_secret="ezgitops/prod-east/gitlab/keys", backup_folder="prod-east-gitlab")

_SAID = 'echo "${0##*/} $*" >>"$ROOT/calls"\n'
_PROGRAMS = {
    "gitlab-ctl": _SAID
    + """
if [ "$1" = reconfigure ]; then
  if [ -e "$ROOT/broken" ]; then echo 'There was an error running gitlab-ctl reconfigure'; exit 1; fi
  touch "$ROOT/up" "$ROOT/unit"
  keys="$ROOT/etc/gitlab/gitlab-secrets.json"
  [ -e "$keys" ] || echo '{"gitlab_rails":{"db_key_base":"MARKER-db-key"}}' >"$keys"
fi
""",
    "gitlab-rails": _SAID.replace(" $*", " $1")
    + """
cat >"$ROOT/asked"
if [ -e "$ROOT/no-rails" ]; then echo 'there is no user root' >&2; exit 1; fi
password=$(grep -o '"password":"[a-z]*"' "$ROOT/asked"); token=$(grep -o '"token":"[a-z]*"' "$ROOT/asked")
echo 'a warning of some gem'
printf '{'
if [ "$password" = '"password":"yes"' ]; then printf '"password":"MARKER-root-password"'; fi
if [ "$password$token" = '"password":"yes""token":"yes"' ]; then printf ','; fi
if [ "$token" = '"token":"yes"' ]; then printf '"token":"glpat-MARKER"'; fi
echo '}'
""",
    "systemctl": _SAID
    + """
case "$1" in
  cat) [ -e "$ROOT/unit" ];;
  is-enabled) [ -e "$ROOT/etc/systemd/system/$2" ] && echo enabled;;
  show) echo success;;
esac
""",
    "ruby": 'for last; do :; done; if grep -q "^)" "$last"; then echo "syntax error"; exit 1; fi; echo "Syntax OK"\n',
    "curl": 'if [ -e "$ROOT/up" ]; then printf 200; else printf 502; fi\n',
    "sleep": "exit 0\n",
    "python3": """
shift
place="$ROOT/secrets/$(echo "$2" | tr / _)"
case "$1" in
  get) [ -e "$place.$3" ] || { echo "get of $2: HTTP 400 AccessDeniedException: no" >&2; exit 1; }; cat "$place.$3";;
  has) [ -e "$place" ] || exit 3;;
  put) if [ -e "$ROOT/no-put" ]; then echo "put of $2: HTTP 400 AccessDeniedException: no" >&2; exit 1; fi; cat >"$place";;
esac
""",
}


@dataclass
class OwnMachine:
    """``root`` holds its files, ``volumes`` those of the account, which stay when the machine goes."""

    root: Path
    volumes: Path

    @classmethod
    def furnished(cls, root: Path, volumes: Path, secrets: Path) -> OwnMachine:
        """A machine that was just launched from an image with GitLab, with the data volume attached."""
        for name in ("bin", "tmp", "etc/ssh", "etc/gitlab", "etc/systemd/system", "opt/gitlab", "var/opt"):
            (root / name).mkdir(parents=True)
        (root / "etc/os-release").write_text('PRETTY_NAME="Amazon Linux 2023"\n')
        (root / "etc/machine-id").write_text(f"{root.name}\n")
        (root / "etc/ssh/ssh_host_ed25519_key").write_text(f"host key of {root.name}\n")
        (root / "opt/gitlab/version-manifest.txt").write_text("gitlab-ee 17.6.1\n\nComponent ...\n")
        secrets.mkdir(exist_ok=True)
        (root / "secrets").symlink_to(secrets)
        put_programs(root, {**DISK_PROGRAMS, **_PROGRAMS})
        attach(root, volumes, [SETUP.volume_id])
        return cls(root, volumes)

    def run(self, script: str) -> tuple[subprocess.CompletedProcess[str], ServerReport | None]:
        """The script as Systems Manager's agent runs it, and its report."""
        place = self.root / "tmp/script"
        place.write_text(PLACES.sub(f"{self.root}/", script))
        environment = {
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "TMPDIR": str(self.root / "tmp"),
            "HOME": str(self.root),
        }
        ran = subprocess.run(["/bin/sh", str(place)], env=environment, capture_output=True, text=True, check=False, timeout=60)
        return ran, own_report.read(ran.stdout)

    def set_up(self, setup: own_script.Setup = SETUP) -> ServerReport:
        """Set up, and what it reports."""
        ran, report = self.run(own_script.set_up(setup))
        assert report is not None, ran.stderr
        return report

    def certify(self, certificate: str, key: str) -> None:
        """Put certificate and key into their secret."""
        stem = SETUP.certificate_secret.replace("/", "_")
        (self.root / "secrets" / f"{stem}.certificate").write_text(certificate)
        (self.root / "secrets" / f"{stem}.privateKey").write_text(key)

    def secret(self, name: str) -> str | None:
        """What a secret holds."""
        place = self.root / "secrets" / name.replace("/", "_")
        return place.read_text() if place.exists() else None

    def asked(self) -> dict[str, str]:
        """What GitLab's console was asked last."""
        found: dict[str, str] = json.loads((self.root / "asked").read_text())
        return found

    def calls(self) -> list[str]:
        """What its programs were called with, since the last time."""
        place = self.root / "calls"
        found = place.read_text().splitlines() if place.exists() else []
        place.unlink(missing_ok=True)
        return found


def certificate(host: str = HOST) -> tuple[str, str]:
    """A certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return made.public_bytes(Encoding.PEM).decode(), secret
